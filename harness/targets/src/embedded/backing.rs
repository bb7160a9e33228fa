//! The memory behind a map, and how much of it is live.
//!
//! A map that does not export its memory is read by slicing it, which runs code of the target. The slice must end before the
//! first dead page, since an access to that page would kill the process outside of any step.

use mmapcheck_world::{FileObjects, Folder};
use rustix::param::page_size;

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
