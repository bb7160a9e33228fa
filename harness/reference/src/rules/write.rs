//! Writing at the position, and `move`.

use crate::operands::args::Args;
use crate::operands::buffer::Buffer;
use crate::operands::convert;
use crate::result::{RuleResult, number, type_error, value_error};
use crate::rules::strings;
use crate::state::map::{Access, Map};
use crate::store::Store;
use mmapcheck_spec::{Dialect, Profile, Value};

impl<S: Store> Map<S> {
    /// Refuses a read-only map.
    pub(super) fn check_writable(&self) -> RuleResult<()> {
        match self.access {
            Access::Read => Err(type_error("mmap can't modify a readonly memory map.")),
            _ => Ok(()),
        }
    }

    /// `write(bytes)`: writes all bytes or none.
    pub fn write(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        self.check_open_before_arguments(profile)?;
        let buffer = Buffer::of_argument(&args.counted("write", 1, 1, profile)?[0], "write", profile)?;
        self.check_open_after_arguments(profile)?;
        self.check_writable()?;
        let at = self.position.get();
        // A position beyond the end refuses even an empty write.
        if at > self.len.get() || self.remaining() < buffer.len() {
            return Err(value_error("data out of range"));
        }
        buffer.copy_to(&self.open()?, at)?;
        self.position.set(at + buffer.len());
        Ok(if profile.write_returns_count() { number(buffer.len()) } else { Value::None })
    }

    /// `write_byte(byte)`
    pub fn write_byte(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        self.check_open_before_arguments(profile)?;
        let byte = &args.counted("write_byte", 1, 1, profile)?[0];
        let byte = match profile.dialect() {
            Dialect::Python2 => strings::character(byte, profile)?,
            Dialect::Python3 => convert::unsigned_byte(byte, profile)?,
        };
        self.check_open_after_arguments(profile)?;
        self.check_writable()?;
        let open = self.open()?;
        if self.remaining() == 0 {
            return Err(value_error("write byte out of range"));
        }
        open.set(self.position.get(), byte)?;
        self.position.set(self.position.get() + 1);
        Ok(Value::None)
    }

    /// `move(dest, src, count)`
    pub fn move_bytes(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        self.check_open_before_arguments(profile)?;
        let args = args.counted("move", 3, 3, profile)?;
        let number = |i: usize| convert::ssize(&args[i], profile);
        let (dest, src, count) = (number(0)?, number(1)?, number(2)?);
        self.check_open_after_arguments(profile)?;
        self.check_writable()?;
        let len = self.len.get() as i64;
        if dest < 0 || src < 0 || count < 0 || len - dest < count || len - src < count {
            return Err(value_error("source, destination, or count out of range"));
        }
        let open = self.open()?;
        open.copy(dest as usize, &open, src as usize, count as usize)?;
        Ok(Value::None)
    }
}
