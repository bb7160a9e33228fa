//! Variations: the reference with one rule changed, to say how a target differs from it.
//!
//! A [`Variation`] names the operations whose rule it changes, the conditions under which it does, and what happens then.
//! [`Varied`] is the reference in memory with variations switched on.

mod change;
mod condition;
mod constants;
mod derived;
mod place;
mod reply;
mod sentence;
mod situation;
mod varied;
mod words;

pub use change::Change;
pub(crate) use condition::is_unsettled;
pub use condition::{Condition, Property, conditions};
pub use constants::OwnConstant;
pub(crate) use place::positional;
pub use place::{are_twins, method};
pub use reply::Reply;
pub use sentence::sentence;
pub use situation::Situation;
pub(crate) use varied::UNFORESEEN;
pub use varied::Varied;
pub(crate) use words::words_like;

use mmapcheck_spec::{End, Op, Rule, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

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
    /// The step does nothing, not even its checks, and returns this value.
    Returns(Value),
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
    /// The step is done as if no buffer of its map were exported.
    IgnoresExports,
    /// The step returns `None`, and its map has no bytes afterwards.
    Empties,
    /// The step checks the number of its arguments before it looks whether the map is closed, and raises what that causes.
    CountFirst,
    /// The step converts its arguments before it looks whether the map is closed, and raises what they cause.
    ArgumentsFirst,
    /// A rule of the profile holds that should not, or the other way round, in every operation.
    Rule {
        /// The name of the rule.
        rule: String,
        /// Whether it holds.
        holds: bool,
    },
    /// The class is a subclass of CPython's that defines nothing.
    IsSubclass,
    /// The same as [`Effect::Rule`], for these operations only.
    LocalRule {
        /// The name of the rule.
        rule: String,
        /// Whether it holds.
        holds: bool,
    },
    /// The step does what it should, and the position is another one afterwards.
    Positions(Position),
    /// The step ends the process, or hangs.
    Ends(End),
    /// The module has these constants otherwise: a look-up answers so, and every step passes them so.
    Constants(Vec<OwnConstant>),
    /// The step uses the map as it was before an argument closed or resized it. What comes of that nobody can foresee.
    Unforeseen,
}

impl Effect {
    /// Whether the step is not done as the rule says.
    fn is_in_place(&self) -> bool {
        match self {
            Effect::DoesNothing | Effect::Returns(_) | Effect::Raises { .. } => true,
            Effect::Does(_) | Effect::LocalRule { .. } | Effect::IgnoresExports | Effect::Ends(_) => true,
            Effect::Empties => true,
            Effect::Answers(_) | Effect::Positions(_) | Effect::Rule { .. } | Effect::IsSubclass => false,
            Effect::CountFirst | Effect::ArgumentsFirst | Effect::Unforeseen | Effect::Constants(_) => false,
        }
    }

    /// Whether two operations with this effect do not have it by coincidence: any operation may raise some exception, or return some
    /// value, for a reason of its own.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        match self {
            Effect::Does(_) | Effect::IgnoresExports | Effect::Unforeseen | Effect::Constants(_) => true,
            Effect::CountFirst | Effect::ArgumentsFirst => true,
            Effect::Rule { .. } | Effect::LocalRule { .. } | Effect::IsSubclass => true,
            Effect::Answers(_) | Effect::Returns(_) | Effect::Raises { .. } => false,
            Effect::DoesNothing | Effect::Positions(_) | Effect::Ends(_) | Effect::Empties => false,
        }
    }

    /// Whether this effect is the other one and more.
    #[must_use]
    pub fn includes(&self, other: &Effect) -> bool {
        match (self, other) {
            (Effect::ArgumentsFirst, Effect::CountFirst) => true,
            (Effect::Raises { class, message, .. }, Effect::Answers(Reply::Class(other))) => {
                class == other && message.is_empty()
            }
            _ => self == other,
        }
    }

    /// Whether this effect and the other are one habit of a target: it treats two arguments alike, looks at arguments before it looks
    /// whether the map is closed, raises one class, returns one value, follows one rule, or dies.
    #[must_use]
    pub fn is_like(&self, other: &Effect) -> bool {
        match (self, other) {
            (Effect::Does(one), Effect::Does(other)) => one == other || one.is_like(other),
            (Effect::Ends(_), Effect::Ends(_)) => true,
            (Effect::Answers(Reply::Is(one)), Effect::Returns(other))
            | (Effect::Returns(other), Effect::Answers(Reply::Is(one))) => one == other,
            (Effect::Rule { rule, holds }, Effect::LocalRule { rule: other, holds: hold })
            | (Effect::LocalRule { rule: other, holds: hold }, Effect::Rule { rule, holds }) => {
                (rule, holds) == (other, hold)
            }
            // The rule says it of every bound.
            (Effect::Does(Change::AsMissing(_)), Effect::Rule { rule, holds } | Effect::LocalRule { rule, holds })
            | (Effect::Rule { rule, holds } | Effect::LocalRule { rule, holds }, Effect::Does(Change::AsMissing(_))) => {
                *holds && *rule == Rule::NoneIsNoBound.to_string()
            }
            _ => self.includes(other) || other.includes(self),
        }
    }

    /// The order of variations: what is done in place of a step comes before what is made of its answer.
    #[must_use]
    pub fn rank(&self) -> u8 {
        u8::from(!matches!(self, Effect::Does(_) | Effect::LocalRule { .. }))
    }
}

/// Variations in the order in which they change a rule.
#[must_use]
pub fn in_order<'a>(variations: impl IntoIterator<Item = &'a Variation>) -> Arc<[Variation]> {
    let mut all: Vec<_> = variations.into_iter().collect();
    all.sort_by_key(|variation| variation.effect.rank());
    all.into_iter().cloned().collect()
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
    /// Whether the rule of this operation is changed by itself.
    #[must_use]
    pub fn is_about(&self, op: Op) -> bool {
        self.ops.contains(&op) && !self.is_everywhere()
    }

    /// Whether it is about every operation: a switched rule, or the class itself.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.rule().is_some() || self.effect == Effect::IsSubclass
    }

    /// The variation for another operation too; none where it is about an argument that is for something else there, or for the
    /// look at a constant, which says more by itself ([`Effect::Constants`]).
    #[must_use]
    pub fn for_op(&self, op: Op) -> Option<Variation> {
        if op == Op::Constant {
            return None;
        }
        let purpose = |op: Op, place: usize| op.row().params.get(place).map(|param| param.domain.is_bytes());
        let of_conditions = self.when.iter().filter_map(|condition| match condition {
            Condition::Argument(place, _) => Some(*place),
            _ => None,
        });
        let of_effect = match &self.effect {
            Effect::Does(change) => change.places().unwrap_or_default(),
            _ => Vec::new(),
        };
        let own = self.ops.first()?;
        let mut places = of_conditions.chain(of_effect);
        places
            .all(|place| purpose(op, place) == purpose(*own, place))
            .then(|| Variation { ops: vec![op], ..self.clone() })
    }

    /// The parameters of its operation that neither its conditions nor its effect are about: their arguments do not matter. Empty
    /// for more than one operation, or where the effect does not say which arguments it is about.
    #[must_use]
    pub fn any_argument(&self) -> Vec<String> {
        let [op] = self.ops[..] else { return Vec::new() };
        let says = match &self.effect {
            Effect::Does(change) => change.places(),
            Effect::Answers(Reply::FromArgument(place)) => Some(vec![*place]),
            Effect::Rule { .. } | Effect::LocalRule { .. } | Effect::IsSubclass => None,
            Effect::ArgumentsFirst | Effect::CountFirst | Effect::Unforeseen | Effect::Constants(_) => None,
            _ => Some(Vec::new()),
        };
        let Some(mut places) = says else { return Vec::new() };
        for condition in &self.when {
            match condition {
                Condition::Argument(place, _) => places.push(*place),
                Condition::Passes(_)
                | Condition::Ints
                | Condition::Some(_)
                | Condition::EmptyRange
                | Condition::FilledRange => {
                    return Vec::new();
                }
                _ => {}
            }
        }
        let params = op.row().params.iter().enumerate().filter(|(place, _)| !places.contains(place));
        params.map(|(_, param)| param.name.to_owned()).collect()
    }

    /// Whether many methods that it is about share a function: any method can do nothing for a reason of its own, and that it raises
    /// an exception says little without the conditions under which it does.
    #[must_use]
    pub fn is_shareable(&self) -> bool {
        let is_own = matches!(self.effect, Effect::DoesNothing | Effect::Returns(_));
        !is_own && (self.effect.is_telling() || self.when.iter().any(Condition::is_said))
    }

    /// The methods that do its operations.
    #[must_use]
    pub fn methods(&self) -> BTreeSet<Op> {
        self.ops.iter().map(|op| method(*op)).collect()
    }

    /// The names of the parameters that its conditions are about.
    #[must_use]
    pub fn conditional_params(&self) -> BTreeSet<&'static str> {
        let params = self.ops.first().map_or(&[][..], |op| op.row().params);
        let place = |condition: &Condition| match condition {
            Condition::Argument(place, _) => Some(*place),
            _ => None,
        };
        self.when.iter().filter_map(place).filter_map(|place| params.get(place)).map(|param| param.name).collect()
    }

    /// The rule of the profile that is switched everywhere, and whether it holds.
    #[must_use]
    pub fn rule(&self) -> Option<(Rule, bool)> {
        match &self.effect {
            Effect::Rule { rule, holds } => Some((rule.parse().ok()?, *holds)),
            _ => None,
        }
    }

    /// The rule that is switched for its operations only, and whether it holds.
    #[must_use]
    pub fn local_rule(&self) -> Option<(Rule, bool)> {
        match &self.effect {
            Effect::LocalRule { rule, holds } => Some((rule.parse().ok()?, *holds)),
            _ => None,
        }
    }
}
