//! Simulated maps.

use super::files::Inode;
use super::vma;
use crate::store::{self, Direction, Kernel, MapRequest, Memory};
use mmapcheck_spec::constants::{self as c, Constant};
use mmapcheck_spec::{PageSize, PlatformFacts};
use mmapcheck_world::Errno;
use smallvec::SmallVec;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

/// A simulated map.
pub struct SimulatedRegion {
    inode: Rc<Inode>,
    /// The offset in the file in bytes, a multiple of the page size.
    offset: usize,
    len: usize,
    /// Whether the pages stay in memory.
    locked: bool,
    backing: Backing,
    kernel: Rc<Kernel>,
    facts: &'static PlatformFacts,
    /// The flags of each page ([`vma`]). Empty where no advice has set any.
    flags: RefCell<Vec<u8>>,
    /// The last digest: of how many bytes, after how many changes.
    digested: Cell<(usize, u64, u64)>,
}

/// The owner of the pages behind a map.
pub enum Backing {
    /// The file. Whether its descriptor is open for writing.
    Shared { writes: bool },
    /// Private anonymous memory, which grows with its map. Whether it is that of the device of zeros.
    Anonymous { device: bool },
    /// The file, except for the pages that were written to.
    Private(PrivatePages),
}

type Page = Box<[u8]>;

/// The pages of a private map that were written to: they no longer follow the file.
#[derive(Clone, Default)]
pub struct PrivatePages {
    /// By page of the map.
    pages: RefCell<Vec<Option<Page>>>,
    /// How many of the file's truncations are applied here.
    truncations: Cell<usize>,
    /// A counter of changes.
    changes: Cell<u64>,
}

impl PrivatePages {
    /// Drops copies of pages that the file has lost since the last call.
    fn follow(&self, inode: &Inode, offset: usize) {
        let truncations = inode.truncations();
        if self.truncations.get() == truncations.len() {
            return;
        }
        let left = truncations[self.truncations.get()..].iter().min();
        let kept = left.map_or(0, |pages| pages.saturating_sub(inode.page().before(offset)));
        self.pages.borrow_mut().truncate(kept);
        self.truncations.set(truncations.len());
    }

    fn drop_pages(&self, range: Range<usize>) {
        let mut pages = self.pages.borrow_mut();
        let end = range.end.min(pages.len());
        if range.start < end {
            pages[range.start..end].fill(None);
        }
        self.changes.set(self.changes.get() + 1);
    }
}

/// Splits a range of offsets by pages: each page's number, and the range within the page.
fn by_page(size: PageSize, at: usize, count: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
    let end = at + count;
    (size.before(at)..size.count(end)).map(move |page| {
        let start = page * size.bytes();
        (page, at.max(start) - start..end.min(start + size.bytes()) - start)
    })
}

impl SimulatedRegion {
    /// Maps a file, or anonymous memory of its own, as requested.
    pub fn new(
        inode: Rc<Inode>,
        request: MapRequest,
        backing: Backing,
        kernel: Rc<Kernel>,
        facts: &'static PlatformFacts,
    ) -> SimulatedRegion {
        let flags = match vma::flags_of_request(request) {
            0 => Vec::new(),
            flags => vec![flags; facts.page.count(request.len)],
        };
        let MapRequest { len, locked, .. } = request;
        let (offset, flags, digested) = (request.offset as usize, RefCell::new(flags), Cell::default());
        SimulatedRegion { inode, offset, len, locked, backing, kernel, facts, flags, digested }
    }

    /// Copies the pages of a private map from one on, as writing to each of them does.
    pub fn populate(&self, first: usize) {
        if let Backing::Private(copies) = &self.backing {
            let pages = by_page(self.facts.page, 0, self.live()).skip(first);
            pages.for_each(|(page, _)| self.change_copy(copies, page, |_| ()));
        }
    }

    fn is_droppable(&self) -> bool {
        self.flags.borrow().first().is_some_and(|page| page & vma::WIPEONFORK != 0)
    }

    /// Changes a page of a private map, which is a copy from then on.
    fn change_copy(&self, copies: &PrivatePages, page: usize, change: impl FnOnce(&mut [u8])) {
        copies.follow(&self.inode, self.offset);
        let mut pages = copies.pages.borrow_mut();
        if pages.len() <= page {
            pages.resize(page + 1, None);
        }
        let size = self.facts.page.bytes();
        let start = self.offset + page * size;
        change(pages[page].get_or_insert_with(|| self.inode.pages()[start..start + size].into()));
        copies.changes.set(copies.changes.get() + 1);
    }

    /// Calls `read` with live bytes.
    fn with<T>(&self, at: usize, count: usize, read: impl FnOnce(&[u8]) -> T) -> T {
        if count == 0 {
            // The start may lie beyond the end of the file.
            return read(&[]);
        }
        let file = self.inode.pages();
        let file = &file[self.offset + at..self.offset + at + count];
        let Backing::Private(copies) = &self.backing else { return read(file) };
        copies.follow(&self.inode, self.offset);
        let pages = copies.pages.borrow();
        let copy = |page: usize| pages.get(page).and_then(Option::as_ref);
        let mut parts = by_page(self.facts.page, at, count);
        match (parts.next(), parts.next()) {
            (Some((page, part)), None) => read(copy(page).map_or(file, |copy| &copy[part])),
            _ => {
                let mut bytes = file.to_vec();
                for (page, part) in by_page(self.facts.page, at, count) {
                    if let Some(copy) = copy(page) {
                        let start = page * self.facts.page.bytes() + part.start - at;
                        bytes[start..start + part.len()].copy_from_slice(&copy[part]);
                    }
                }
                read(&bytes)
            }
        }
    }

    /// A counter that grows whenever bytes of the map may have changed.
    fn changes(&self) -> u64 {
        let own = if let Backing::Private(copies) = &self.backing { copies.changes.get() } else { 0 };
        self.inode.changes() + own
    }

    /// Sets the flags of an advice on pages.
    fn set_flags(&self, advice: Constant, pages: Range<usize>) {
        let Some((cleared, set)) = vma::flags_of(advice) else { return };
        let mut flags = self.flags.borrow_mut();
        flags.resize(self.facts.page.count(self.len), 0);
        for flags in &mut flags[pages] {
            *flags = *flags & !cleared | set;
        }
    }
}

impl Memory for SimulatedRegion {
    fn live(&self) -> usize {
        self.len.min(self.inode.pages().len().saturating_sub(self.offset))
    }

    fn lasting(&self) -> usize {
        match self.backing {
            Backing::Private(_) => self.live(),
            _ => self.len.min(self.inode.size().saturating_sub(self.offset)),
        }
    }

    fn copy_is_defined(&self, at: usize, from: &SimulatedRegion, start: usize, count: usize) -> bool {
        if std::ptr::eq(self, from) {
            return at != start || !matches!(self.backing, Backing::Private(_));
        }
        let (to, of) = (self.offset + at, from.offset + start);
        !Rc::ptr_eq(&self.inode, &from.inode) || to == of || to.abs_diff(of) >= count
    }

    fn byte(&self, at: usize) -> u8 {
        self.with(at, 1, |bytes| bytes[0])
    }

    fn set(&self, at: usize, value: u8) {
        self.write(at, &[value]);
    }

    fn read(&self, at: usize, count: usize) -> Vec<u8> {
        self.with(at, count, <[u8]>::to_vec)
    }

    fn write(&self, at: usize, new: &[u8]) {
        let Backing::Private(copies) = &self.backing else {
            return self.inode.write_mapped(self.offset + at, new);
        };
        for (page, part) in by_page(self.facts.page, at, new.len()) {
            let start = page * self.facts.page.bytes() + part.start - at;
            let new = &new[start..start + part.len()];
            self.change_copy(copies, page, |bytes| bytes[part].copy_from_slice(new));
        }
    }

    fn copy(&self, at: usize, from: &SimulatedRegion, start: usize, count: usize) {
        let bytes: SmallVec<[u8; 64]> = from.with(start, count, SmallVec::from_slice);
        self.write(at, &bytes);
    }

    fn find(&self, range: Range<usize>, needle: &[u8], direction: Direction) -> Option<usize> {
        let found = self.with(range.start, range.len(), |bytes| store::find(bytes, needle, direction));
        found.map(|at| range.start + at)
    }

    fn digest(&self, count: usize) -> u64 {
        let changes = self.changes();
        match self.digested.get() {
            (last, then, digest) if (last, then) == (count, changes) => digest,
            _ => {
                let digest = self.with(0, count, mmapcheck_world::digest);
                self.digested.set((count, changes, digest));
                digest
            }
        }
    }

    fn resize(&mut self, len: usize, may_grow: bool) -> Result<(), Errno> {
        if len > self.facts.addresses() && self.kernel.checks_length_first {
            return Err(Errno::EINVAL);
        }
        let (pages, before) = (self.facts.page.count(len), self.facts.page.count(self.len));
        let flags = self.flags.get_mut();
        if pages > before && flags.iter().any(|page| *page != flags[0]) {
            // The map consists of more than one VMA, and the kernel grows only a single one.
            return Err(Errno::EFAULT);
        }
        if len >= self.facts.addresses() || (!may_grow && pages > before) {
            return Err(Errno::ENOMEM);
        }
        if let Some(&page) = flags.first() {
            flags.resize(pages, page);
        }
        match &self.backing {
            Backing::Shared { .. } => {}
            Backing::Anonymous { .. } => self.inode.set_size(pages * self.facts.page.bytes()),
            Backing::Private(copies) => copies.drop_pages(pages..usize::MAX),
        }
        self.len = len;
        if self.locked {
            self.populate(before);
        }
        Ok(())
    }

    fn fork(&self) -> Option<SimulatedRegion> {
        if self.flags.borrow().iter().any(|page| page & vma::DONTFORK != 0) {
            return None;
        }
        let (inode, backing) = match &self.backing {
            Backing::Shared { writes } => (Rc::clone(&self.inode), Backing::Shared { writes: *writes }),
            Backing::Anonymous { device } if self.is_droppable() => {
                (Rc::new(Inode::anonymous(self.len, self.facts.page)), Backing::Anonymous { device: *device })
            }
            Backing::Anonymous { device } => {
                (Rc::new(Inode::clone(&self.inode)), Backing::Anonymous { device: *device })
            }
            Backing::Private(copies) => (Rc::clone(&self.inode), Backing::Private(copies.clone())),
        };
        let kernel = Rc::clone(&self.kernel);
        let (flags, digested) = (self.flags.clone(), Cell::default());
        Some(SimulatedRegion { inode, backing, kernel, flags, digested, locked: false, ..*self })
    }

    fn advise(&self, advice: Constant, start: usize, len: usize) -> Result<(), Errno> {
        if self.kernel.unknown_advice.contains(&advice) {
            return Err(Errno::EINVAL);
        }
        let size = self.facts.page;
        let pages = size.before(start)..size.count(start + len);
        let range = self.offset + pages.start * size.bytes()..self.offset + pages.end * size.bytes();
        match (advice, &self.backing) {
            _ if len == 0 => {}
            (c::MADV_DONTNEED | c::MADV_FREE | c::MADV_REMOVE, _) if self.locked => return Err(Errno::EINVAL),
            (c::MADV_DODUMP, _) if self.is_droppable() => return Err(Errno::EINVAL),
            (c::MADV_MERGEABLE | c::MADV_UNMERGEABLE, _) if self.is_droppable() => {}
            (c::MADV_DONTNEED, Backing::Private(copies)) => copies.drop_pages(pages),
            (c::MADV_DONTNEED, Backing::Anonymous { .. }) => self.inode.punch(range),
            (c::MADV_DONTNEED, Backing::Shared { .. }) | (c::MADV_FREE, Backing::Anonymous { .. }) => {}
            (c::MADV_REMOVE, Backing::Shared { writes: true }) => self.inode.punch(range),
            (
                c::MADV_REMOVE,
                Backing::Shared { writes: false } | Backing::Private(_) | Backing::Anonymous { device: true },
            ) => return Err(Errno::EACCES),
            (c::MADV_FREE | c::MADV_REMOVE, _) => return Err(Errno::EINVAL),
            (c::MADV_MERGEABLE | c::MADV_UNMERGEABLE, Backing::Shared { .. }) => {}
            _ => self.set_flags(advice, pages),
        }
        Ok(())
    }
}
