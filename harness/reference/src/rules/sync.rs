//! `flush` and `madvise`.

use crate::operands::args::Args;
use crate::operands::convert;
use crate::operands::operand::Operand;
use crate::result::{RuleResult, overflow_error, unsupported, value_error};
use crate::state::map::{Access, Map};
use crate::store::Store;
use mmapcheck_spec::constants::{MS_ASYNC, MS_INVALIDATE, MS_SYNC};
use mmapcheck_spec::{Profile, Value, WinError};
use mmapcheck_world::Errno;

impl<S: Store> Map<S> {
    /// `flush([offset[, size]], flags=0)`
    pub fn flush(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        if profile.flush_takes_flags() {
            return self.flush_flagged(args, profile);
        }
        self.check_open_before_arguments(profile)?;
        let args = args.counted("flush", 0, 2, profile)?;
        let before = self.len.get();
        let offset = args.first().map_or(Ok(0), |operand| convert::ssize(operand, profile))?;
        self.check_open_after_arguments(profile)?;
        let len = if profile.methods_convert_first() { self.len.get() } else { before } as i64;
        let size = match args.get(1) {
            Some(Operand::None) if profile.none_is_no_flush_size() => len,
            Some(operand) => convert::ssize(operand, profile)?,
            None => len,
        };
        self.flush_range(offset, size, 0, profile)?;
        Ok(match profile.flush_returns_zero() {
            false => Value::None,
            true if profile.flush_zero_may_be_long() && !self.flushes() => Value::Long(0),
            true => Value::Int(0),
        })
    }

    /// `flush` with flags. The default size is the rest of the map from the offset on.
    fn flush_flagged(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        let (args, flags) = args.with_keyword("flush", 2, "flags")?;
        let offset = args.first().map_or(Ok(0), |operand| convert::ssize(operand, profile))?;
        let size = args.get(1).map_or(Ok(-1), |operand| convert::ssize(operand, profile))?;
        let flags = flags.map_or(Ok(0), |operand| convert::method_int(operand, profile))?;
        self.check_open()?;
        let rest = (self.len.get() as i64).saturating_sub(offset);
        self.flush_range(offset, if size == -1 { rest } else { size }, flags, profile)?;
        Ok(Value::None)
    }

    /// Checks the range and the flags. A flush has no effect that is visible without a power failure, so the store has none.
    fn flush_range(&self, offset: i64, size: i64, flags: i32, profile: Profile) -> RuleResult<()> {
        if size < 0 || offset < 0 || self.len.get() as i64 - offset < size {
            return Err(value_error("flush values out of range"));
        }
        let calls_kernel = self.flushes() && profile.flush_starts_at_pages();
        let facts = profile.facts();
        let is_unknown = flags & !facts.bits(&[MS_ASYNC, MS_INVALIDATE, MS_SYNC]) != 0;
        let is_both = flags & facts.bits(&[MS_ASYNC]) != 0 && flags & facts.bits(&[MS_SYNC]) != 0;
        if calls_kernel && (!facts.page.divides(offset) || is_unknown || is_both) {
            return Err(Errno::EINVAL.into());
        }
        let invalidates = size > 0 && flags & facts.bits(&[MS_INVALIDATE]) != 0;
        if calls_kernel && invalidates && self.is_locked() && !self.is_closed() {
            return Err(Errno::EBUSY.into());
        }
        // A callback closed the map while the arguments were converted, in a version that does not check again.
        match self.flushes() && self.is_closed() && size > 0 {
            true if profile.flush_starts_at_pages() => Err(Errno::ENOMEM.into()),
            true => Err(WinError::InvalidParameter.into()),
            false => Ok(()),
        }
    }

    /// Whether `flush` passes the range on to the kernel: the map can have changed its file.
    fn flushes(&self) -> bool {
        matches!(self.access, Access::Default | Access::Write)
    }

    /// `madvise(option[, start[, length]])`
    pub fn madvise(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        self.check_open_before_arguments(profile)?;
        let args = args.counted("madvise", 1, 3, profile)?;
        let before = self.len.get();
        let advice = convert::method_int(&args[0], profile)?;
        let start = args.get(1).map_or(Ok(0), |operand| convert::ssize(operand, profile))?;
        self.check_open_after_arguments(profile)?;
        let whole = if profile.methods_convert_first() { self.len.get() } else { before } as i64;
        let length = match args.get(2) {
            Some(Operand::None) if profile.none_is_no_bound() => whole,
            Some(operand) => convert::ssize(operand, profile)?,
            None => whole,
        };
        let len = self.len.get() as i64;
        if start < 0 || start >= len {
            return Err(value_error("madvise start out of bounds"));
        }
        if length < 0 {
            return Err(value_error("madvise length invalid"));
        }
        let facts = profile.facts();
        if facts.ssize_max() - start < length {
            return Err(overflow_error("madvise length too large"));
        }
        if profile.madvise_looks_again() {
            self.check_open()?;
        }
        if facts.unmodelled_advice.iter().any(|range| range.contains(&advice)) {
            return Err(unsupported(format!("no rule covers the advice {advice}")).into());
        }
        let Some(advice) = facts.constant("MADV_", advice).filter(|_| facts.page.divides(start)) else {
            return Err(Errno::EINVAL.into());
        };
        let length = length.min(len - start) as usize;
        match self.open() {
            Ok(open) => open.advise(advice, start as usize, length)?,
            Err(_) if length > 0 => return Err(Errno::ENOMEM.into()),
            Err(_) => {}
        }
        Ok(Value::None)
    }
}
