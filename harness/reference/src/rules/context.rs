//! Closing, and the `with` statement.

use crate::operands::operand::Args;
use crate::result::{Answer, Stop};
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{Profile, Raise, Value};

impl<S: Store> Map<S> {
    /// `m.close()`
    pub fn close_method(&self) -> Answer {
        self.close().map(|()| Value::None)
    }

    /// `m.__exit__(...)`: whatever it is given.
    pub fn exit(&self, args: &Args<'_, S>, profile: Profile) -> Answer {
        if profile.exit_takes_three() {
            args.counted("__exit__", 3, 3, profile)?;
        }
        self.close_method()
    }

    /// `m.__enter__() is m`
    pub fn enter(&self) -> Answer {
        self.open().map(|_| Value::Bool(true))
    }

    /// `with m: pass`
    pub fn with_pass(&self) -> Answer {
        self.open()?;
        self.close_method()
    }

    /// `with m: raise KeyError`: a refusal to close takes the place of the body's exception.
    pub fn with_raise(&self) -> Answer {
        self.with_pass()?;
        Err(Stop::Raised(Raise::new("KeyError", "")))
    }
}
