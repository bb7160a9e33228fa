//! The outcome of a call: the value that Python shows, or the exception that corresponds to an error.

use crate::mapping::Error;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{End, Op, Outcome, Raise, SystemError, Value};
use std::io::{self, ErrorKind};

/// The reason of [`End::Unsupported`] for a method, or a form of it, that a type lacks.
pub const NOT_HERE: &str = "the type does not offer it";

/// The class of the exception that a panic is shown as. Python has none of this name.
pub const PANIC: &str = "panic";

/// The outcome of the call of an operation. `Err(message)`: the type panicked.
pub fn outcome(op: Op, done: Result<Result<Value, Error>, String>) -> Result<Outcome, End> {
    match done {
        Ok(Ok(value)) => Ok(Outcome::Value(value)),
        Ok(Err(Error::NotHere)) => Err(End::Unsupported(NOT_HERE.into())),
        Ok(Err(error)) => Ok(Outcome::Raised(raise(op, error))),
        Err(message) => Ok(Outcome::Raised(Raise::new(PANIC, message))),
    }
}

fn raise(op: Op, error: Error) -> Raise {
    match error {
        Error::OutOfRange if matches!(op, Op::GetItem | Op::SetItem | Op::SetSlice) => {
            Raise::new("IndexError", "out of range")
        }
        Error::OutOfRange => Raise::new("ValueError", "out of range"),
        Error::ReadOnly => Raise::new("TypeError", "the map is read-only"),
        Error::Closed => Raise::new("ValueError", "the map is closed"),
        Error::Invalid => Raise::new("ValueError", "invalid argument"),
        Error::NotHere => Raise::new("NotImplementedError", NOT_HERE),
        Error::Io(error) => raise_io(&error),
    }
}

fn raise_io(error: &io::Error) -> Raise {
    let text = error.to_string();
    if let Some(number) = error.raw_os_error() {
        let class = LINUX.system_error(number).map_or("OSError", SystemError::class);
        return Raise { errno: Some(number), ..Raise::new(class, text) };
    }
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => Raise::new("ValueError", text),
        _ => Raise::new("OSError", text),
    }
}
