//! Reading at the position.

use crate::operands::args::Args;
use crate::operands::convert;
use crate::result::{RuleResult, item, value_error};
use crate::state::map::Map;
use crate::store::{Direction, Store};
use mmapcheck_spec::{Profile, Value};

impl<S: Store> Map<S> {
    /// `read([n])`: the rest of the map where `n` is `None`, negative or too large. Python 2 requires a number.
    pub fn read(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        self.check_open_before_arguments(profile)?;
        let wanted = if profile.read_needs_count() {
            Some(convert::ssize(&args.counted("read", 1, 1, profile)?[0], profile)?)
        } else {
            let count = args.counted("read", 0, 1, profile)?.first();
            count.map_or(Ok(None), |count| convert::optional_count(count, profile))?
        };
        let open = self.open()?;
        let rest = self.remaining();
        let count = wanted.and_then(|n| usize::try_from(n).ok()).map_or(rest, |n| n.min(rest));
        let bytes = open.read(self.position.get(), count)?;
        self.position.set(self.position.get() + count);
        Ok(Value::Bytes(bytes))
    }

    /// `read_byte()`
    pub fn read_byte(&self, profile: Profile) -> RuleResult {
        let open = self.open()?;
        if self.remaining() == 0 {
            return Err(value_error("read byte out of range"));
        }
        let byte = open.byte(self.position.get())?;
        self.position.set(self.position.get() + 1);
        Ok(item(byte, profile))
    }

    /// `readline()`: through the next newline, or to the end.
    pub fn readline(&self) -> RuleResult {
        let open = self.open()?;
        let start = self.position.get();
        let count = match self.remaining() {
            0 => 0,
            rest => match open.find(start..start + rest, b"\n", Direction::Forward)? {
                Some(newline) => newline + 1 - start,
                None => rest,
            },
        };
        let bytes = open.read(start, count)?;
        self.position.set(start + count);
        Ok(Value::Bytes(bytes))
    }
}
