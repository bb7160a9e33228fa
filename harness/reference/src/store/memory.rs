//! The store in memory: files and maps as bytes and pages, as Linux would keep them. It asks nothing of the system, so
//! memory without a page behind it can be known of, and never kills.
//!
//! Two things a kernel decides are left to it: when to forget what `MADV_FREE` gives up (here: never), and what becomes of
//! bytes written behind the end of a file ([`Memory::lasting`]), which the rules refuse to answer for.

use crate::errno::Errno;
use crate::files::content_of;
use crate::store::{self, Direction, Kernel, Memory, Request, Store};
use mmapcheck_spec::constants as c;
use mmapcheck_spec::{Content, Detail, Mode, PageSize, PlatformFacts};
use smallvec::SmallVec;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

/// Files and memory of no system.
pub struct MemoryStore {
    files: Vec<Rc<Inode>>,
    kernel: Rc<Kernel>,
    facts: &'static PlatformFacts,
}

impl MemoryStore {
    /// A store without files, that foresees this kernel on a platform: pages and addresses are those of the platform.
    #[must_use]
    pub fn new(kernel: Kernel, facts: &'static PlatformFacts) -> MemoryStore {
        MemoryStore { files: Vec::new(), kernel: Rc::new(kernel), facts }
    }
}

/// Bytes that can be mapped: those of a file, or memory of no file.
#[derive(Clone, Debug)]
struct Inode {
    page: PageSize,
    /// Whole pages: behind the size they are zero.
    bytes: RefCell<Vec<u8>>,
    size: Cell<usize>,
    /// How many pages it had each time after it had lost some: private copies of those that went have gone with them.
    cuts: RefCell<Vec<usize>>,
    /// Counts the changes.
    changes: Cell<u64>,
}

impl Inode {
    /// An empty file.
    fn empty(page: PageSize) -> Inode {
        Inode {
            page,
            bytes: RefCell::default(),
            size: Cell::default(),
            cuts: RefCell::default(),
            changes: Cell::default(),
        }
    }

    /// Memory of no file.
    fn anonymous(len: usize, page: PageSize) -> Inode {
        let whole = page.round_up(len);
        Inode { bytes: RefCell::new(vec![0; whole]), size: Cell::new(whole), ..Inode::empty(page) }
    }

    /// Takes these bytes and forgets its past.
    fn fill(&self, new: &[u8]) {
        let mut bytes = self.bytes.borrow_mut();
        let old = self.size.replace(new.len());
        bytes.resize(self.page.round_up(new.len()), 0);
        bytes[..new.len()].copy_from_slice(new);
        if old > new.len() {
            let rest = old.min(bytes.len());
            bytes[new.len()..rest].fill(0);
        }
        self.cuts.borrow_mut().clear();
        self.touched();
    }

    fn touched(&self) {
        self.changes.set(self.changes.get() + 1);
    }

    fn set_size(&self, size: usize) {
        let mut bytes = self.bytes.borrow_mut();
        let (before, whole) = (bytes.len(), self.page.round_up(size));
        if size < self.size.replace(size) {
            bytes[size..].fill(0);
        }
        bytes.resize(whole, 0);
        if whole < before {
            self.cuts.borrow_mut().push(self.page.before(whole));
        }
        self.touched();
    }

    fn write(&self, at: usize, new: &[u8]) {
        if new.is_empty() {
            return;
        }
        let end = at + new.len();
        if end > self.size.get() {
            self.set_size(end);
        }
        self.bytes.borrow_mut()[at..end].copy_from_slice(new);
        self.touched();
    }

    /// Makes zero what there is of a range.
    fn punch(&self, range: Range<usize>) {
        let mut bytes = self.bytes.borrow_mut();
        let end = range.end.min(bytes.len());
        if range.start < end {
            bytes[range.start..end].fill(0);
            self.touched();
        }
    }
}

/// An opened file.
#[derive(Clone)]
pub struct Opened {
    inode: Rc<Inode>,
    mode: Mode,
}

impl Store for MemoryStore {
    type File = Opened;
    type Memory = Region;

    fn create(&mut self, number: usize) -> Result<(), Errno> {
        match self.files.get_mut(number) {
            Some(before) => *before = Rc::new(Inode::empty(self.facts.page)),
            None => self.files.push(Rc::new(Inode::empty(self.facts.page))),
        }
        Ok(())
    }

    fn fill(&mut self, number: usize, bytes: &[u8]) -> Result<(), Errno> {
        self.files[number].fill(bytes);
        Ok(())
    }

    fn open(&mut self, _: usize, number: usize, mode: Mode) -> Result<Opened, Errno> {
        Ok(Opened { inode: Rc::clone(&self.files[number]), mode })
    }

    fn unlink(&mut self, _: usize) -> Result<(), Errno> {
        Ok(())
    }

    fn rename(&mut self, _: usize, _: usize) -> Result<(), Errno> {
        Ok(())
    }

    fn take_back(&mut self, _: usize, _: Opened) {}

    fn look(&mut self, number: usize, detail: Detail) -> Content {
        let file = &self.files[number];
        content_of(&file.bytes.borrow()[..file.size.get()], detail)
    }

    fn mode(file: &Opened) -> Mode {
        file.mode
    }

    fn is_same(file: &Opened, other: &Opened) -> bool {
        Rc::ptr_eq(&file.inode, &other.inode)
    }

    fn size(file: &Opened) -> u64 {
        file.inode.size.get() as u64
    }

    fn set_size(file: &Opened, size: u64) -> Result<(), Errno> {
        file.inode.set_size(size as usize);
        Ok(())
    }

    fn write(file: &Opened, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        file.inode.write(at as usize, bytes);
        Ok(())
    }

    fn read(file: &Opened, at: u64) -> Result<Vec<u8>, Errno> {
        let bytes = file.inode.bytes.borrow();
        Ok(bytes[..file.inode.size.get()].get(at as usize..).unwrap_or_default().to_vec())
    }

    fn nameless(&self, size: u64) -> Result<Opened, Errno> {
        Ok(Opened { inode: Rc::new(Inode::anonymous(size as usize, self.facts.page)), mode: Mode::Update })
    }

    fn map(&self, file: Option<&Opened>, request: Request) -> Result<Region, Errno> {
        let (inode, offset, kind) = match file {
            Some(file) if request.shared => {
                (Rc::clone(&file.inode), request.offset, SectionKind::Shared { writes: file.mode.writes() })
            }
            Some(file) => (Rc::clone(&file.inode), request.offset, SectionKind::Private(Copies::default())),
            None if request.shared => {
                (Rc::new(Inode::anonymous(request.len, self.facts.page)), 0, SectionKind::Shared { writes: true })
            }
            None => (Rc::new(Inode::anonymous(request.len, self.facts.page)), 0, SectionKind::Own),
        };
        let region = Region {
            inode,
            offset: offset as usize,
            len: request.len,
            kind,
            kernel: Rc::clone(&self.kernel),
            facts: self.facts,
            habits: RefCell::default(),
            digested: Cell::default(),
        };
        if request.populate && request.writable {
            region.populate();
        }
        Ok(region)
    }
}

/// Mapped memory.
pub struct Region {
    inode: Rc<Inode>,
    /// Where in the file it starts, in bytes, at a page.
    offset: usize,
    len: usize,
    kind: SectionKind,
    kernel: Rc<Kernel>,
    facts: &'static PlatformFacts,
    /// What each page was advised to be, as bits ([`habit`]). Empty where none ever was.
    habits: RefCell<Vec<u8>>,
    /// The last digest: of how many bytes, after how many changes.
    digested: Cell<(usize, u64, u64)>,
}

/// Whose the pages are.
enum SectionKind {
    /// Those of the file. Whether the descriptor could be written to.
    Shared { writes: bool },
    /// Nobody else's: memory of no file, which grows with its map.
    Own,
    /// Those of the file, until they are written to.
    Private(Copies),
}

type Page = Box<[u8]>;

/// The pages of a private map that were written to: they no longer follow the file.
#[derive(Clone, Default)]
struct Copies {
    /// By page of the map.
    pages: RefCell<Vec<Option<Page>>>,
    /// How many of the file's cuts are made here as well.
    cuts: Cell<usize>,
    /// Counts the changes.
    changes: Cell<u64>,
}

impl Copies {
    /// Drops what lay on pages that the file has lost since.
    fn follow(&self, inode: &Inode, offset: usize) {
        let cuts = inode.cuts.borrow();
        if self.cuts.get() == cuts.len() {
            return;
        }
        let kept =
            cuts[self.cuts.get()..].iter().min().map_or(0, |pages| pages.saturating_sub(inode.page.before(offset)));
        self.pages.borrow_mut().truncate(kept);
        self.cuts.set(cuts.len());
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

/// The parts of a range of places that lie on one page each: the page, and the range within it.
fn by_page(size: PageSize, at: usize, count: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
    let end = at + count;
    (size.before(at)..size.count(end)).map(move |page| {
        let start = page * size.bytes();
        (page, at.max(start) - start..end.min(start + size.bytes()) - start)
    })
}

impl Region {
    /// Makes copies of all pages, as a writer does.
    fn populate(&self) {
        if let SectionKind::Private(copies) = &self.kind {
            by_page(self.facts.page, 0, self.live()).for_each(|(page, _)| self.change_copy(copies, page, |_| ()));
        }
    }

    /// Changes a page of a private map, which from now on is its own.
    fn change_copy(&self, copies: &Copies, page: usize, change: impl FnOnce(&mut [u8])) {
        copies.follow(&self.inode, self.offset);
        let mut pages = copies.pages.borrow_mut();
        if pages.len() <= page {
            pages.resize(page + 1, None);
        }
        let size = self.facts.page.bytes();
        let start = self.offset + page * size;
        change(pages[page].get_or_insert_with(|| self.inode.bytes.borrow()[start..start + size].into()));
        copies.changes.set(copies.changes.get() + 1);
    }

    /// What `look` makes of live bytes.
    fn see<T>(&self, at: usize, count: usize, look: impl FnOnce(&[u8]) -> T) -> T {
        if count == 0 {
            // The start may lie far behind the end of the file.
            return look(&[]);
        }
        let file = self.inode.bytes.borrow();
        let file = &file[self.offset + at..self.offset + at + count];
        let SectionKind::Private(copies) = &self.kind else { return look(file) };
        copies.follow(&self.inode, self.offset);
        let pages = copies.pages.borrow();
        let copy = |page: usize| pages.get(page).and_then(Option::as_ref);
        let mut parts = by_page(self.facts.page, at, count);
        match (parts.next(), parts.next()) {
            (Some((page, part)), None) => look(copy(page).map_or(file, |copy| &copy[part])),
            _ => {
                let mut bytes = file.to_vec();
                for (page, part) in by_page(self.facts.page, at, count) {
                    if let Some(copy) = copy(page) {
                        let start = page * self.facts.page.bytes() + part.start - at;
                        bytes[start..start + part.len()].copy_from_slice(&copy[part]);
                    }
                }
                look(&bytes)
            }
        }
    }

    /// How often what is seen here may have changed.
    fn changes(&self) -> u64 {
        let own = if let SectionKind::Private(copies) = &self.kind { copies.changes.get() } else { 0 };
        self.inode.changes.get() + own
    }
}

impl Memory for Region {
    fn live(&self) -> usize {
        self.len.min(self.inode.bytes.borrow().len().saturating_sub(self.offset))
    }

    fn lasting(&self) -> usize {
        match self.kind {
            SectionKind::Private(_) => self.live(),
            _ => self.len.min(self.inode.size.get().saturating_sub(self.offset)),
        }
    }

    fn copies_one_way(&self, at: usize, from: &Region, start: usize, count: usize) -> bool {
        if std::ptr::eq(self, from) {
            return at != start || !matches!(self.kind, SectionKind::Private(_));
        }
        let (to, of) = (self.offset + at, from.offset + start);
        !Rc::ptr_eq(&self.inode, &from.inode) || to == of || to.abs_diff(of) >= count
    }

    fn byte(&self, at: usize) -> u8 {
        self.see(at, 1, |bytes| bytes[0])
    }

    fn set(&self, at: usize, value: u8) {
        self.write(at, &[value]);
    }

    fn read(&self, at: usize, count: usize) -> Vec<u8> {
        self.see(at, count, <[u8]>::to_vec)
    }

    fn write(&self, at: usize, new: &[u8]) {
        let SectionKind::Private(copies) = &self.kind else {
            self.inode.bytes.borrow_mut()[self.offset + at..][..new.len()].copy_from_slice(new);
            return self.inode.touched();
        };
        for (page, part) in by_page(self.facts.page, at, new.len()) {
            let start = page * self.facts.page.bytes() + part.start - at;
            let new = &new[start..start + part.len()];
            self.change_copy(copies, page, |bytes| bytes[part].copy_from_slice(new));
        }
    }

    fn copy(&self, at: usize, from: &Region, start: usize, count: usize) {
        let bytes: SmallVec<[u8; 64]> = from.see(start, count, SmallVec::from_slice);
        self.write(at, &bytes);
    }

    fn find(&self, range: Range<usize>, needle: &[u8], direction: Direction) -> Option<usize> {
        let found = self.see(range.start, range.len(), |bytes| store::find(bytes, needle, direction));
        found.map(|at| range.start + at)
    }

    fn digest(&self, count: usize) -> u64 {
        let changes = self.changes();
        match self.digested.get() {
            (last, then, digest) if (last, then) == (count, changes) => digest,
            _ => {
                let digest = self.see(0, count, crate::digest);
                self.digested.set((count, changes, digest));
                digest
            }
        }
    }

    fn resize(&mut self, len: usize, granted: bool) -> Result<(), Errno> {
        if len > self.facts.addresses() && self.kernel.refuses_lengths {
            return Err(Errno::EINVAL);
        }
        let pages = self.facts.page.count(len);
        let habits = self.habits.get_mut();
        if pages > self.facts.page.count(self.len) && habits.iter().any(|habit| *habit != habits[0]) {
            // The kernel holds pages of different habits as different maps, and does not grow more than one.
            return Err(Errno::EFAULT);
        }
        if len >= self.facts.addresses() || (!granted && pages > self.facts.page.count(self.len)) {
            return Err(Errno::ENOMEM);
        }
        if let Some(&habit) = habits.first() {
            habits.resize(pages, habit);
        }
        match &self.kind {
            SectionKind::Shared { .. } => {}
            SectionKind::Own => self.inode.set_size(pages * self.facts.page.bytes()),
            SectionKind::Private(copies) => copies.drop_pages(pages..usize::MAX),
        }
        self.len = len;
        Ok(())
    }

    fn of_child(&self) -> Option<Region> {
        if self.habits.borrow().iter().any(|habit| habit & DONTFORK != 0) {
            return None;
        }
        let (inode, kind) = match &self.kind {
            SectionKind::Shared { writes } => (Rc::clone(&self.inode), SectionKind::Shared { writes: *writes }),
            SectionKind::Own => (Rc::new(Inode::clone(&self.inode)), SectionKind::Own),
            SectionKind::Private(copies) => (Rc::clone(&self.inode), SectionKind::Private(copies.clone())),
        };
        let kernel = Rc::clone(&self.kernel);
        Some(Region { inode, kind, kernel, habits: self.habits.clone(), digested: Cell::default(), ..*self })
    }

    fn advise(&self, advice: i32, start: usize, len: usize) -> Result<(), Errno> {
        if self.kernel.unknown_advice.contains(&advice) {
            return Err(Errno::EINVAL);
        }
        let size = self.facts.page;
        let pages = size.before(start)..size.count(start + len);
        let places = self.offset + pages.start * size.bytes()..self.offset + pages.end * size.bytes();
        match (advice, &self.kind) {
            _ if len == 0 => {}
            (c::MADV_DONTNEED, SectionKind::Private(copies)) => copies.drop_pages(pages),
            (c::MADV_DONTNEED, SectionKind::Own) => self.inode.punch(places),
            (c::MADV_DONTNEED, SectionKind::Shared { .. }) | (c::MADV_FREE, SectionKind::Own) => {}
            (c::MADV_REMOVE, SectionKind::Shared { writes: true }) => self.inode.punch(places),
            (c::MADV_REMOVE, SectionKind::Shared { writes: false } | SectionKind::Private(_)) => {
                return Err(Errno::EACCES);
            }
            (c::MADV_FREE | c::MADV_REMOVE, _) => return Err(Errno::EINVAL),
            (c::MADV_MERGEABLE | c::MADV_UNMERGEABLE, SectionKind::Shared { .. }) => {}
            _ => self.get_used_to(advice, pages),
        }
        Ok(())
    }
}

impl Region {
    /// Takes note of advice that pages keep.
    fn get_used_to(&self, advice: i32, pages: Range<usize>) {
        let Some((not, but)) = habit(advice) else { return };
        let mut habits = self.habits.borrow_mut();
        habits.resize(self.facts.page.count(self.len), 0);
        for habit in &mut habits[pages] {
            *habit = *habit & !not | but;
        }
    }
}

/// The page is not given to a child.
const DONTFORK: u8 = 1 << 4;

/// The bits that advice takes from a page, and those it gives.
fn habit(advice: i32) -> Option<(u8, u8)> {
    const ORDER: u8 = 0b11;
    const SIZE: u8 = 0b1100;
    Some(match advice {
        c::MADV_NORMAL => (ORDER, 0),
        c::MADV_RANDOM => (ORDER, 0b01),
        c::MADV_SEQUENTIAL => (ORDER, 0b10),
        c::MADV_HUGEPAGE => (SIZE, 0b0100),
        c::MADV_NOHUGEPAGE => (SIZE, 0b1000),
        c::MADV_DONTFORK => (0, DONTFORK),
        c::MADV_DOFORK => (DONTFORK, 0),
        c::MADV_DONTDUMP => (0, 1 << 5),
        c::MADV_DODUMP => (1 << 5, 0),
        c::MADV_MERGEABLE => (0, 1 << 6),
        c::MADV_UNMERGEABLE => (1 << 6, 0),
        _ => return None,
    })
}
