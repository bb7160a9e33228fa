//! What a rule answers: a value, or why there is none.

use mmapcheck_spec::{Dialect, End, Outcome, Profile, Raise, Value};
use std::borrow::Cow;

/// What a rule, or a part of one, answers.
pub type Answer<T = Value> = Result<T, Stop>;

/// Why a rule stopped before a value.
#[derive(Debug)]
pub enum Stop {
    /// It raises.
    Raised(Raise),
    /// There is no answer: the process dies here, or the reference has no rule.
    End(End),
}

impl From<End> for Stop {
    fn from(end: End) -> Stop {
        Stop::End(end)
    }
}

/// An answer in the words of a trace.
pub fn outcome(answer: Answer) -> Result<Outcome, End> {
    match answer {
        Ok(value) => Ok(Outcome::Value(value)),
        Err(Stop::Raised(raise)) => Ok(Outcome::Raised(raise)),
        Err(Stop::End(end)) => Err(end),
    }
}

macro_rules! classes {
    ($($function:ident $class:literal)*) => {$(
        #[doc = concat!("Raises `", $class, "`.")]
        pub fn $function(message: impl Into<Cow<'static, str>>) -> Stop {
            Stop::Raised(Raise::new($class, message))
        }
    )*};
}

classes! {
    attribute_error "AttributeError"
    buffer_error "BufferError"
    index_error "IndexError"
    overflow_error "OverflowError"
    struct_error "struct.error"
    type_error "TypeError"
    value_error "ValueError"
}

/// The reference has no rule for this.
pub fn unsupported(reason: impl Into<String>) -> End {
    End::Unsupported(reason.into())
}

/// A number of bytes, a position or an index as a value.
pub fn number(value: usize) -> Value {
    Value::Int(value as i128)
}

/// A byte of a map as a value: a number, or a string of length one.
pub fn item(byte: u8, profile: Profile) -> Value {
    match profile.dialect() {
        Dialect::Python2 => Value::Bytes(vec![byte]),
        Dialect::Python3 => Value::Int(byte.into()),
    }
}
