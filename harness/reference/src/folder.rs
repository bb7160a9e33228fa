//! Real files in one folder, kept from case to case.

use crate::errno::Errno;
use crate::files::content_of;
use crate::store::disk::SpareMap;
use mmapcheck_spec::{Content, Detail, Mode, TargetError, World};
use rustix::fs::{self, AtFlags, OFlags};
use rustix::param::page_size;
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::rc::Rc;

/// A file on disk, with a descriptor that no case closes.
#[derive(Debug)]
pub struct Inode {
    file: OwnedFd,
    size: Cell<u64>,
    /// How many pages it had at most in this case: memory behind the present ones may be dead.
    most_pages: Cell<u64>,
    /// Shared maps of it that are in no use.
    pub(crate) spare: RefCell<Vec<SpareMap>>,
}

impl Inode {
    /// The size in bytes, as far as it was changed here and not behind a descriptor's back.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size.get()
    }

    /// Sets the size in bytes.
    ///
    /// # Errors
    /// As `ftruncate`.
    pub fn set_size(&self, size: u64) -> Result<(), Errno> {
        fs::ftruncate(&self.file, size)?;
        self.note_size(size);
        Ok(())
    }

    fn note_size(&self, size: u64) {
        self.size.set(size);
        self.most_pages.set(self.most_pages.get().max(pages(size)));
    }
}

/// A descriptor of a file, as a file object holds it.
#[derive(Clone, Debug)]
pub struct OpenFile {
    /// The file.
    pub inode: Rc<Inode>,
    /// The descriptor.
    pub fd: Rc<OwnedFd>,
    /// How it was opened.
    pub mode: Mode,
}

impl OpenFile {
    /// A file that is in no folder, full of zeros, open for reading and writing.
    pub fn nameless(size: u64) -> Result<OpenFile, Errno> {
        let file = fs::memfd_create("section", fs::MemfdFlags::CLOEXEC)?;
        let fd = rustix::io::fcntl_dupfd_cloexec(&file, 0)?;
        let inode = Inode { file, size: Cell::new(0), most_pages: Cell::new(0), spare: RefCell::default() };
        inode.set_size(size)?;
        Ok(OpenFile { inode: Rc::new(inode), fd: Rc::new(fd), mode: Mode::Update })
    }

    /// Writes bytes at a place.
    pub fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        write_all(&self.fd, bytes, at)?;
        if !bytes.is_empty() {
            self.inode.note_size(self.inode.size().max(at + bytes.len() as u64));
        }
        Ok(())
    }

    /// The bytes from a place to the end.
    pub fn read(&self, at: u64) -> Result<Vec<u8>, Errno> {
        Ok(read_from(&self.fd, at)?)
    }
}

/// A file of the folder, and descriptors of it that earlier cases left open: opening costs more than all else a case does.
#[derive(Debug)]
struct Stored {
    inode: Rc<Inode>,
    spare: [Option<Rc<OwnedFd>>; Mode::ALL.len()],
}

/// The files of the folder, by number.
#[derive(Debug)]
pub struct Folder {
    dir: OwnedFd,
    stored: Vec<Stored>,
    /// What files are read into to look at them.
    buffer: Vec<u8>,
}

impl Folder {
    /// The files of a folder that is there and empty.
    pub fn new(dir: &Path) -> Result<Folder, TargetError> {
        let dir = File::open(dir).map_err(|e| TargetError(format!("cannot open the folder {}: {e}", dir.display())))?;
        Ok(Folder { dir: dir.into(), stored: Vec::new(), buffer: vec![0; 1 << 13] })
    }

    /// Makes a file and its name, in place of what had this number and of what has the name. Numbers come in order.
    pub fn create(&mut self, number: usize) -> Result<(), Errno> {
        // Mostly there is nothing; what could not be removed cannot be made either.
        let _ = self.unlink(number);
        let file = self.descriptor(number, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
        let inode = Inode { file, size: Cell::new(0), most_pages: Cell::new(0), spare: RefCell::default() };
        let stored = Stored { inode: Rc::new(inode), spare: [const { None }; Mode::ALL.len()] };
        match self.stored.get_mut(number) {
            Some(before) => *before = stored,
            None => self.stored.push(stored),
        }
        Ok(())
    }

    /// Gives a file these bytes.
    pub fn fill(&mut self, number: usize, bytes: &[u8]) -> Result<(), Errno> {
        let inode = &self.stored[number].inode;
        rewrite(&inode.file, bytes, &mut self.buffer)?;
        inode.size.set(bytes.len() as u64);
        inode.most_pages.set(pages(inode.size()));
        Ok(())
    }

    fn descriptor(&self, name: usize, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        fs::openat(&self.dir, World::path(name), flags | OFlags::CLOEXEC, fs::Mode::RUSR | fs::Mode::WUSR)
    }

    /// Takes a name away.
    pub fn unlink(&self, name: usize) -> Result<(), Errno> {
        Ok(fs::unlinkat(&self.dir, World::path(name), AtFlags::empty())?)
    }

    /// Lets a name lead where another one does, which is taken away.
    pub fn rename(&self, name: usize, to: usize) -> Result<(), Errno> {
        Ok(fs::renameat(&self.dir, World::path(name), &self.dir, World::path(to))?)
    }

    /// The number of the file that a name leads to.
    pub fn named(&self, name: usize) -> Option<usize> {
        let found = fs::statat(&self.dir, World::path(name), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let is_it = |stored: &Stored| fs::fstat(&stored.inode.file).is_ok_and(|seen| seen.st_ino == found.st_ino);
        self.stored.iter().position(is_it)
    }

    /// A descriptor of a file by a name that leads to it, without emptying it.
    pub fn open(&mut self, name: usize, number: usize, mode: Mode) -> Result<OpenFile, Errno> {
        let fd = match self.stored[number].spare[mode as usize].take() {
            Some(fd) => fd,
            None => Rc::new(self.descriptor(name, flags(mode))?),
        };
        Ok(OpenFile { inode: Rc::clone(&self.stored[number].inode), fd, mode })
    }

    /// Keeps a descriptor for the next one who opens.
    pub fn take_back(&mut self, number: usize, file: OpenFile) {
        self.stored[number].spare[file.mode as usize] = Some(file.fd);
    }

    /// What is in a file.
    pub fn look(&mut self, number: usize, detail: Detail) -> Content {
        let count = read_into(&self.stored[number].inode.file, &mut self.buffer);
        content_of(&self.buffer[..count], detail)
    }

    /// Takes note of sizes of the first files that were changed by others.
    pub fn notice_sizes(&self, files: usize) {
        for stored in &self.stored[..files] {
            if let Ok(seen) = fs::fstat(&stored.inode.file) {
                stored.inode.note_size(seen.st_size as u64);
            }
        }
    }

    /// Whether one of the first files has lost a page in this case.
    pub fn have_lost_pages(&self, files: usize) -> bool {
        self.stored[..files].iter().any(|stored| pages(stored.inode.size()) < stored.inode.most_pages.get())
    }
}

fn flags(mode: Mode) -> OFlags {
    match mode {
        Mode::Read => OFlags::RDONLY,
        Mode::Write => OFlags::WRONLY,
        Mode::Update | Mode::New => OFlags::RDWR,
    }
}

fn pages(size: u64) -> u64 {
    size.div_ceil(page_size() as u64)
}

/// Gives a file new bytes. Its pages are written over and kept, as making them anew costs more than all else; what
/// lay behind the end in the last page is gone as well.
fn rewrite(fd: &OwnedFd, bytes: &[u8], buffer: &mut Vec<u8>) -> rustix::io::Result<()> {
    let whole = bytes.len().next_multiple_of(page_size());
    if buffer.len() < whole {
        buffer.resize(whole, 0);
    }
    buffer[..bytes.len()].copy_from_slice(bytes);
    buffer[bytes.len()..whole].fill(0);
    write_all(fd, &buffer[..whole], 0)?;
    fs::ftruncate(fd, bytes.len() as u64)
}

fn write_all(fd: &OwnedFd, bytes: &[u8], at: u64) -> rustix::io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        done += rustix::io::pwrite(fd, &bytes[done..], at + done as u64)?;
    }
    Ok(())
}

/// Reads a whole file into a buffer that grows as needed; how many bytes it has. What cannot be read is not there.
fn read_into(fd: &OwnedFd, buffer: &mut Vec<u8>) -> usize {
    let mut count = 0;
    loop {
        count += rustix::io::pread(fd, &mut buffer[count..], count as u64).unwrap_or(0);
        if count < buffer.len() {
            return count;
        }
        buffer.resize(2 * count, 0);
    }
}

fn read_from(fd: &OwnedFd, position: u64) -> rustix::io::Result<Vec<u8>> {
    let size = fs::fstat(fd)?.st_size as u64;
    let mut bytes = vec![0; size.saturating_sub(position) as usize];
    let mut count = 0;
    while count < bytes.len() {
        match rustix::io::pread(fd, &mut bytes[count..], position + count as u64)? {
            0 => break,
            more => count += more,
        }
    }
    bytes.truncate(count);
    Ok(bytes)
}
