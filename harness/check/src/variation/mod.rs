//! Variations: the reference with one rule changed, to say how a target differs from it.
//!
//! A [`Variation`] names the operations whose rule it changes, the conditions under which it does, and what happens then.
//! [`Varied`] is the reference in memory with variations switched on.

mod change;
mod condition;
mod reply;
mod sentence;
mod situation;
mod varied;

pub use change::Change;
pub use condition::{Condition, Property, conditions};
pub use reply::Reply;
pub(crate) use reply::words_like;
pub use situation::Situation;
pub use varied::Varied;

use mmapcheck_spec::{End, Op};
use serde::{Deserialize, Serialize};

/// One changed rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variation {
    /// The operations whose rule is changed.
    pub ops: Vec<Op>,
    /// The conditions under which it is changed: all of them must hold.
    pub when: Vec<Condition>,
    /// The effect in place of that of the rule.
    pub effect: Effect,
}

/// The effect of a changed rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// The step does what it should and answers otherwise.
    Answers(Reply),
    /// The step does nothing, and answers as if it had done what it should.
    DoesNothing,
    /// The step does nothing, and raises an exception.
    Raises {
        /// The name of the class, as in [`mmapcheck_spec::Raise`].
        class: String,
        /// The message.
        message: String,
        /// The error number, for an `OSError`.
        errno: Option<i32>,
    },
    /// Another step is done in its place.
    Does(Change),
    /// The step does what it should, and the position is another one afterwards.
    Positions(Position),
    /// The step ends the process, or hangs.
    Ends(End),
}

/// A position in a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// The position before the step.
    Before,
    /// The start of the map.
    Start,
    /// The end of the map.
    End,
}

impl Variation {
    /// Whether the rule of this operation is changed.
    #[must_use]
    pub fn is_about(&self, op: Op) -> bool {
        self.ops.contains(&op)
    }
}
