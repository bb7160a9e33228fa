//! The result of a rule: a value, or the reason why there is none.

use mmapcheck_spec::{Dialect, End, Outcome, Profile, Raise, Value};
use std::borrow::Cow;

/// The result of a rule, or of a part of one.
pub type RuleResult<T = Value> = Result<T, Stop>;

/// Why a rule stopped before it had a value.
#[derive(Debug)]
pub enum Stop {
    /// The rule raises an exception.
    Raised(Raise),
    /// The step has no outcome: the process dies, or no rule covers the step.
    End(End),
}

impl From<End> for Stop {
    fn from(end: End) -> Stop {
        Stop::End(end)
    }
}

/// The outcome of a step, from the result of its rule.
///
/// # Errors
/// Where the step has no outcome.
pub fn outcome(result: RuleResult) -> Result<Outcome, End> {
    match result {
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

/// The end of a step that no rule covers.
pub fn unsupported(reason: impl Into<String>) -> End {
    End::Unsupported(reason.into())
}

/// A count of bytes, a position or an index as a value.
pub fn number(value: usize) -> Value {
    Value::Int(value as i128)
}

/// A byte of a map as a value: an integer, or in Python 2 a string of length one.
pub fn item(byte: u8, profile: Profile) -> Value {
    match profile.dialect() {
        Dialect::Python2 => Value::Bytes(vec![byte]),
        Dialect::Python3 => Value::Int(byte.into()),
    }
}
