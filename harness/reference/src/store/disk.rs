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
use crate::folder::{Folder, Inode, OpenFile};
use crate::store::{self, Direction, Kernel, Memory, Request, Store};
use memmap2::{Advice, MmapOptions, MmapRaw, RemapOptions, UncheckedAdvice};
use mmapcheck_spec::constants as c;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{Content, Detail, Mode, TargetError};
use rustix::param::page_size;
use std::cell::Cell;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::slice;

/// Real files and real memory.
#[derive(Debug)]
pub struct DiskStore {
    pub(crate) folder: Folder,
    /// `/dev/zero`: mapping it shared is how Linux itself makes shared memory of no file.
    zero: File,
}

impl DiskStore {
    /// Files in a folder that is there and empty.
    ///
    /// # Errors
    /// Where there is no such folder, or no `/dev/zero`.
    pub fn new(dir: &Path) -> Result<DiskStore, TargetError> {
        let zero = File::options().read(true).write(true).open("/dev/zero");
        let zero = zero.map_err(|error| TargetError(format!("cannot open /dev/zero: {error}")))?;
        Ok(DiskStore { folder: Folder::new(dir)?, zero })
    }
}

impl Store for DiskStore {
    type File = OpenFile;
    type Memory = Region;

    fn create(&mut self, number: usize) -> Result<(), Errno> {
        self.folder.create(number)
    }

    fn fill(&mut self, number: usize, bytes: &[u8]) -> Result<(), Errno> {
        self.folder.fill(number, bytes)
    }

    fn open(&mut self, name: usize, number: usize, mode: Mode) -> Result<OpenFile, Errno> {
        self.folder.open(name, number, mode)
    }

    fn unlink(&mut self, name: usize) -> Result<(), Errno> {
        self.folder.unlink(name)
    }

    fn rename(&mut self, name: usize, to: usize) -> Result<(), Errno> {
        self.folder.rename(name, to)
    }

    fn take_back(&mut self, number: usize, file: OpenFile) {
        self.folder.take_back(number, file);
    }

    fn look(&mut self, number: usize, detail: Detail) -> Content {
        self.folder.look(number, detail)
    }

    fn mode(file: &OpenFile) -> Mode {
        file.mode
    }

    fn is_same(file: &OpenFile, other: &OpenFile) -> bool {
        Rc::ptr_eq(&file.inode, &other.inode)
    }

    fn size(file: &OpenFile) -> u64 {
        file.inode.size()
    }

    fn set_size(file: &OpenFile, size: u64) -> Result<(), Errno> {
        file.inode.set_size(size)
    }

    fn write(file: &OpenFile, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        file.write(at, bytes)
    }

    fn read(file: &OpenFile, at: u64) -> Result<Vec<u8>, Errno> {
        file.read(at)
    }

    fn nameless(&self, size: u64) -> Result<OpenFile, Errno> {
        OpenFile::nameless(size)
    }

    fn map(&self, file: Option<&OpenFile>, request: Request) -> Result<Region, Errno> {
        let mut options = MmapOptions::new();
        options.len(request.len).offset(request.offset);
        if request.populate {
            options.populate();
        }
        match file {
            None => self.map_anonymous(options.offset(0), request),
            Some(file) if request.shared => map_shared(file, request, options),
            Some(file) => map_private(file, request, &options),
        }
    }
}

/// A shared map is taken up to the end of its last page, so that maps of about the same length can be used again: what one
/// leaves behind is what the file holds, and mapping costs more than all else a case does.
fn map_shared(file: &OpenFile, request: Request, mut options: MmapOptions) -> Result<Region, Errno> {
    let whole = request.len.next_multiple_of(page_size());
    let Request { offset, writable, .. } = request;
    let fits = |map: &SpareMap| writable && (map.offset, map.raw.len()) == (offset, whole);
    let mut spare = file.inode.spare.borrow_mut();
    let raw = match spare.iter().position(fits).filter(|_| !request.populate) {
        Some(place) => spare.swap_remove(place).raw,
        None if writable => options.len(whole).map_raw(&*file.fd)?,
        None => options.len(whole).map_raw_read_only(&*file.fd)?,
    };
    let behind = Behind::File { inode: Rc::clone(&file.inode), offset, shared: Some(writable) };
    Ok(Region { raw: Some(raw), len: request.len, behind, advised: Cell::new(false) })
}

fn map_private(file: &OpenFile, request: Request, options: &MmapOptions) -> Result<Region, Errno> {
    let raw = if request.writable {
        // SAFETY: the map becomes a raw one at once, so no reference to its bytes is made (see the module).
        unsafe { options.map_copy(&*file.fd) }?.into()
    } else {
        // SAFETY: as above.
        unsafe { options.map_copy_read_only(&*file.fd) }?.into()
    };
    let behind = Behind::File { inode: Rc::clone(&file.inode), offset: request.offset, shared: None };
    Ok(Region { raw: Some(raw), len: request.len, behind, advised: Cell::new(false) })
}

/// A shared writable map of a file that is in no use.
#[derive(Debug)]
pub struct SpareMap {
    offset: u64,
    raw: MmapRaw,
}

/// How many spare maps a file keeps: the last ones used.
const MOST_SPARE: usize = 4;

/// The advice that changes no bytes.
const HARMLESS: [(i32, Advice); 12] = [
    (c::MADV_NORMAL, Advice::Normal),
    (c::MADV_RANDOM, Advice::Random),
    (c::MADV_SEQUENTIAL, Advice::Sequential),
    (c::MADV_WILLNEED, Advice::WillNeed),
    (c::MADV_DONTFORK, Advice::DontFork),
    (c::MADV_DOFORK, Advice::DoFork),
    (c::MADV_MERGEABLE, Advice::Mergeable),
    (c::MADV_UNMERGEABLE, Advice::Unmergeable),
    (c::MADV_HUGEPAGE, Advice::HugePage),
    (c::MADV_NOHUGEPAGE, Advice::NoHugePage),
    (c::MADV_DONTDUMP, Advice::DontDump),
    (c::MADV_DODUMP, Advice::DoDump),
];

/// What kernel this system has.
///
/// # Errors
/// Where not even a page of memory can be mapped.
pub fn kernel() -> Result<Kernel, Errno> {
    let mut page = MmapRaw::from(MmapOptions::new().len(page_size()).map_anon()?);
    let refuses = |kind: Advice| page.advise(kind).is_err();
    let unknown_advice = HARMLESS.iter().filter(|(_, kind)| refuses(*kind)).map(|(advice, _)| *advice).collect();
    // SAFETY: nothing points into the map.
    let longer = unsafe { page.remap(LINUX.addresses() + 1, RemapOptions::new().may_move(true)) };
    Ok(Kernel { unknown_advice, refuses_lengths: longer.is_err_and(|error| Errno::from(error) == Errno::EINVAL) })
}

impl DiskStore {
    fn map_anonymous(&self, options: &MmapOptions, request: Request) -> Result<Region, Errno> {
        if request.shared {
            let pages = request.len.next_multiple_of(page_size());
            let raw = Some(options.map_raw(&self.zero)?);
            return Ok(Region { raw, len: request.len, behind: Behind::Shared { pages }, advised: Cell::new(false) });
        }
        Ok(Region {
            raw: Some(options.map_anon()?.into()),
            len: request.len,
            behind: Behind::Private,
            advised: Cell::new(false),
        })
    }
}

/// A map in this process.
pub struct Region {
    /// None only while it is dropped.
    raw: Option<MmapRaw>,
    /// How many bytes were asked for.
    len: usize,
    behind: Behind,
    /// The kernel was advised about it: it remembers that, by page, and may hold the map in pieces from then on.
    advised: Cell<bool>,
}

impl Drop for Region {
    fn drop(&mut self) {
        // What a map that is only read may be advised to do depends on how its file was opened, so it is not used again.
        if self.advised.get() {
            return;
        }
        if let (Behind::File { inode, offset, shared: Some(true) }, Some(raw)) = (&self.behind, self.raw.take()) {
            let mut spare = inode.spare.borrow_mut();
            if spare.len() == MOST_SPARE {
                spare.remove(0);
            }
            spare.push(SpareMap { offset: *offset, raw });
        }
    }
}

/// What lies behind a map, which says how much of it is live.
enum Behind {
    /// A file, from an offset. Where the map is shared: whether it can be written.
    File { inode: Rc<Inode>, offset: u64, shared: Option<bool> },
    /// Shared memory of no file: it never has more bytes than it began with, though its map can grow.
    Shared { pages: usize },
    /// Private memory of no file: it grows with its map.
    Private,
}

impl Region {
    fn raw(&self) -> &MmapRaw {
        self.raw.as_ref().unwrap_or_else(|| unreachable!("a region has its map until it is dropped"))
    }

    /// A pointer to `count` live bytes.
    fn at(&self, at: usize, count: usize) -> *mut u8 {
        assert!(at.checked_add(count).is_some_and(|end| end <= self.live()), "{at}+{count} is not live");
        // SAFETY: `at + count` lies within the map, by the check above.
        unsafe { self.raw().as_mut_ptr().add(at) }
    }
}

impl Memory for Region {
    fn live(&self) -> usize {
        let len = self.len;
        match &self.behind {
            Behind::File { inode, offset, .. } => {
                let end = (inode.size() as usize).next_multiple_of(page_size());
                len.min(end.saturating_sub(*offset as usize))
            }
            Behind::Shared { pages } => len.min(*pages),
            Behind::Private => len,
        }
    }

    fn lasting(&self) -> usize {
        match &self.behind {
            Behind::File { inode, offset, shared: Some(_) } => {
                self.len.min((inode.size() as usize).saturating_sub(*offset as usize))
            }
            _ => self.live(),
        }
    }

    fn copies_one_way(&self, at: usize, from: &Region, start: usize, count: usize) -> bool {
        match (&self.behind, &from.behind) {
            (Behind::File { shared, .. }, _) if std::ptr::eq(self, from) => at != start || shared.is_some(),
            (Behind::File { inode, offset, .. }, Behind::File { inode: other, offset: other_offset, .. }) => {
                let (to, of) = (*offset as usize + at, *other_offset as usize + start);
                !Rc::ptr_eq(inode, other) || to == of || to.abs_diff(of) >= count
            }
            _ => true,
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
        store::find(bytes, needle, direction).map(|at| range.start + at)
    }

    fn digest(&self, count: usize) -> u64 {
        // SAFETY: live bytes, and nothing writes while the slice lives (see the module).
        crate::digest(unsafe { slice::from_raw_parts(self.at(0, count), count) })
    }

    fn resize(&mut self, len: usize, granted: bool) -> Result<(), Errno> {
        let whole = matches!(self.behind, Behind::File { shared: Some(_), .. });
        let mapped = if whole { len.next_multiple_of(page_size()) } else { len };
        let before = self.raw().len();
        let refused = !granted && mapped.div_ceil(page_size()) > before.div_ceil(page_size());
        // The kernel has other reasons to refuse, which come first.
        for mapped in [mapped, before].into_iter().take(if refused { 2 } else { 1 }) {
            if let Some(raw) = self.raw.as_mut().filter(|raw| raw.len() != mapped) {
                // SAFETY: no pointer into the map outlives a step, so it may move; what becomes mapped without a page behind
                // it is not live, and never touched.
                unsafe { raw.remap(mapped, RemapOptions::new().may_move(true)) }?;
            }
        }
        if refused {
            return Err(Errno::ENOMEM);
        }
        self.len = len;
        Ok(())
    }

    /// What pages of a private map have been written to is known to the kernel alone.
    fn of_child(&self) -> Option<Region> {
        None
    }

    fn advise(&self, advice: i32, start: usize, len: usize) -> Result<(), Errno> {
        self.advised.set(true);
        match HARMLESS.iter().find(|(known, _)| *known == advice) {
            Some((_, kind)) => Ok(self.raw().advise_range(*kind, start, len)?),
            None => self.discard(advice, start, len),
        }
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
        Ok(unsafe { self.raw().unchecked_advise_range(kind, start, len) }?)
    }
}
