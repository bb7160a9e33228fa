//! Resizing on POSIX systems.

use crate::operands::args::Args;
use crate::operands::convert;
use crate::result::{RuleResult, buffer_error, type_error, unsupported, value_error};
use crate::state::map::{Access, Map};
use crate::state::quotas::Quotas;
use crate::store::{Kernel, Memory, Store};
use mmapcheck_spec::{Profile, Value};
use mmapcheck_world::{Errno, FileHandle, MAX_FILE_SIZE};

impl<S: Store> Map<S> {
    /// `resize(newsize)`: resizes the file, then the map. Where the map then fails, the file keeps its new size.
    pub fn resize(&self, args: &Args<'_, S>, quotas: &Quotas, kernel: &Kernel, profile: Profile) -> RuleResult {
        let len = self.new_len(args, profile)?;
        // A closed map has no descriptor.
        let has_no_file = self.tracked.file.is_none() || self.is_closed();
        if has_no_file && self.is_shared() && len > self.len.get() as i64 && profile.shared_anonymous_keeps_size() {
            return Err(value_error("mmap: can't expand a shared anonymous mapping"));
        }
        if self.is_closed() {
            return Err(closed_refusal(len)?.into());
        }
        if self.is_locked() && len > self.len.get() as i64 && kernel.check_locked(len as u64).is_err() {
            return Err(unsupported("no rule covers the growth of a locked map beyond a limit of the system").into());
        }
        self.resize_file(len, quotas)?;
        if len == 0 {
            return Err(Errno::EINVAL.into());
        }
        if has_no_file && (MAX_FILE_SIZE as i64..profile.facts().addresses() as i64).contains(&len) {
            return Err(unsupported("whether a map of this length fits into the process is not specified").into());
        }
        self.with_memory(|memory| memory.resize(len as usize, quotas.allow_memory())).unwrap_or(Err(Errno::EINVAL))?;
        self.len.set(len as usize);
        Ok(Value::None)
    }

    /// The argument of `resize`. A map that cannot be resized refuses.
    pub fn new_len(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult<i64> {
        self.check_open_before_arguments(profile)?;
        let len = convert::ssize(&args.counted("resize", 1, 1, profile)?[0], profile)?;
        self.check_open_after_arguments(profile)?;
        self.check_resizable()?;
        if len < 0 || profile.facts().ssize_max() - len < self.offset {
            return Err(value_error("new size out of range"));
        }
        Ok(len)
    }

    /// The checks of `resize` that do not depend on the length.
    fn check_resizable(&self) -> RuleResult<()> {
        if self.exports.get() > 0 {
            return Err(buffer_error("mmap can't resize with extant buffers exported."));
        }
        if !self.tracked.wanted {
            return Err(value_error("mmap can't resize with trackfd=False."));
        }
        match self.access {
            Access::Default | Access::Write => Ok(()),
            Access::Read | Access::Copy => Err(type_error("mmap can't resize a readonly or copy-on-write memory map.")),
        }
    }

    fn resize_file(&self, len: i64, quotas: &Quotas) -> RuleResult<()> {
        let Some(file) = &self.tracked.file else { return Ok(()) };
        if !file.mode().writes() || file.irregular().is_some() {
            return Err(Errno::EINVAL.into());
        }
        let size = (self.offset + len) as u64;
        if !quotas.allow_size(file.size(), size) {
            return Err(Errno::EFBIG.into());
        }
        if size > MAX_FILE_SIZE {
            return Err(unsupported("whether a file of this size is possible is not specified").into());
        }
        Ok(file.set_size(size)?)
    }
}

/// The system error for a map that a callback closed while the new length was converted, in the versions that do not check
/// again.
fn closed_refusal(len: i64) -> RuleResult<Errno> {
    match len {
        0 => Ok(Errno::EINVAL),
        len if len > MAX_FILE_SIZE as i64 => {
            Err(unsupported("no rule covers the refusal of this length by the kernel").into())
        }
        _ => Ok(Errno::EFAULT),
    }
}
