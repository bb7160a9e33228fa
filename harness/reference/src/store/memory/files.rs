//! Simulated files: bytes of this program, which no other program can see.

use mmapcheck_spec::{Content, Detail, Mode, PageSize, SpecialFile};
use mmapcheck_world::{Errno, FileHandle, FileSystem, content_of};
use std::cell::{Cell, Ref, RefCell};
use std::ops::Range;
use std::rc::Rc;

/// The bytes of a file, or of anonymous memory.
#[derive(Clone, Debug)]
pub struct Inode {
    page: PageSize,
    /// Whole pages; bytes behind the size are zero.
    bytes: RefCell<Vec<u8>>,
    size: Cell<usize>,
    /// The number of pages that were left each time the file lost some. Private copies of the lost pages are lost as well.
    truncations: RefCell<Vec<usize>>,
    /// A counter of changes.
    changes: Cell<u64>,
}

impl Inode {
    /// An empty file.
    fn empty(page: PageSize) -> Inode {
        let (bytes, size, truncations, changes) = Default::default();
        Inode { page, bytes, size, truncations, changes }
    }

    /// Anonymous memory: zeros up to the end of the last page.
    pub fn anonymous(len: usize, page: PageSize) -> Inode {
        let whole = page.round_up(len);
        Inode { bytes: RefCell::new(vec![0; whole]), size: Cell::new(whole), ..Inode::empty(page) }
    }

    /// The page size of the platform.
    pub fn page(&self) -> PageSize {
        self.page
    }

    /// The bytes of all pages, beyond the size up to the end of the last page.
    pub fn pages(&self) -> Ref<'_, Vec<u8>> {
        self.bytes.borrow()
    }

    /// The size in bytes.
    pub fn size(&self) -> usize {
        self.size.get()
    }

    /// The number of pages that were left after each truncation.
    pub fn truncations(&self) -> Ref<'_, Vec<usize>> {
        self.truncations.borrow()
    }

    /// A counter that grows with every change of the bytes.
    pub fn changes(&self) -> u64 {
        self.changes.get()
    }

    /// Replaces the bytes, and forgets earlier truncations.
    fn fill(&self, new: &[u8]) {
        let mut bytes = self.bytes.borrow_mut();
        let old = self.size.replace(new.len());
        bytes.resize(self.page.round_up(new.len()), 0);
        bytes[..new.len()].copy_from_slice(new);
        if old > new.len() {
            let rest = old.min(bytes.len());
            bytes[new.len()..rest].fill(0);
        }
        self.truncations.borrow_mut().clear();
        self.count_change();
    }

    fn count_change(&self) {
        self.changes.set(self.changes.get() + 1);
    }

    /// Sets the size in bytes.
    pub fn set_size(&self, size: usize) {
        let mut bytes = self.bytes.borrow_mut();
        let (before, whole) = (bytes.len(), self.page.round_up(size));
        if size < self.size.replace(size) {
            bytes[size..].fill(0);
        }
        bytes.resize(whole, 0);
        if whole < before {
            self.truncations.borrow_mut().push(self.page.before(whole));
        }
        self.count_change();
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
        self.count_change();
    }

    /// Writes bytes within the pages, through a map: the size stays.
    pub fn write_mapped(&self, at: usize, new: &[u8]) {
        self.bytes.borrow_mut()[at..][..new.len()].copy_from_slice(new);
        self.count_change();
    }

    /// Zeroes a range, as far as it lies within the pages.
    pub fn punch(&self, range: Range<usize>) {
        let mut bytes = self.bytes.borrow_mut();
        let end = range.end.min(bytes.len());
        if range.start < end {
            bytes[range.start..end].fill(0);
            self.count_change();
        }
    }
}

/// An open simulated file.
#[derive(Clone)]
pub struct SimulatedFile {
    inode: Rc<Inode>,
    mode: Mode,
    special: Option<SpecialFile>,
}

impl SimulatedFile {
    /// A file without a name, full of zeros, open for reading and writing.
    pub fn anonymous(size: usize, page: PageSize) -> SimulatedFile {
        SimulatedFile { inode: Rc::new(Inode::anonymous(size, page)), mode: Mode::Update, special: None }
    }

    /// The file behind the descriptor.
    pub fn inode(&self) -> &Rc<Inode> {
        &self.inode
    }
}

impl FileHandle for SimulatedFile {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn irregular(&self) -> Option<SpecialFile> {
        self.special
    }

    fn is_same(&self, other: &SimulatedFile) -> bool {
        Rc::ptr_eq(&self.inode, &other.inode)
    }

    fn size(&self) -> u64 {
        self.inode.size.get() as u64
    }

    fn set_size(&self, size: u64) -> Result<(), Errno> {
        self.inode.set_size(size as usize);
        Ok(())
    }

    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        self.inode.write(at as usize, bytes);
        Ok(())
    }

    fn read(&self, at: u64) -> Result<Vec<u8>, Errno> {
        let bytes = self.inode.bytes.borrow();
        Ok(bytes[..self.inode.size.get()].get(at as usize..).unwrap_or_default().to_vec())
    }
}

/// Simulated files, by number. A name is not stored: the numbers that the caller passes lead to the files.
pub struct SimulatedFolder {
    files: Vec<Rc<Inode>>,
    page: PageSize,
}

impl SimulatedFolder {
    /// A folder without files, on a platform with this page size.
    #[must_use]
    pub fn new(page: PageSize) -> SimulatedFolder {
        SimulatedFolder { files: Vec::new(), page }
    }
}

impl FileSystem for SimulatedFolder {
    type File = SimulatedFile;

    fn create(&mut self, number: usize) -> Result<(), Errno> {
        match self.files.get_mut(number) {
            Some(before) => *before = Rc::new(Inode::empty(self.page)),
            None => self.files.push(Rc::new(Inode::empty(self.page))),
        }
        Ok(())
    }

    fn fill(&mut self, number: usize, bytes: &[u8]) -> Result<(), Errno> {
        self.files[number].fill(bytes);
        Ok(())
    }

    fn open(&mut self, _: usize, number: usize, mode: Mode) -> Result<SimulatedFile, Errno> {
        Ok(SimulatedFile { inode: Rc::clone(&self.files[number]), mode, special: None })
    }

    fn special(&mut self, file: SpecialFile) -> Result<SimulatedFile, Errno> {
        let special = Some(file).filter(|file| !file.is_regular());
        Ok(SimulatedFile { inode: Rc::new(Inode::empty(self.page)), mode: file.mode(), special })
    }

    fn unlink(&mut self, _: usize) -> Result<(), Errno> {
        Ok(())
    }

    fn rename(&mut self, _: usize, _: usize) -> Result<(), Errno> {
        Ok(())
    }

    fn size(&self, number: usize) -> u64 {
        self.files[number].size.get() as u64
    }

    fn recycle(&mut self, _: usize, _: SimulatedFile) {}

    fn look(&mut self, number: usize, detail: Detail) -> Content {
        let file = &self.files[number];
        content_of(&file.bytes.borrow()[..file.size.get()], detail)
    }
}
