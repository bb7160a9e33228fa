//! The situation of a step: what its conditions depend on.

use mmapcheck_reference::{MemoryStore, Reference};
use mmapcheck_spec::{Base, ObjectKind, Step};

/// The state that a step meets, as far as conditions depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// The length in bytes of the map or view that the step is on.
    pub len: i128,
    /// The position of the map that the step is on.
    pub pos: i128,
    /// Whether the step is on a map that is closed.
    pub closed: bool,
    /// Whether a child process does the step.
    pub child: bool,
}

impl Situation {
    /// The situation of a step that is about to be done.
    #[must_use]
    pub fn of(reference: &Reference<MemoryStore>, step: &Step) -> Situation {
        let base = |base| i128::from(reference.base(step, base));
        let on_map = step.op.row().on == ObjectKind::Map;
        Situation {
            len: base(Base::Len),
            pos: base(Base::Pos),
            closed: on_map && reference.map_len(step.on).is_none(),
            child: reference.is_child(),
        }
    }
}
