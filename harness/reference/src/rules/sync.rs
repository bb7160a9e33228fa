//! Flushing and advising.

use crate::answer::{Answer, overflow_error, unsupported, value_error};
use crate::convert;
use crate::errno::Errno;
use crate::map::{Access, Map};
use crate::object::Args;
use crate::store::{PAGE, Store};
use mmapcheck_spec::constants::{MADV_DODUMP, MADV_FREE, MADV_HWPOISON};
use mmapcheck_spec::{Profile, Value};

/// Advice of Linux that is no constant of the module: values the kernel knows, some of which end processes.
const UNNAMED_ADVICE: [std::ops::RangeInclusive<i32>; 2] = [18..=25, MADV_HWPOISON..=103];

impl<S: Store> Map<S> {
    /// `flush([offset[, size]])`: nothing that can be seen without a power cut changes, so the kernel is not asked.
    pub fn flush(&self, args: &Args<'_, S>, profile: Profile) -> Answer {
        let _open = self.open()?;
        let args = args.counted("flush", 0, 2)?;
        let len = self.len.get() as i64;
        let offset = args.first().map_or(Ok(0), |object| convert::ssize(object, profile))?;
        let size = args.get(1).map_or(Ok(len), |object| convert::ssize(object, profile))?;
        if size < 0 || offset < 0 || len - offset < size {
            return Err(value_error("flush values out of range"));
        }
        let reaches_kernel = matches!(self.access, Access::Default | Access::Write) && profile.flushes_whole_pages();
        if reaches_kernel && offset % PAGE as i64 != 0 {
            return Err(Errno::EINVAL.into());
        }
        Ok(Value::None)
    }

    /// `madvise(option[, start[, length]])`
    pub fn madvise(&self, args: &Args<'_, S>, profile: Profile) -> Answer {
        let open = self.open()?;
        let args = args.counted("madvise", 1, 3)?;
        let len = self.len.get() as i64;
        let advice = convert::int(&args[0], profile)?;
        let start = args.get(1).map_or(Ok(0), |object| convert::ssize(object, profile))?;
        let length = args.get(2).map_or(Ok(len), |object| convert::ssize(object, profile))?;
        if start < 0 || start >= len {
            return Err(value_error("madvise start out of bounds"));
        }
        if length < 0 {
            return Err(value_error("madvise length invalid"));
        }
        if i64::MAX - start < length {
            return Err(overflow_error("madvise length too large"));
        }
        if UNNAMED_ADVICE.iter().any(|range| range.contains(&advice)) {
            return Err(unsupported(format!("advice {advice} is in no rule")).into());
        }
        if start % PAGE as i64 != 0 || !is_named(advice) {
            return Err(Errno::EINVAL.into());
        }
        open.advise(advice, start as usize, length.min(len - start) as usize)?;
        Ok(Value::None)
    }
}

/// Whether the module has a constant for the advice.
fn is_named(advice: i32) -> bool {
    matches!(advice, 0..=4 | MADV_FREE..=MADV_DODUMP)
}
