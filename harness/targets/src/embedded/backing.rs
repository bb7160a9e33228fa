//! The memory behind a map, by the arguments of its constructor.
//!
//! A map that does not export its memory is read by slicing it, which runs code of the target. The slice must end before the
//! first dead page, since an access to that page would kill the process outside of any step.

use super::Embedded;
use mmapcheck_spec::{Arg, ConstructorParam, Step};
use mmapcheck_world::{FileObjects, Folder};
use rustix::param::page_size;

/// `mmap.ACCESS_COPY`
const ACCESS_COPY: i128 = 3;

/// The memory behind a map.
#[derive(Clone, Copy, Debug)]
pub(super) enum Backing {
    /// A file, by its number, from an offset in bytes.
    File { number: usize, offset: u64 },
    /// Shared anonymous memory. Its number of bytes stays when its map grows.
    Shared(u64),
    /// Private anonymous memory, which grows with its map.
    Private,
}

impl Backing {
    /// The number of bytes of a map of `len` bytes before its first dead page.
    pub(super) fn live(self, len: i64, files: &FileObjects<Folder>) -> i64 {
        let whole = |bytes: u64| bytes.next_multiple_of(page_size() as u64);
        let most = match self {
            Backing::File { number, offset } => whole(files.size(number)).saturating_sub(offset),
            Backing::Shared(bytes) => whole(bytes),
            Backing::Private => return len,
        };
        len.min(most.try_into().unwrap_or(i64::MAX))
    }
}

impl Embedded {
    /// The memory behind the map that a step makes; `None` where the arguments do not tell.
    pub(super) fn backing(&self, step: &Step) -> Option<Backing> {
        let flags = self.number_passed(step, ConstructorParam::Flags, libc::MAP_SHARED.into())?;
        let has = |bit: i32| flags & i128::from(bit) != 0;
        match step.passed(ConstructorParam::Fileno)? {
            Arg::Fd(slot) if !has(libc::MAP_ANONYMOUS) => {
                let offset = self.number_passed(step, ConstructorParam::Offset, 0)?.try_into().ok()?;
                Some(Backing::File { number: self.files.borrow().cursor(*slot).ok()?.number, offset })
            }
            _ if has(libc::MAP_PRIVATE) => Some(Backing::Private),
            _ if self.number_passed(step, ConstructorParam::Access, 0)? == ACCESS_COPY => Some(Backing::Private),
            _ => self.number_passed(step, ConstructorParam::Length, 0)?.try_into().ok().map(Backing::Shared),
        }
    }

    /// The number that a step passes to the constructor, or the default; `None` for any other object.
    pub(super) fn number_passed(&self, step: &Step, param: ConstructorParam, default: i128) -> Option<i128> {
        match step.passed(param) {
            None | Some(Arg::Omitted) => Some(default),
            Some(Arg::Int(num) | Arg::Index(num) | Arg::IndexAfter(num, _)) => self.plain(*num).ok(),
            Some(Arg::Flags(places)) => Some(self.flags(places)),
            Some(Arg::Bool(value)) => Some((*value).into()),
            Some(_) => None,
        }
    }
}
