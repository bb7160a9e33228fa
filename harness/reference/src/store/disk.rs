//! The store on a real file system, by `memmap2`.
//!
//! This is the only module of the package with unsafe code. It is sound because no reference to mapped bytes is kept or
//! returned: the bytes can change at any time through another map of the file, or through a descriptor. Bytes are copied
//! in and out through raw pointers, also to search and to digest them. Each function checks that its range lies below
//! [`Memory::live`], so that no page without a file behind it is touched, as long as sizes change through [`OpenFile`] only;
//! the campaign's own files keep to that. The sizes of files of others are read before each step
//! ([`crate::Reference::notice_size`]); whoever cuts such a file short during a step kills the process, as with any map.

#![expect(unsafe_code, reason = "mapped memory is reached through raw pointers")]

use crate::store::{self, Direction, Kernel, MapRequest, Memory, Store};
use memmap2::{Advice, MmapOptions, MmapRaw, RemapOptions, UncheckedAdvice};
use mmapcheck_spec::TargetError;
use mmapcheck_spec::constants::{self as c, Constant};
use mmapcheck_spec::platform::LINUX;
use mmapcheck_world::{Errno, FileHandle, Folder, Inode, OpenFile};
use rustix::param::page_size;
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::ops::Range;
use std::rc::Rc;

/// Maps real files into real memory.
#[derive(Debug)]
pub struct DiskStore {
    /// `/dev/zero`: Linux itself makes shared anonymous memory by mapping it shared.
    zero: File,
    kernel: Kernel,
}

impl DiskStore {
    /// A store for the files of any folder.
    ///
    /// # Errors
    /// Where `/dev/zero` cannot be opened, or the kernel cannot be probed.
    pub fn new() -> Result<DiskStore, TargetError> {
        let zero = File::options().read(true).write(true).open("/dev/zero");
        let zero = zero.map_err(|error| TargetError(format!("cannot open /dev/zero: {error}")))?;
        let kernel =
            kernel().map_err(|Errno(number)| TargetError(format!("cannot map memory: system error {number}")))?;
        Ok(DiskStore { zero, kernel })
    }

    fn map_anonymous(&self, options: &MmapOptions, request: MapRequest) -> Result<DiskRegion, Errno> {
        if request.shared {
            let pages = request.len.next_multiple_of(page_size());
            return Ok(DiskRegion::new(options.map_raw(&self.zero)?, request.len, true, Backing::Shared { pages }));
        }
        Ok(DiskRegion::new(options.map_anon()?.into(), request.len, true, Backing::Private))
    }
}

impl Store for DiskStore {
    type Folder = Folder<SpareMaps>;
    type File = OpenFile<SpareMaps>;
    type Memory = DiskRegion;

    fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    fn anonymous_file(&self, size: u64) -> Result<OpenFile<SpareMaps>, Errno> {
        OpenFile::anonymous(size)
    }

    fn map(&self, file: Option<&OpenFile<SpareMaps>>, request: MapRequest) -> Result<DiskRegion, Errno> {
        let mut options = MmapOptions::new();
        options.len(request.len).offset(request.offset);
        if request.populate {
            options.populate();
        }
        let region = match file {
            None => self.map_anonymous(options.offset(0), request),
            Some(file) if file.irregular().is_some() => map_zeros(file, request, &options),
            Some(file) if request.shared => map_shared(file, request, options),
            Some(file) => map_private(file, request, &options),
        }?;
        region.follow_flags(request);
        Ok(region)
    }
}

/// Maps the device of zeros. Shared memory has the size of the map, and the map begins at its offset in it. A map that cannot
/// become writable is private.
fn map_zeros(file: &OpenFile<SpareMaps>, request: MapRequest, options: &MmapOptions) -> Result<DiskRegion, Errno> {
    if !request.shared {
        // SAFETY: the map becomes a raw one at once, so no reference to its bytes is made (see the module).
        let raw = unsafe { options.map_copy(file.fd()) }?.into();
        return Ok(DiskRegion::new(raw, request.len, true, Backing::Private));
    }
    if !file.mode().writes() {
        return Ok(DiskRegion::new(options.map_raw_read_only(file.fd())?, request.len, false, Backing::Private));
    }
    let pages = request.len.next_multiple_of(page_size()).saturating_sub(request.offset as usize);
    Ok(DiskRegion::new(options.map_raw(file.fd())?, request.len, true, Backing::Shared { pages }))
}

/// Maps a file shared, up to the end of the last page, so that maps of similar length can reuse the memory: a shared map
/// leaves nothing behind but the bytes of the file, and mapping costs more than the rest of a case.
fn map_shared(file: &OpenFile<SpareMaps>, request: MapRequest, mut options: MmapOptions) -> Result<DiskRegion, Errno> {
    let whole = request.len.next_multiple_of(page_size());
    let MapRequest { offset, writable, .. } = request;
    let fits = |map: &SpareMap| writable && (map.offset, map.raw.len()) == (offset, whole);
    let mut spare = file.inode().attached().0.borrow_mut();
    let raw = match spare.iter().position(fits).filter(|_| !request.populate) {
        Some(place) => spare.swap_remove(place).raw,
        None if writable => options.len(whole).map_raw(file.fd())?,
        None => options.len(whole).map_raw_read_only(file.fd())?,
    };
    let backing = Backing::File { inode: Rc::clone(file.inode()), offset, shared: Some(writable) };
    Ok(DiskRegion::new(raw, request.len, writable, backing))
}

fn map_private(file: &OpenFile<SpareMaps>, request: MapRequest, options: &MmapOptions) -> Result<DiskRegion, Errno> {
    let raw = if request.writable {
        // SAFETY: the map becomes a raw one at once, so no reference to its bytes is made (see the module).
        unsafe { options.map_copy(file.fd()) }?.into()
    } else {
        // SAFETY: as above.
        unsafe { options.map_copy_read_only(file.fd()) }?.into()
    };
    let backing = Backing::File { inode: Rc::clone(file.inode()), offset: request.offset, shared: None };
    Ok(DiskRegion::new(raw, request.len, request.writable, backing))
}

/// An unused shared writable map of a file.
#[derive(Debug)]
struct SpareMap {
    offset: u64,
    raw: MmapRaw,
}

/// The unused shared maps that are kept with a file, to be used again.
#[derive(Debug, Default)]
pub struct SpareMaps(RefCell<Vec<SpareMap>>);

impl SpareMaps {
    /// How many maps a file keeps: the last ones used.
    const MAX: usize = 4;

    fn add(&self, map: SpareMap) {
        let mut maps = self.0.borrow_mut();
        if maps.len() == SpareMaps::MAX {
            maps.remove(0);
        }
        maps.push(map);
    }
}

/// The advice that changes no bytes.
const HARMLESS: [(Constant, Advice); 12] = [
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

/// Probes the kernel of this system.
///
/// # Errors
/// Where no page of memory can be mapped.
pub fn kernel() -> Result<Kernel, Errno> {
    if cfg!(miri) {
        // Miri has no `madvise` to ask. Any kernel will do.
        return Ok(Kernel::simulated());
    }
    let mut page = MmapRaw::from(MmapOptions::new().len(page_size()).map_anon()?);
    let refuses = |kind: Advice| page.advise(kind).is_err();
    let unknown_advice = HARMLESS.iter().filter(|(_, kind)| refuses(*kind)).map(|(advice, _)| *advice).collect();
    // SAFETY: nothing points into the map.
    let longer = unsafe { page.remap(LINUX.addresses() + 1, RemapOptions::new().may_move(true)) };
    let checks_length_first = longer.is_err_and(|error| Errno::from(error) == Errno::EINVAL);
    Kernel::probe(unknown_advice, checks_length_first, stack_has_no_huge_pages()?)
}

/// Whether `MAP_STACK` implies `MADV_NOHUGEPAGE`. The advice for one page of two then splits no VMA, so that the map can grow.
fn stack_has_no_huge_pages() -> Result<bool, Errno> {
    let mut pages = MmapRaw::from(MmapOptions::new().len(2 * page_size()).stack().map_anon()?);
    let advised = pages.advise_range(Advice::NoHugePage, 0, page_size()).is_ok();
    // SAFETY: nothing points into the map.
    Ok(advised && unsafe { pages.remap(3 * page_size(), RemapOptions::new().may_move(true)) }.is_ok())
}

/// A map in this process.
pub struct DiskRegion {
    /// `None` only while the region is dropped.
    raw: Option<MmapRaw>,
    /// The requested length in bytes.
    len: usize,
    /// Whether the system lets this process write to the memory.
    writable: bool,
    backing: Backing,
    /// Whether the kernel was advised about the map. It remembers advice by page, and may split the map into several VMAs.
    advised: Cell<bool>,
    /// Whether the map has the refusals of `MAP_DROPPABLE`. The memory is private.
    droppable: Cell<bool>,
}

/// The memory object behind a map, which decides how much of the map is live.
enum Backing {
    /// A file, from an offset. `shared`: whether a shared map can be written; `None` for a private map.
    File { inode: Rc<Inode<SpareMaps>>, offset: u64, shared: Option<bool> },
    /// Shared anonymous memory: the bytes behind the start of the map. It keeps its first size, although its map can grow.
    Shared { pages: usize },
    /// Private anonymous memory, which grows with its map.
    Private,
}

impl Drop for DiskRegion {
    fn drop(&mut self) {
        // An advised map is not reused. A read-only one is not either: the advice it accepts depends on how its file was
        // opened.
        if self.advised.get() {
            return;
        }
        if let (Backing::File { inode, offset, shared: Some(true) }, Some(raw)) = (&self.backing, self.raw.take()) {
            inode.attached().add(SpareMap { offset: *offset, raw });
        }
    }
}

impl DiskRegion {
    fn new(raw: MmapRaw, len: usize, writable: bool, backing: Backing) -> DiskRegion {
        DiskRegion { raw: Some(raw), len, writable, backing, advised: Cell::default(), droppable: Cell::default() }
    }

    /// Does to the map what its flags request, as far as another call does the same. The kernel may lack huge pages, and pages
    /// beyond the end of a file cannot be locked: neither matters to the map.
    fn follow_flags(&self, request: MapRequest) {
        let advice = [(request.no_huge_pages, Advice::NoHugePage), (request.droppable, Advice::DontDump)];
        for (_, advice) in advice.into_iter().filter(|(requested, _)| *requested) {
            let _ = self.raw().advise(advice);
        }
        if request.locked {
            let _ = self.raw().lock();
        }
        self.droppable.set(request.droppable);
        self.advised.set(request.locked || request.no_huge_pages);
    }

    fn raw(&self) -> &MmapRaw {
        self.raw.as_ref().unwrap_or_else(|| unreachable!("a region has its map until it is dropped"))
    }

    /// A pointer to the start of the memory, and whether it can be written. The memory stays there until it is resized or
    /// dropped; not all of it need be live.
    #[must_use]
    pub fn start(&self) -> (*const u8, bool) {
        (self.raw().as_ptr(), self.writable)
    }

    /// A pointer to `count` live bytes.
    fn at(&self, at: usize, count: usize) -> *const u8 {
        assert!(at.checked_add(count).is_some_and(|end| end <= self.live()), "{at}+{count} is not live");
        // SAFETY: `at + count` lies within the map, by the check above.
        unsafe { self.raw().as_ptr().add(at) }
    }

    /// A pointer to `count` live bytes that can be written.
    fn at_mut(&self, at: usize, count: usize) -> *mut u8 {
        assert!(self.writable, "the map is read-only");
        self.at(at, count).cast_mut()
    }
}

impl Memory for DiskRegion {
    fn live(&self) -> usize {
        let len = self.len;
        match &self.backing {
            Backing::File { inode, offset, .. } => {
                let end = (inode.size() as usize).next_multiple_of(page_size());
                len.min(end.saturating_sub(*offset as usize))
            }
            Backing::Shared { pages } => len.min(*pages),
            Backing::Private => len,
        }
    }

    fn lasting(&self) -> usize {
        match &self.backing {
            Backing::File { inode, offset, shared: Some(_) } => {
                self.len.min((inode.size() as usize).saturating_sub(*offset as usize))
            }
            _ => self.live(),
        }
    }

    fn copy_is_defined(&self, at: usize, from: &DiskRegion, start: usize, count: usize) -> bool {
        match (&self.backing, &from.backing) {
            (Backing::File { shared, .. }, _) if std::ptr::eq(self, from) => at != start || shared.is_some(),
            (Backing::File { inode, offset, .. }, Backing::File { inode: other, offset: other_offset, .. }) => {
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
        // SAFETY: one live byte of a writable map.
        unsafe { self.at_mut(at, 1).write(value) }
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
        // SAFETY: as many live bytes of a writable map; a slice never lies in mapped memory.
        unsafe { self.at_mut(at, bytes.len()).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) }
    }

    fn copy(&self, at: usize, from: &DiskRegion, start: usize, count: usize) {
        // SAFETY: both places have `count` live bytes, the first of a writable map; they may overlap.
        unsafe { self.at_mut(at, count).copy_from(from.at(start, count), count) }
    }

    fn find(&self, range: Range<usize>, needle: &[u8], direction: Direction) -> Option<usize> {
        store::find(&self.read(range.start, range.len()), needle, direction).map(|at| range.start + at)
    }

    fn digest(&self, count: usize) -> u64 {
        mmapcheck_world::digest(&self.read(0, count))
    }

    fn resize(&mut self, len: usize, may_grow: bool) -> Result<(), Errno> {
        let whole = matches!(self.backing, Backing::File { shared: Some(_), .. });
        let mapped = if whole { len.next_multiple_of(page_size()) } else { len };
        let before = self.raw().len();
        let refused = !may_grow && mapped.div_ceil(page_size()) > before.div_ceil(page_size());
        // Other refusals of the kernel come first: ask it before answering ENOMEM.
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

    /// Only the kernel knows which pages of a private map were written to.
    fn fork(&self) -> Option<DiskRegion> {
        None
    }

    fn advise(&self, advice: Constant, start: usize, len: usize) -> Result<(), Errno> {
        // memmap2 lets a range that starts within the map end behind it, in memory of others.
        let is_mapped = start.checked_add(len).is_some_and(|end| end <= self.raw().len());
        assert!(is_mapped, "{start}+{len} is not mapped");
        self.advised.set(true);
        match advice {
            c::MADV_DODUMP if self.droppable.get() => return Err(Errno::EINVAL),
            c::MADV_MERGEABLE | c::MADV_UNMERGEABLE if self.droppable.get() => return Ok(()),
            _ => {}
        }
        match HARMLESS.iter().find(|(known, _)| *known == advice) {
            Some((_, kind)) => Ok(self.raw().advise_range(*kind, start, len)?),
            None => self.discard(advice, start, len),
        }
    }
}

impl DiskRegion {
    /// Gives the advice that changes bytes. The range lies within the map.
    fn discard(&self, advice: Constant, start: usize, len: usize) -> Result<(), Errno> {
        let kind = match advice {
            c::MADV_DONTNEED => UncheckedAdvice::DontNeed,
            c::MADV_FREE => UncheckedAdvice::Free,
            c::MADV_REMOVE => UncheckedAdvice::Remove,
            _ => return Err(Errno::EINVAL),
        };
        // SAFETY: the caller has checked the range. Bytes of this map change, as by any write: no reference to them exists.
        Ok(unsafe { self.raw().unchecked_advise_range(kind, start, len) }?)
    }
}
