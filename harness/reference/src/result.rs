//! The result of a rule: a value, or the reason why there is none.

use crate::errno;
use mmapcheck_spec::{Dialect, End, Outcome, PlatformFacts, Profile, Raise, Signal, Value, WinError};
use mmapcheck_world::Errno;
use std::borrow::Cow;

/// The result of a rule, or of a part of one.
pub type RuleResult<T = Value> = Result<T, Stop>;

/// Why a rule stopped before it had a value.
#[derive(Debug)]
pub enum Stop {
    /// The rule raises an exception.
    Raised(Raise),
    /// The rule raises the exception of a system error.
    System(Errno),
    /// The rule raises the exception of an error of Windows.
    Windows(WinError),
    /// The step has no outcome: the process dies of a signal.
    Dies(Signal),
    /// The step has no outcome: no rule covers the step.
    End(End),
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Stop {
        Stop::System(errno)
    }
}

impl From<WinError> for Stop {
    fn from(error: WinError) -> Stop {
        Stop::Windows(error)
    }
}

impl From<End> for Stop {
    fn from(end: End) -> Stop {
        Stop::End(end)
    }
}

/// The outcome of a step, from the result of its rule, with the numbers of a platform.
///
/// # Errors
/// Where the step has no outcome.
pub fn outcome(result: RuleResult, facts: &PlatformFacts) -> Result<Outcome, End> {
    match result {
        Ok(value) => Ok(Outcome::Value(value)),
        Err(Stop::Raised(raise)) => Ok(Outcome::Raised(raise)),
        Err(Stop::System(errno)) => match errno::error_of(errno) {
            Some(error) => Ok(Outcome::Raised(errno::raise(error, facts))),
            None => Err(unsupported(format!("no rule covers system error {}", errno.0))),
        },
        Err(Stop::Windows(error)) => Ok(Outcome::Raised(errno::raise_windows(error, facts))),
        Err(Stop::Dies(signal)) => Err(End::Died(facts.signal(signal))),
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
    unicode_encode_error "UnicodeEncodeError"
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
