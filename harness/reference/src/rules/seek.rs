//! The position of the map, its sizes, and its `repr`.

use crate::operands::args::Args;
use crate::operands::convert;
use crate::result::{RuleResult, number, unsupported, value_error};
use crate::state::class::Class;
use crate::state::map::{Access, Map};
use crate::store::Store;
use mmapcheck_spec::{Dialect, Profile, SpecialFile, Value};
use mmapcheck_world::{Errno, FileHandle};

impl<S: Store> Map<S> {
    /// `seek(pos[, whence])`
    pub fn seek(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        self.check_open_before_arguments(profile)?;
        let args = args.counted("seek", 1, 2, profile)?;
        let distance = convert::ssize(&args[0], profile)?;
        let whence = args.get(1).map_or(Ok(0), |operand| convert::method_int(operand, profile))?;
        self.check_open_after_arguments(profile)?;
        let from = match whence {
            0 => 0,
            1 => self.position.get(),
            2 => self.len.get(),
            _ => return Err(value_error("unknown seek type")),
        };
        let to = (from as i64).checked_add(distance).and_then(|to| usize::try_from(to).ok());
        let Some(to) = to.filter(|&to| to <= self.len.get()) else { return Err(value_error("seek out of range")) };
        self.position.set(to);
        Ok(if profile.seek_returns_position() { number(to) } else { Value::None })
    }

    /// `tell()`. Resizing keeps the position, even beyond the end.
    pub fn tell(&self) -> RuleResult {
        self.open().map(|_| number(self.position.get()))
    }

    /// `size()`: the present size of the file.
    pub fn size(&self, profile: Profile) -> RuleResult {
        let _open = self.open()?;
        let special = self.tracked.file.as_ref().and_then(FileHandle::irregular);
        if special == Some(SpecialFile::Folder) {
            return Err(unsupported("the size of a folder depends on its file system").into());
        }
        match self.file_size() {
            Some(size) => Ok(Value::Int(size.into())),
            None if !profile.size_needs_no_descriptor() => Err(Errno::EBADF.into()),
            None if self.tracked.wanted => Ok(number(self.len.get())),
            None => Err(value_error("can't get size with trackfd=False")),
        }
    }

    /// `len(m)`
    pub fn length(&self) -> RuleResult {
        self.open().map(|_| number(self.len.get()))
    }

    /// `repr(m)`, with dots in place of an address, which differs from process to process.
    pub fn repr(&self, profile: Profile) -> RuleResult {
        if !profile.repr_shows_state() {
            let shown = match self.class {
                Class::Mmap | Class::EmptySub(..) => "<mmap.mmap object at 0x...>",
                Class::Sub(_) => "<__main__.Sub object at 0x...>",
            };
            return Ok(match profile.dialect() {
                Dialect::Python2 => Value::Bytes(shown.into()),
                Dialect::Python3 => Value::Text(shown.into()),
            });
        }
        let class = self.class.name();
        if self.is_closed() {
            return Ok(Value::Text(format!("<{class} closed=True>")));
        }
        let access = match self.access {
            Access::Default => "ACCESS_DEFAULT",
            Access::Read => "ACCESS_READ",
            Access::Write => "ACCESS_WRITE",
            Access::Copy => "ACCESS_COPY",
        };
        let (len, position, offset) = (self.len.get(), self.position.get(), self.offset);
        Ok(Value::Text(format!(
            "<{class} closed=False, access={access}, length={len}, pos={position}, offset={offset}>"
        )))
    }
}
