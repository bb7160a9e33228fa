//! `close`, and the `with` statement.

use crate::operands::args::Args;
use crate::result::{RuleResult, Stop};
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{Profile, Raise, Value};

impl<S: Store> Map<S> {
    /// `m.close()`
    pub fn close_method(&self) -> RuleResult {
        self.close().map(|()| Value::None)
    }

    /// `m.__exit__(...)`, which ignores its arguments.
    pub fn exit(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        if profile.exit_takes_three() {
            args.counted("__exit__", 3, 3, profile)?;
        }
        self.leave(profile)
    }

    /// `m.__enter__() is m`
    pub fn enter(&self) -> RuleResult {
        self.open().map(|_| Value::Bool(true))
    }

    /// `with m: pass`
    pub fn with_pass(&self, profile: Profile) -> RuleResult {
        self.open()?;
        self.leave(profile)
    }

    /// Closes the map at the end of a `with` statement.
    fn leave(&self, profile: Profile) -> RuleResult {
        if profile.exit_calls_close() {
            self.class.note_close();
        }
        self.close_method()
    }

    /// `with m: raise KeyError`. Where `close` refuses, its exception replaces that of the body.
    pub fn with_raise(&self, profile: Profile) -> RuleResult {
        self.with_pass(profile)?;
        Err(Stop::Raised(Raise::new("KeyError", "")))
    }
}
