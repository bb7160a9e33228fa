//! Resizing.

use crate::errno::Errno;
use crate::files::MOST_FILE;
use crate::operands::convert;
use crate::operands::operand::Args;
use crate::result::{Answer, buffer_error, type_error, unsupported, value_error};
use crate::state::map::{Access, Map};
use crate::state::quotas::Limits;
use crate::store::{Memory, Store};
use mmapcheck_spec::{Profile, Value};

impl<S: Store> Map<S> {
    /// `resize(newsize)`: the file first, then the map. A file that was resized stays so where the map then cannot be.
    pub fn resize(&self, args: &Args<'_, S>, limits: &Limits, profile: Profile) -> Answer {
        let len = self.new_len(args, profile)?;
        // Closing gives up the descriptor.
        let has_no_file = self.tracked.file.is_none() || self.is_closed();
        if has_no_file && self.is_shared() && len > self.len.get() as i64 && profile.shared_anonymous_keeps_size() {
            return Err(value_error("mmap: can't expand a shared anonymous mapping"));
        }
        if self.is_closed() {
            return Err(closed_refusal(len)?.into());
        }
        self.resize_file(len, limits)?;
        if len == 0 {
            return Err(Errno::EINVAL.into());
        }
        if has_no_file && (MOST_FILE as i64..profile.facts().addresses() as i64).contains(&len) {
            return Err(unsupported("a map of this size may or may not be possible").into());
        }
        self.with_memory(|memory| memory.resize(len as usize, limits.grant_memory())).unwrap_or(Err(Errno::EINVAL))?;
        self.len.set(len as usize);
        Ok(Value::None)
    }

    /// The argument of `resize`, where the map can be resized at all.
    pub fn new_len(&self, args: &Args<'_, S>, profile: Profile) -> Answer<i64> {
        self.open_to_arguments(profile)?;
        let len = convert::ssize(&args.counted("resize", 1, 1, profile)?[0], profile)?;
        self.open_after_arguments(profile)?;
        self.resizable()?;
        if len < 0 || profile.facts().ssize_max() - len < self.offset {
            return Err(value_error("new size out of range"));
        }
        Ok(len)
    }

    /// Whether it can be resized, apart from its length.
    fn resizable(&self) -> Answer<()> {
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

    fn resize_file(&self, len: i64, limits: &Limits) -> Answer<()> {
        let Some(file) = &self.tracked.file else { return Ok(()) };
        if !S::mode(file).writes() {
            return Err(Errno::EINVAL.into());
        }
        let size = (self.offset + len) as u64;
        if !limits.let_grow(S::size(file), size) {
            return Err(Errno::EFBIG.into());
        }
        if size > MOST_FILE {
            return Err(unsupported("a file of this size may or may not be possible").into());
        }
        Ok(S::set_size(file, size)?)
    }
}

/// What the kernel says to a map that was closed while the new length was converted, in the versions that do not look again.
fn closed_refusal(len: i64) -> Answer<Errno> {
    match len {
        0 => Ok(Errno::EINVAL),
        len if len > MOST_FILE as i64 => Err(unsupported("how the kernel refuses such a length is in no rule").into()),
        _ => Ok(Errno::EFAULT),
    }
}
