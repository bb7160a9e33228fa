//! The store on a real file system, by `memmap2`.
//!
//! This is the only module with unsafe code. Why it is sound: mapped bytes can change at any time through another map
//! of the file or through a descriptor, so no reference to them is kept or handed out. Bytes are copied in and out
//! through raw pointers; where a slice of them is made (to search, to digest) it lives within one function that calls
//! nothing which could write, in a process with one thread at work, on files of a folder that is this process's alone.
//! Each function checks that what it touches lies below [`Memory::live`], so no page without a file behind it is
//! touched as long as sizes change through [`Inode`] only, which the campaign's own files do.

#![expect(unsafe_code, reason = "mapped memory is reached through raw pointers")]

use crate::errno::Errno;
use crate::files::{Inode, OpenFile};
use crate::store::{Direction, Memory, PAGE, Request, Store};
use memmap2::{Advice, MmapOptions, MmapRaw, RemapOptions, UncheckedAdvice};
use mmapcheck_spec::Mode;
use mmapcheck_spec::constants as c;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::rc::Rc;
use std::slice;

/// Real files and real memory.
pub struct Disk {
    /// `/dev/zero`: mapping it shared is how Linux itself makes shared memory of no file.
    zero: File,
}

impl Disk {
    /// # Errors
    /// Where there is no `/dev/zero`.
    pub fn new() -> io::Result<Disk> {
        Ok(Disk { zero: File::options().read(true).write(true).open("/dev/zero")? })
    }
}

impl Store for Disk {
    type File = OpenFile;
    type Memory = Region;

    fn mode(file: &OpenFile) -> Mode {
        file.mode
    }

    fn size(file: &OpenFile) -> u64 {
        file.inode.size()
    }

    fn set_size(file: &OpenFile, size: u64) -> Result<(), Errno> {
        file.inode.set_size(size)
    }

    fn map(&self, file: Option<&OpenFile>, request: Request) -> Result<Region, Errno> {
        let mut options = MmapOptions::new();
        options.len(request.len);
        if request.populate {
            options.populate();
        }
        let Some(file) = file else { return self.map_anonymous(&options, request) };
        options.offset(request.offset);
        let behind = Behind::File { inode: Rc::clone(&file.inode), offset: request.offset, shared: request.shared };
        let raw = match (request.shared, request.writable) {
            (true, true) => options.map_raw(&*file.fd)?,
            (true, false) => options.map_raw_read_only(&*file.fd)?,
            // SAFETY: the map becomes a raw one at once, so no reference to its bytes is made (see the module).
            (false, true) => unsafe { options.map_copy(&*file.fd) }?.into(),
            // SAFETY: as above.
            (false, false) => unsafe { options.map_copy_read_only(&*file.fd) }?.into(),
        };
        Ok(Region { raw, behind })
    }
}

impl Disk {
    fn map_anonymous(&self, options: &MmapOptions, request: Request) -> Result<Region, Errno> {
        if request.shared {
            let pages = request.len.next_multiple_of(PAGE);
            return Ok(Region { raw: options.map_raw(&self.zero)?, behind: Behind::Shared { pages } });
        }
        Ok(Region { raw: options.map_anon()?.into(), behind: Behind::Private })
    }
}

/// A map in this process.
pub struct Region {
    raw: MmapRaw,
    behind: Behind,
}

/// What lies behind a map, which says how much of it is live.
enum Behind {
    /// A file, from an offset.
    File { inode: Rc<Inode>, offset: u64, shared: bool },
    /// Shared memory of no file: it never has more bytes than it began with, though its map can grow.
    Shared { pages: usize },
    /// Private memory of no file: it grows with its map.
    Private,
}

impl Region {
    /// A pointer to `count` live bytes.
    fn at(&self, at: usize, count: usize) -> *mut u8 {
        assert!(at.checked_add(count).is_some_and(|end| end <= self.live()), "{at}+{count} is not live");
        // SAFETY: `at + count` lies within the map, by the check above.
        unsafe { self.raw.as_mut_ptr().add(at) }
    }
}

impl Memory for Region {
    fn live(&self) -> usize {
        let len = self.raw.len();
        match &self.behind {
            Behind::File { inode, offset, .. } => {
                let end = (inode.size() as usize).next_multiple_of(PAGE);
                len.min(end.saturating_sub(*offset as usize))
            }
            Behind::Shared { pages } => len.min(*pages),
            Behind::Private => len,
        }
    }

    fn lasting(&self) -> usize {
        match &self.behind {
            Behind::File { inode, offset, shared: true } => {
                self.raw.len().min((inode.size() as usize).saturating_sub(*offset as usize))
            }
            _ => self.live(),
        }
    }

    fn byte(&self, at: usize) -> u8 {
        // SAFETY: one live byte.
        unsafe { self.at(at, 1).read() }
    }

    fn set(&self, at: usize, value: u8) {
        // SAFETY: one live byte, of a map the rules know to be writable.
        unsafe { self.at(at, 1).write(value) }
    }

    fn read(&self, at: usize, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count);
        // SAFETY: `count` live bytes go into as many bytes of fresh memory, which are then initialised.
        unsafe {
            self.at(at, count).copy_to_nonoverlapping(bytes.as_mut_ptr(), count);
            bytes.set_len(count);
        }
        bytes
    }

    fn write(&self, at: usize, bytes: &[u8]) {
        // SAFETY: as many live bytes, of a map the rules know to be writable; a slice never lies in mapped memory.
        unsafe { self.at(at, bytes.len()).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) }
    }

    fn copy(&self, at: usize, from: &Region, start: usize, count: usize) {
        // SAFETY: both places have `count` live bytes and may overlap.
        unsafe { self.at(at, count).copy_from(from.at(start, count), count) }
    }

    fn find(&self, range: Range<usize>, needle: &[u8], direction: Direction) -> Option<usize> {
        // SAFETY: live bytes, and nothing writes while the slice lives (see the module).
        let bytes = unsafe { slice::from_raw_parts(self.at(range.start, range.len()), range.len()) };
        let (&first, rest) = needle.split_first()?;
        let last = bytes.len().checked_sub(needle.len())?;
        let fits = |&at: &usize| bytes[at] == first && bytes[at + 1..].starts_with(rest);
        let found = match direction {
            Direction::Forward => (0..=last).find(fits),
            Direction::Backward => (0..=last).rev().find(fits),
        };
        found.map(|at| range.start + at)
    }

    fn digest(&self, count: usize) -> u64 {
        // SAFETY: live bytes, and nothing writes while the slice lives (see the module).
        crate::digest(unsafe { slice::from_raw_parts(self.at(0, count), count) })
    }

    fn resize(&mut self, len: usize) -> Result<(), Errno> {
        // SAFETY: no pointer into the map outlives a step, so it may move; what becomes mapped without a page behind it
        // is not live, and never touched.
        Ok(unsafe { self.raw.remap(len, RemapOptions::new().may_move(true)) }?)
    }

    fn advise(&self, advice: i32, start: usize, len: usize) -> Result<(), Errno> {
        let kind = match advice {
            c::MADV_NORMAL => Advice::Normal,
            c::MADV_RANDOM => Advice::Random,
            c::MADV_SEQUENTIAL => Advice::Sequential,
            c::MADV_WILLNEED => Advice::WillNeed,
            c::MADV_DONTFORK => Advice::DontFork,
            c::MADV_DOFORK => Advice::DoFork,
            c::MADV_MERGEABLE => Advice::Mergeable,
            c::MADV_UNMERGEABLE => Advice::Unmergeable,
            c::MADV_HUGEPAGE => Advice::HugePage,
            c::MADV_NOHUGEPAGE => Advice::NoHugePage,
            c::MADV_DONTDUMP => Advice::DontDump,
            c::MADV_DODUMP => Advice::DoDump,
            _ => return self.discard(advice, start, len),
        };
        Ok(self.raw.advise_range(kind, start, len)?)
    }
}

impl Region {
    /// The advice that changes bytes.
    fn discard(&self, advice: i32, start: usize, len: usize) -> Result<(), Errno> {
        let kind = match advice {
            c::MADV_DONTNEED => UncheckedAdvice::DontNeed,
            c::MADV_FREE => UncheckedAdvice::Free,
            c::MADV_REMOVE => UncheckedAdvice::Remove,
            _ => return Err(Errno::EINVAL),
        };
        // SAFETY: bytes of this map change, as by any write: no reference to them exists.
        Ok(unsafe { self.raw.unchecked_advise_range(kind, start, len) }?)
    }
}
