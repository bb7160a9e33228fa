//! The position and what describes the map.

use crate::errno::Errno;
use crate::operands::convert;
use crate::operands::operand::Args;
use crate::result::{Answer, number, value_error};
use crate::state::map::{Access, Map};
use crate::store::Store;
use mmapcheck_spec::{Dialect, Profile, Value};

impl<S: Store> Map<S> {
    /// `seek(pos[, whence])`
    pub fn seek(&self, args: &Args<'_, S>, profile: Profile) -> Answer {
        self.open_to_arguments(profile)?;
        let args = args.counted("seek", 1, 2, profile)?;
        let distance = convert::ssize(&args[0], profile)?;
        let whence = args.get(1).map_or(Ok(0), |object| convert::method_int(object, profile))?;
        self.open_after_arguments(profile)?;
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

    /// `tell()`: resizing leaves it where it was, even beyond the end.
    pub fn tell(&self) -> Answer {
        self.open().map(|_| number(self.position.get()))
    }

    /// `size()`: of the file, as it is now.
    pub fn size(&self, profile: Profile) -> Answer {
        let _open = self.open()?;
        match self.file_size() {
            Some(size) => Ok(Value::Int(size.into())),
            None if !profile.size_needs_no_descriptor() => Err(Errno::EBADF.into()),
            None if self.tracked.wanted => Ok(number(self.len.get())),
            None => Err(value_error("can't get size with trackfd=False")),
        }
    }

    /// `len(m)`
    pub fn length(&self) -> Answer {
        self.open().map(|_| number(self.len.get()))
    }

    /// `repr(m)`. Where it shows an address, which no two processes share, dots stand for that.
    pub fn repr(&self, profile: Profile) -> Answer {
        if !profile.repr_shows_state() {
            let shown = "<mmap.mmap object at 0x...>";
            return Ok(match profile.dialect() {
                Dialect::Python2 => Value::Bytes(shown.into()),
                Dialect::Python3 => Value::Text(shown.into()),
            });
        }
        if self.is_closed() {
            return Ok(Value::Text("<mmap.mmap closed=True>".into()));
        }
        let access = match self.access {
            Access::Default => "ACCESS_DEFAULT",
            Access::Read => "ACCESS_READ",
            Access::Write => "ACCESS_WRITE",
            Access::Copy => "ACCESS_COPY",
        };
        let (len, position, offset) = (self.len.get(), self.position.get(), self.offset);
        Ok(Value::Text(format!(
            "<mmap.mmap closed=False, access={access}, length={len}, pos={position}, offset={offset}>"
        )))
    }
}
