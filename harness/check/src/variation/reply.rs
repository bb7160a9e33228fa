//! Answers that differ from those of the rule.

use super::place::index_of;
use super::situation::Situation;
use super::words;
use mmapcheck_spec::{Outcome, Raise, Step, Value};
use serde::{Deserialize, Serialize};

/// An answer made from that of the rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// This value.
    Is(Value),
    /// The value plus a number.
    Plus(i128),
    /// The number less the position, if it is not negative.
    FromPosition,
    /// The number less that of the argument at this place, if it is not negative.
    FromArgument(usize),
    /// The length of the map in bytes.
    Length,
    /// The position of the map before the step.
    Position,
    /// The position of the map after the step.
    PositionAfter,
    /// The bytes as a number, or each item of a list so.
    Numbers,
    /// The number as a byte, or each item of a list so.
    Bytes,
    /// The number with the sign that its lowest 8 bits have as a C `char`.
    SignedByte,
    /// The value converted to a truth value.
    Truth,
    /// The other truth value.
    Not,
    /// The bytes without the newline at their end.
    Chomped,
    /// The bytes up to the first zero.
    ToZero,
    /// The first bytes, this many.
    First(usize),
    /// The same exception, of another class.
    Class(String),
    /// The same exception with this message, in which each `#` stands for the number at its place in the message of the rule.
    Words(String),
    /// The same exception with another error number.
    Errno(Option<i32>),
}

impl Reply {
    /// The answer in place of that of the rule, between two situations; none where it cannot be made of that one.
    #[must_use]
    pub fn of(&self, step: &Step, answer: &Outcome, situation: Situation, after: Situation) -> Option<Outcome> {
        match (self, answer) {
            (Reply::Class(class), Outcome::Raised(raise)) => {
                Some(Outcome::Raised(Raise { class: class.clone().into(), ..raise.clone() }))
            }
            (Reply::Words(words), Outcome::Raised(raise)) => {
                let message = words::filled(words, step, &raise.message).into();
                Some(Outcome::Raised(Raise { message, ..raise.clone() }))
            }
            (Reply::Errno(errno), Outcome::Raised(raise)) => {
                Some(Outcome::Raised(Raise { errno: *errno, ..raise.clone() }))
            }
            (Reply::Is(value), _) => Some(Outcome::Value(value.clone())),
            (Reply::Length, _) => Some(Outcome::Value(Value::Int(situation.len))),
            (Reply::Position, _) => Some(Outcome::Value(Value::Int(situation.pos))),
            (Reply::PositionAfter, _) => Some(Outcome::Value(Value::Int(after.pos))),
            (Reply::FromPosition, Outcome::Value(value)) => counted_from(value, situation.pos).map(Outcome::Value),
            (Reply::FromArgument(place), Outcome::Value(value)) => {
                counted_from(value, step.args[index_of(step, *place)?].arg.number()?.plus).map(Outcome::Value)
            }
            (_, Outcome::Value(value)) => self.of_value(value).map(Outcome::Value),
            (_, Outcome::Raised(_)) => None,
        }
    }

    fn of_value(&self, value: &Value) -> Option<Value> {
        Some(match (self, value) {
            (Reply::Plus(more), Value::Int(number)) => Value::Int(number + more),
            (Reply::Numbers, Value::List(items)) | (Reply::Bytes, Value::List(items)) => {
                Value::List(items.iter().map(|item| self.of_value(item)).collect::<Option<_>>()?)
            }
            (Reply::Numbers, Value::Bytes(bytes)) if bytes.len() == 1 => Value::Int(bytes[0].into()),
            (Reply::Bytes, Value::Int(number)) => Value::Bytes(vec![u8::try_from(*number).ok()?]),
            (Reply::SignedByte, Value::Int(number @ 0..256)) => Value::Int((*number as i8).into()),
            (Reply::Truth, Value::Int(number)) => Value::Bool(*number != 0),
            (Reply::Not, Value::Bool(truth)) => Value::Bool(!truth),
            (Reply::Chomped, Value::Bytes(bytes)) => Value::Bytes(bytes.strip_suffix(b"\n").unwrap_or(bytes).to_vec()),
            (Reply::ToZero, Value::Bytes(bytes)) => {
                Value::Bytes(bytes.iter().copied().take_while(|byte| *byte != 0).collect())
            }
            (Reply::First(many), Value::Bytes(bytes)) => Value::Bytes(bytes[..bytes.len().min(*many)].to_vec()),
            _ => return None,
        })
    }
}

/// A number counted from another one, where it is found: not negative.
fn counted_from(value: &Value, from: i128) -> Option<Value> {
    match value {
        Value::Int(number @ 0..) => Some(Value::Int(number - from)),
        _ => None,
    }
}
