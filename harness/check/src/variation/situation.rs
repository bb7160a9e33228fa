//! The situation of a step: what its conditions depend on.

use super::place::index_of;
use mmapcheck_reference::{MemoryStore, Reference, ViewForm};
use mmapcheck_spec::{Arg, Base, ObjectKind, Step};
use std::ops::Range;

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
    /// The form of the first view that is passed; none without one.
    pub view: Option<ViewForm>,
}

impl Situation {
    /// The situation of a step that is about to be done.
    #[must_use]
    pub fn of(reference: &Reference<MemoryStore>, step: &Step) -> Situation {
        let base = |base| i128::from(reference.base(step, base));
        let views = step.args.iter().filter_map(|passed| match passed.arg {
            Arg::View(slot) => Some(slot),
            _ => None,
        });
        let on_map = step.op.row().on == ObjectKind::Map;
        Situation {
            len: base(Base::Len),
            pos: base(Base::Pos),
            closed: on_map && reference.map_len(step.on).is_none(),
            child: reference.is_child(),
            view: views.into_iter().next().and_then(|slot| reference.view_form(slot)),
        }
    }

    /// The range of the map that a step is about, as its arguments give it; none without one.
    pub(super) fn range(&self, step: &Step) -> Option<Range<i128>> {
        let place = |name| step.op.row().params.iter().position(|param| param.name == name);
        let (start, end) = (place("start")?, place("end").or(place("stop"))?);
        // A search starts at the position, a slice at the start of the map.
        let first = if step.op.row().is_call() { self.pos } else { 0 };
        let number = |place, default| match index_of(step, place).map(|index| &step.args[index].arg) {
            None | Some(Arg::None) => Some(default),
            Some(Arg::Bool(truth)) => Some((*truth).into()),
            Some(arg) => arg.number().map(|num| num.plus),
        };
        let in_map = |number: i128| (if number < 0 { number + self.len } else { number }).clamp(0, self.len);
        Some(in_map(number(start, first)?)..in_map(number(end, self.len)?))
    }
}
