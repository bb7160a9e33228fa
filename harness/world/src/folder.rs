//! Real files in one folder. The files and their descriptors are reused from case to case, because creating and opening
//! files costs more than the rest of a case.

use crate::digest::content_of;
use crate::errno::Errno;
use crate::file_system::{FileHandle, FileSystem};
use crate::special::SpecialFiles;
use mmapcheck_spec::{Content, Detail, Mode, SpecialFile, TargetError, World};
use rustix::fs::{self, AtFlags, OFlags};
use std::cell::Cell;
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use std::rc::Rc;

/// The device and inode of an open file.
type FileId = (u64, u64);

fn id(file: &OwnedFd) -> Result<FileId, Errno> {
    let seen = fs::fstat(file)?;
    Ok((seen.st_dev, seen.st_ino))
}

/// A file on disk, with a descriptor that no case closes.
#[derive(Debug)]
pub struct Inode<T = ()> {
    file: OwnedFd,
    id: FileId,
    size: Cell<u64>,
    /// The most pages that the file had in this case. Memory mapped from a page beyond the present end may be dead.
    max_pages: Cell<u64>,
    /// The special file that it is.
    special: Option<SpecialFile>,
    /// Data that the user of the folder keeps with each file.
    attached: T,
}

impl<T: Default> Inode<T> {
    fn new(file: OwnedFd) -> Result<Inode<T>, Errno> {
        Inode::special(file, None)
    }

    fn special(file: OwnedFd, special: Option<SpecialFile>) -> Result<Inode<T>, Errno> {
        let (size, max_pages) = (Cell::new(0), Cell::new(0));
        Ok(Inode { id: id(&file)?, file, size, max_pages, special, attached: T::default() })
    }
}

impl<T> Inode<T> {
    /// The size in bytes, as last set or noticed. A change through a descriptor of another owner counts only after
    /// [`Folder::notice_sizes`].
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size.get()
    }

    /// The data that the user of the folder keeps with this file.
    #[must_use]
    pub fn attached(&self) -> &T {
        &self.attached
    }

    /// Whether a descriptor is open, and of this file, with the access of a mode.
    fn is_of(&self, descriptor: &OwnedFd, mode: Mode) -> bool {
        let has_access = |found: OFlags| found & OFlags::ACCMODE == flags(mode);
        id(descriptor) == Ok(self.id) && fs::fcntl_getfl(descriptor).is_ok_and(has_access)
    }

    fn set_size(&self, size: u64) -> Result<(), Errno> {
        fs::ftruncate(&self.file, size)?;
        self.note_size(size);
        Ok(())
    }

    fn notice_size(&self) {
        if let Ok(seen) = fs::fstat(&self.file) {
            self.note_size(seen.st_size as u64);
        }
    }

    fn note_size(&self, size: u64) {
        self.size.set(size);
        self.max_pages.set(self.max_pages.get().max(pages(size)));
    }
}

/// An open file of a folder, or in memory.
#[derive(Debug)]
pub struct OpenFile<T = ()> {
    inode: Rc<Inode<T>>,
    fd: Rc<OwnedFd>,
    mode: Mode,
}

// Derived, it would ask for `T: Clone`.
impl<T> Clone for OpenFile<T> {
    fn clone(&self) -> OpenFile<T> {
        OpenFile { inode: Rc::clone(&self.inode), fd: Rc::clone(&self.fd), mode: self.mode }
    }
}

impl<T: Default> OpenFile<T> {
    /// A file in memory without a name, full of zeros, open for reading and writing.
    ///
    /// # Errors
    /// As `memfd_create` and `ftruncate`.
    pub fn anonymous(size: u64) -> Result<OpenFile<T>, Errno> {
        let file = fs::memfd_create("section", fs::MemfdFlags::CLOEXEC)?;
        let fd = rustix::io::fcntl_dupfd_cloexec(&file, 0)?;
        let inode = Inode::new(file)?;
        inode.set_size(size)?;
        Ok(OpenFile { inode: Rc::new(inode), fd: Rc::new(fd), mode: Mode::Update })
    }
}

impl<T: Default> OpenFile<T> {
    /// The file of a descriptor that somebody else opened, and a duplicate of the descriptor.
    ///
    /// # Errors
    /// As `fcntl` and `fstat`.
    pub fn of(descriptor: BorrowedFd<'_>) -> Result<OpenFile<T>, Errno> {
        OpenFile::opened(descriptor, SpecialFiles::of_process().like(descriptor))
    }

    fn opened(descriptor: BorrowedFd<'_>, special: Option<SpecialFile>) -> Result<OpenFile<T>, Errno> {
        let duplicate = || rustix::io::fcntl_dupfd_cloexec(descriptor, 0);
        let mode = match fs::fcntl_getfl(descriptor)? & OFlags::ACCMODE {
            OFlags::RDONLY => Mode::Read,
            OFlags::WRONLY => Mode::Write,
            _ => Mode::Update,
        };
        let inode = Inode::special(duplicate()?, special)?;
        let file = OpenFile { inode: Rc::new(inode), fd: Rc::new(duplicate()?), mode };
        file.notice_size();
        Ok(file)
    }
}

impl<T> OpenFile<T> {
    /// Reads the size of the file from the system: somebody else may have changed it.
    pub fn notice_size(&self) {
        self.inode.notice_size();
    }

    /// The file behind the descriptor.
    #[must_use]
    pub fn inode(&self) -> &Rc<Inode<T>> {
        &self.inode
    }

    /// The descriptor.
    #[must_use]
    pub fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// Whether the descriptor is open and of its file, as it must be unless somebody else closes or replaces it.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.inode.is_of(&self.fd, self.mode)
    }
}

impl<T> FileHandle for OpenFile<T> {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn irregular(&self) -> Option<SpecialFile> {
        self.inode.special
    }

    fn is_same(&self, other: &OpenFile<T>) -> bool {
        Rc::ptr_eq(&self.inode, &other.inode)
    }

    fn size(&self) -> u64 {
        self.inode.size()
    }

    fn set_size(&self, size: u64) -> Result<(), Errno> {
        self.inode.set_size(size)
    }

    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        write_all(&self.fd, bytes, at)?;
        if !bytes.is_empty() {
            self.inode.note_size(self.inode.size().max(at + bytes.len() as u64));
        }
        Ok(())
    }

    fn read(&self, at: u64) -> Result<Vec<u8>, Errno> {
        Ok(read_from(&self.fd, at)?)
    }
}

/// A file of the folder, with the descriptors that earlier cases recycled, by mode.
#[derive(Debug)]
struct Stored<T> {
    inode: Rc<Inode<T>>,
    spare: [Option<Rc<OwnedFd>>; Mode::ALL.len()],
}

/// The files of a folder, by number. `T` is data that the user of the folder keeps with each file.
#[derive(Debug)]
pub struct Folder<T = ()> {
    dir: OwnedFd,
    id: FileId,
    stored: Vec<Stored<T>>,
    /// The handles of special files that a case has used, in the order of [`SpecialFile::ALL`].
    special: [Option<OpenFile<T>>; SpecialFile::ALL.len()],
    /// Reused for reading and writing whole files.
    buffer: Vec<u8>,
}

impl<T> Folder<T> {
    /// The files of a folder that exists and is empty.
    ///
    /// # Errors
    /// Where the folder cannot be opened.
    pub fn new(dir: &Path) -> Result<Folder<T>, TargetError> {
        let dir = File::open(dir).map_err(|e| TargetError(format!("cannot open the folder {}: {e}", dir.display())))?;
        let dir = OwnedFd::from(dir);
        let id =
            id(&dir).map_err(|Errno(number)| TargetError(format!("cannot read a folder: system error {number}")))?;
        SpecialFiles::of_process();
        let special = [const { None }; SpecialFile::ALL.len()];
        Ok(Folder { dir, id, stored: Vec::new(), special, buffer: vec![0; 1 << 13] })
    }

    fn descriptor(&self, name: usize, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        fs::openat(&self.dir, World::path(name), flags | OFlags::CLOEXEC, fs::Mode::RUSR | fs::Mode::WUSR)
    }

    /// The number of the file that a name leads to on disk; `None` where the folder has no such name.
    #[must_use]
    pub fn number(&self, name: usize) -> Option<usize> {
        let found = fs::statat(&self.dir, World::path(name), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let is_it = |stored: &Stored<T>| fs::fstat(&stored.inode.file).is_ok_and(|seen| seen.st_ino == found.st_ino);
        self.stored.iter().position(is_it)
    }

    /// Whether the descriptors of the folder and of all its files are open and lead to them. Only somebody else can close or
    /// replace them.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        let of_file = |Stored { inode, spare }: &Stored<T>| {
            let mut spares = Mode::ALL.iter().zip(spare).filter_map(|((mode, _), spare)| Some((mode, spare.as_ref()?)));
            inode.is_of(&inode.file, Mode::Update) && spares.all(|(mode, descriptor)| inode.is_of(descriptor, *mode))
        };
        id(&self.dir) == Ok(self.id) && self.stored.iter().all(of_file)
    }

    /// The numbers of the descriptors of the folder and of its files. None occurs twice, unless somebody else closed one.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = RawFd> {
        let of_file = |stored: &Stored<T>| {
            let spares: Vec<_> = stored.spare.iter().flatten().map(|spare| spare.as_raw_fd()).collect();
            spares.into_iter().chain([stored.inode.file.as_raw_fd()])
        };
        self.stored.iter().flat_map(of_file).chain([self.dir.as_raw_fd()])
    }

    /// Reads the sizes of files 0 to `count` from the system, as a target may have changed them.
    pub fn notice_sizes(&self, count: usize) {
        for stored in &self.stored[..count] {
            stored.inode.notice_size();
        }
    }

    /// Whether one of the files 0 to `count` has fewer pages than it had earlier in this case.
    #[must_use]
    pub fn have_lost_pages(&self, count: usize) -> bool {
        self.stored[..count].iter().any(|stored| pages(stored.inode.size()) < stored.inode.max_pages.get())
    }
}

impl<T: Default> FileSystem for Folder<T> {
    type File = OpenFile<T>;

    fn create(&mut self, number: usize) -> Result<(), Errno> {
        // In most cases the name is free. Where it cannot be removed, creating the file fails.
        let _ = self.unlink(number);
        let file = self.descriptor(number, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
        let stored = Stored { inode: Rc::new(Inode::new(file)?), spare: [const { None }; Mode::ALL.len()] };
        match self.stored.get_mut(number) {
            Some(before) => *before = stored,
            None => self.stored.push(stored),
        }
        Ok(())
    }

    fn fill(&mut self, number: usize, bytes: &[u8]) -> Result<(), Errno> {
        let inode = &self.stored[number].inode;
        rewrite(&inode.file, bytes, &mut self.buffer)?;
        inode.size.set(bytes.len() as u64);
        inode.max_pages.set(pages(inode.size()));
        Ok(())
    }

    fn open(&mut self, name: usize, number: usize, mode: Mode) -> Result<OpenFile<T>, Errno> {
        let fd = match self.stored[number].spare[mode as usize].take() {
            Some(fd) => fd,
            None => Rc::new(self.descriptor(name, flags(mode))?),
        };
        Ok(OpenFile { inode: Rc::clone(&self.stored[number].inode), fd, mode })
    }

    fn special(&mut self, file: SpecialFile) -> Result<OpenFile<T>, Errno> {
        if let Some(opened) = &self.special[file as usize] {
            return Ok(opened.clone());
        }
        let special = Some(file).filter(|file| !file.is_regular());
        let opened = OpenFile::opened(SpecialFiles::of_process().descriptor(file)?, special)?;
        Ok(self.special[file as usize].insert(opened).clone())
    }

    fn unlink(&mut self, name: usize) -> Result<(), Errno> {
        Ok(fs::unlinkat(&self.dir, World::path(name), AtFlags::empty())?)
    }

    fn rename(&mut self, name: usize, to: usize) -> Result<(), Errno> {
        Ok(fs::renameat(&self.dir, World::path(name), &self.dir, World::path(to))?)
    }

    fn size(&self, number: usize) -> u64 {
        self.stored[number].inode.size()
    }

    fn recycle(&mut self, number: usize, file: OpenFile<T>) {
        self.stored[number].spare[file.mode as usize] = Some(file.fd);
    }

    fn look(&mut self, number: usize, detail: Detail) -> Content {
        let count = read_into(&self.stored[number].inode.file, &mut self.buffer);
        count.map_or(Content::UNREADABLE, |count| content_of(&self.buffer[..count], detail))
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
    size.div_ceil(rustix::param::page_size() as u64)
}

/// Replaces the bytes of a file. Its pages are overwritten and kept, because allocating pages costs more than the write.
/// The rest of the last page becomes zero.
fn rewrite(fd: &OwnedFd, bytes: &[u8], buffer: &mut Vec<u8>) -> rustix::io::Result<()> {
    let whole = bytes.len().next_multiple_of(rustix::param::page_size());
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

/// Reads a file from the start into a buffer, which grows as needed, and returns how many bytes it read.
fn read_into(fd: &OwnedFd, buffer: &mut Vec<u8>) -> rustix::io::Result<usize> {
    let mut count = 0;
    loop {
        match rustix::io::retry_on_intr(|| rustix::io::pread(fd, &mut buffer[count..], count as u64))? {
            0 => return Ok(count),
            more => count += more,
        }
        if count == buffer.len() {
            buffer.resize(2 * count, 0);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_not_an_empty_one() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let mut folder = Folder::<()>::new(dir.path())?;
        folder
            .create(0)
            .and_then(|()| folder.fill(0, b""))
            .map_err(|Errno(number)| format!("system error {number}"))?;
        assert_eq!(folder.look(0, Detail::Full), content_of(b"", Detail::Full));
        // The system refuses to read a folder, whoever asks: permissions would not stop an administrator.
        let inode = Rc::get_mut(&mut folder.stored[0].inode).ok_or("the file is shared")?;
        inode.file = File::open(dir.path())?.into();
        assert_eq!(folder.look(0, Detail::Full), Content::UNREADABLE);
        assert_ne!(Content::UNREADABLE, content_of(b"", Detail::Full));
        Ok(())
    }
}
