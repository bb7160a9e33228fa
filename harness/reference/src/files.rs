//! The file objects of a case: unbuffered files in one folder, opened, written and cut as Python's `io.FileIO` does.
//!
//! They are not under test. Whatever a target maps, its files are these, so that an operation on a file never differs;
//! an operation that Python would refuse is not done at all.

use crate::answer::unsupported;
use crate::disk::{Disk, SpareMap};
use crate::errno::Errno;
use crate::rules::section::Sections;
use crate::store::PAGE;
use mmapcheck_spec::{
    Arg, Content, End, FileState, Kind, Mode, Op, Outcome, Raise, SLOTS, Slot, Step, TargetError, Value, Watch, World,
    Wrap, notation,
};
use rustix::fs::{self, OFlags};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::rc::Rc;

/// The largest size in bytes a file of a case is given.
pub const MOST_FILE: u64 = 1 << 24;

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
    /// A file that has no name, full of zeros.
    ///
    /// # Errors
    /// As `memfd_create` and `ftruncate`.
    pub(crate) fn nameless(size: u64) -> Result<Inode, Errno> {
        let file = fs::memfd_create("section", fs::MemfdFlags::CLOEXEC)?;
        let inode = Inode { file, size: Cell::new(0), most_pages: Cell::new(0), spare: RefCell::default() };
        inode.set_size(size)?;
        Ok(inode)
    }

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

    /// # Errors
    /// As `dup`.
    pub(crate) fn duplicate(&self) -> Result<OwnedFd, Errno> {
        Ok(rustix::io::fcntl_dupfd_cloexec(&self.file, 0)?)
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

/// Where a file object stands. The maps of some systems share it, and move it.
#[derive(Debug)]
pub struct Cursor {
    /// The number of the file in the world.
    pub number: usize,
    /// In bytes from the start.
    pub position: Cell<u64>,
}

/// A file object.
#[derive(Debug)]
struct FileObject {
    cursor: Rc<Cursor>,
    /// None once it is closed.
    open: Option<OpenFile>,
}

/// A file of the folder, and descriptors of it that earlier cases left open: opening costs more than all else a case does.
#[derive(Debug)]
struct Stored {
    inode: Rc<Inode>,
    spare: [Option<Rc<OwnedFd>>; Mode::ALL.len()],
}

/// The files of a case.
#[derive(Debug)]
pub struct Files {
    dir: OwnedFd,
    stored: Vec<Stored>,
    /// How many files the case has.
    paths: usize,
    objects: [Option<FileObject>; SLOTS],
    /// What keeps files from being made shorter.
    pub(crate) sections: Sections<Disk>,
    /// What files are read into to look at them.
    buffer: Vec<u8>,
}

fn failed(what: &str, error: rustix::io::Errno) -> TargetError {
    TargetError(format!("cannot {what} the files of a case: {error}"))
}

fn broken(error: rustix::io::Errno) -> End {
    unsupported(format!("the file could not be used: {error}"))
}

impl Files {
    /// Files in a folder that is there and empty.
    ///
    /// # Errors
    /// Where there is no such folder.
    pub fn new(dir: &Path) -> Result<Files, TargetError> {
        let dir = File::open(dir).map_err(|e| TargetError(format!("cannot open the folder {}: {e}", dir.display())))?;
        let objects = [const { None }; SLOTS];
        let sections = Sections::default();
        Ok(Files { dir: dir.into(), stored: Vec::new(), paths: 0, objects, sections, buffer: vec![0; 1 << 13] })
    }

    /// Makes the files of a world, rewriting those of the last one.
    ///
    /// # Errors
    /// Where one cannot be made.
    pub fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.end();
        self.paths = world.files.len();
        for (path, file) in world.files.iter().enumerate() {
            if path == self.stored.len() {
                let fd = self.descriptor(path, OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC);
                let inode = Inode {
                    file: fd.map_err(|e| failed("make", e))?,
                    size: Cell::new(0),
                    most_pages: Cell::new(0),
                    spare: RefCell::default(),
                };
                self.stored.push(Stored { inode: Rc::new(inode), spare: [const { None }; Mode::ALL.len()] });
            }
            let inode = &self.stored[path].inode;
            rewrite(&inode.file, &file.bytes, &mut self.buffer).map_err(|e| failed("write", e))?;
            inode.size.set(file.bytes.len() as u64);
            inode.most_pages.set(pages(inode.size()));
            let open = self.take(path, file.mode).map_err(|e| failed("open", e))?;
            let position = if file.mode.truncates() { file.bytes.len() as u64 } else { 0 };
            self.objects[path] = Some(FileObject::new(path, position, open));
        }
        Ok(())
    }

    /// Drops the file objects of the case; their descriptors are kept for the next one.
    pub fn end(&mut self) {
        for object in self.objects.iter_mut().filter_map(Option::take) {
            if let Some(open) = object.open {
                self.stored[object.cursor.number].spare[open.mode as usize] = Some(open.fd);
            }
        }
    }

    fn descriptor(&self, path: usize, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let name = notation::name(Kind::File, path as Slot);
        fs::openat(&self.dir, name, flags | OFlags::CLOEXEC, fs::Mode::RUSR | fs::Mode::WUSR)
    }

    /// A descriptor of a file, without emptying it.
    fn take(&mut self, path: usize, mode: Mode) -> rustix::io::Result<OpenFile> {
        let fd = match self.stored[path].spare[mode as usize].take() {
            Some(fd) => fd,
            None => Rc::new(self.descriptor(path, flags(mode))?),
        };
        Ok(OpenFile { inode: Rc::clone(&self.stored[path].inode), fd, mode })
    }

    /// Binds a slot to a file opened once more. What the slot named before is closed, as nothing else holds it.
    ///
    /// # Errors
    /// Where the case has no such file.
    pub fn open(&mut self, slot: Slot, path: u8, mode: Mode) -> Result<(), End> {
        let path = self.path(path)?;
        if mode.truncates() {
            self.stored[path].inode.set_size(0).map_err(|_| unsupported("the file could not be emptied"))?;
        }
        let open = self.take(path, mode).map_err(broken)?;
        *self.objects.get_mut(usize::from(slot)).ok_or_else(unbound)? = Some(FileObject::new(path, 0, open));
        Ok(())
    }

    fn path(&self, path: u8) -> Result<usize, End> {
        let path = usize::from(path);
        if path < self.paths { Ok(path) } else { Err(unsupported("the case has no such file")) }
    }

    /// The open file a slot names.
    ///
    /// # Errors
    /// Where the slot is not bound, or the file is closed.
    pub fn file(&self, slot: Slot) -> Result<&OpenFile, End> {
        let object = self.objects.get(usize::from(slot)).and_then(Option::as_ref).ok_or_else(unbound)?;
        object.open.as_ref().ok_or_else(|| unsupported("the file is closed"))
    }

    /// The position of the file object a slot names, in bytes from the start.
    ///
    /// # Errors
    /// Where the slot is not bound.
    pub fn position(&self, slot: Slot) -> Result<u64, End> {
        Ok(self.cursor(slot)?.position.get())
    }

    /// Where the file object a slot names stands.
    ///
    /// # Errors
    /// Where the slot is not bound.
    pub fn cursor(&self, slot: Slot) -> Result<&Rc<Cursor>, End> {
        let object = self.objects.get(usize::from(slot)).and_then(Option::as_ref).ok_or_else(unbound)?;
        Ok(&object.cursor)
    }

    /// Whether a slot names a file object, open or closed.
    #[must_use]
    pub fn is_bound(&self, slot: Slot) -> bool {
        self.objects.get(usize::from(slot)).is_some_and(Option::is_some)
    }

    /// The descriptor of the open file a slot names.
    ///
    /// # Errors
    /// Where the slot is not bound, or the file is closed.
    pub fn raw_fd(&self, slot: Slot) -> Result<RawFd, End> {
        Ok(self.file(slot)?.fd.as_raw_fd())
    }

    /// The open file a slot names, with its position.
    fn object(&self, slot: Slot) -> Result<(&Cell<u64>, &OpenFile), End> {
        Ok((&self.cursor(slot)?.position, self.file(slot)?))
    }

    /// Writes at the position; how many bytes were written.
    ///
    /// # Errors
    /// Where the file was not opened for writing, or would become too large.
    pub fn write(&mut self, slot: Slot, bytes: &[u8]) -> Result<usize, End> {
        let (position, open) = self.object(slot)?;
        if !open.mode.writes() {
            return Err(unsupported("the file is not open for writing"));
        }
        let end = position.get() + bytes.len() as u64;
        if end > MOST_FILE {
            return Err(unsupported("the file would become too large"));
        }
        write_all(&open.fd, bytes, position.get()).map_err(broken)?;
        position.set(end);
        if !bytes.is_empty() {
            open.inode.note_size(open.inode.size().max(end));
        }
        Ok(bytes.len())
    }

    /// Reads from the position to the end.
    ///
    /// # Errors
    /// Where the file was not opened for reading.
    pub fn read_rest(&mut self, slot: Slot) -> Result<Vec<u8>, End> {
        let (position, open) = self.object(slot)?;
        if !open.mode.reads() {
            return Err(unsupported("the file is not open for reading"));
        }
        let bytes = read_from(&open.fd, position.get()).map_err(broken)?;
        position.set(position.get() + bytes.len() as u64);
        Ok(bytes)
    }

    /// Sets the position, in bytes from the start.
    ///
    /// # Errors
    /// Where there is no such position.
    pub fn seek(&mut self, slot: Slot, to: u64) -> Result<(), End> {
        let (position, _) = self.object(slot)?;
        if to > MOST_FILE {
            return Err(unsupported("the position is too large"));
        }
        position.set(to);
        Ok(())
    }

    /// Sets the size in bytes; the position stays.
    ///
    /// # Errors
    /// Where the file was not opened for writing, or would become too large.
    pub fn truncate(&mut self, slot: Slot, size: u64) -> Result<(), End> {
        let (_, open) = self.object(slot)?;
        if !open.mode.writes() {
            return Err(unsupported("the file is not open for writing"));
        }
        if size > MOST_FILE {
            return Err(unsupported("the file would become too large"));
        }
        open.inode.set_size(size).map_err(|_| unsupported("the file could not be resized"))
    }

    /// Closes the file object and its descriptor; closing again does nothing.
    ///
    /// # Errors
    /// Where the slot is not bound.
    pub fn close(&mut self, slot: Slot) -> Result<(), End> {
        let object = self.objects.get_mut(usize::from(slot)).and_then(Option::as_mut).ok_or_else(unbound)?;
        object.open = None;
        Ok(())
    }

    /// The bytes of a file of the world.
    ///
    /// # Errors
    /// Where there is no such file.
    pub fn content(&self, path: u8) -> Result<Vec<u8>, End> {
        read_from(&self.stored[self.path(path)?].inode.file, 0).map_err(broken)
    }

    /// The size in bytes of a file of the world, as the system knows it.
    ///
    /// # Errors
    /// Where there is no such file.
    pub fn size(&self, path: u8) -> Result<u64, End> {
        Ok(fs::fstat(&self.stored[self.path(path)?].inode.file).map_err(broken)?.st_size as u64)
    }

    /// Takes note of sizes that a target has changed by itself.
    pub fn notice_sizes(&self) {
        for stored in &self.stored[..self.paths] {
            if let Ok(seen) = fs::fstat(&stored.inode.file) {
                stored.inode.note_size(seen.st_size as u64);
            }
        }
    }

    /// Whether a file has lost a page in this case, so that memory mapped from it may be dead.
    #[must_use]
    pub fn have_lost_pages(&self) -> bool {
        self.stored[..self.paths].iter().any(|stored| pages(stored.inode.size()) < stored.inode.most_pages.get())
    }

    /// Looks at every file of the world.
    pub fn look(&mut self, watch: Watch) -> Vec<FileState> {
        let mut states = Vec::with_capacity(self.paths);
        for stored in &self.stored[..self.paths] {
            let count = read_into(&stored.inode.file, &mut self.buffer);
            states.push(content_of(&self.buffer[..count], watch));
        }
        states
    }

    /// Does one step on a file object, or on a file of the world.
    ///
    /// # Errors
    /// Where Python would refuse it, which is not under test, or the step is of another kind.
    pub fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        let arg = |place: usize| step.args.get(place).map_or(&Arg::Omitted, |given| &given.arg);
        if let Some(refusal) = self.refusal(step)? {
            return Ok(Outcome::Raised(refusal));
        }
        let value = match step.op {
            Op::FileOpen => {
                let &Arg::Mode(mode) = arg(1) else { return Err(unsupported("open() needs a mode")) };
                self.open(step.bind, path_of(arg(0))?, mode)?;
                Value::None
            }
            Op::FileWrite => Value::Int(self.write(step.on, written(arg(0))?)? as i128),
            Op::FileRead => Value::Bytes(self.read_rest(step.on)?),
            Op::FileSeek => {
                self.seek(step.on, size_of(arg(0))?)?;
                Value::Int(size_of(arg(0))?.into())
            }
            Op::FileTruncate => {
                self.truncate(step.on, size_of(arg(0))?)?;
                Value::Int(size_of(arg(0))?.into())
            }
            Op::FileClose => {
                self.close(step.on)?;
                Value::None
            }
            Op::FileContent => Value::Bytes(self.content(path_of(arg(0))?)?),
            Op::FileSize => Value::Int(self.size(path_of(arg(0))?)?.into()),
            _ => return Err(unsupported(format!("{} is not done on a file", step.op))),
        };
        Ok(Outcome::Value(value))
    }
}

impl Files {
    /// What Python raises where the system does not make a file shorter that has a section.
    /// Every other step is done, or not, for reasons of its own.
    fn refusal(&self, step: &Step) -> Result<Option<Raise>, End> {
        let (number, size, file) = match step.args.iter().map(|given| &given.arg).collect::<Vec<_>>()[..] {
            [path, Arg::Mode(mode)] if step.op == Op::FileOpen && mode.truncates() => {
                let number = self.path(path_of(path)?)?;
                (number, 0, format!(": '{}'", World::path(number)))
            }
            [size] if step.op == Op::FileTruncate && self.file(step.on)?.mode.writes() => {
                (self.cursor(step.on)?.number, size_of(size)?, String::new())
            }
            _ => return Ok(None),
        };
        let is_cut = self.stored.get(number).is_some_and(|stored| size < stored.inode.size());
        Ok((is_cut && self.sections.hold(number)).then(|| Raise {
            class: "OSError".into(),
            errno: Some(Errno::EINVAL.0),
            message: format!("[Errno 22] Invalid argument{file}").into(),
        }))
    }
}

impl FileObject {
    fn new(number: usize, position: u64, open: OpenFile) -> FileObject {
        let cursor = Rc::new(Cursor { number, position: Cell::new(position) });
        FileObject { cursor, open: Some(open) }
    }
}

fn unbound() -> End {
    unsupported("the name is not bound")
}

fn flags(mode: Mode) -> OFlags {
    match mode {
        Mode::Read => OFlags::RDONLY,
        Mode::Write => OFlags::WRONLY,
        Mode::Update | Mode::New => OFlags::RDWR,
    }
}

fn path_of(arg: &Arg) -> Result<u8, End> {
    match arg {
        Arg::Path(path) => Ok(*path),
        _ => Err(unsupported("the operation needs the name of a file")),
    }
}

/// The bytes given to `write()`; those of a map or of every second byte are not under test.
fn written(arg: &Arg) -> Result<&[u8], End> {
    match arg {
        Arg::Bytes(Wrap::Strided, _) => Err(unsupported("a file is not given bytes that are not contiguous")),
        Arg::Bytes(_, bytes) => Ok(bytes),
        _ => Err(unsupported("a file is given bytes only")),
    }
}

fn size_of(arg: &Arg) -> Result<u64, End> {
    let plain = if let Arg::Int(num) = arg { num.as_plain() } else { None };
    plain.and_then(|size| u64::try_from(size).ok()).ok_or_else(|| unsupported("a file needs a size from 0 up"))
}

/// Bytes as they are kept in a trace.
#[must_use]
pub fn content_of(bytes: &[u8], watch: Watch) -> Content {
    Content {
        len: bytes.len() as u64,
        digest: crate::digest(bytes),
        bytes: (watch == Watch::Full).then(|| bytes.to_vec()),
    }
}

fn pages(size: u64) -> u64 {
    size.div_ceil(PAGE as u64)
}

/// Gives a file new bytes. Its pages are written over and kept, as making them anew costs more than all else; what
/// lay behind the end in the last page is gone as well.
fn rewrite(fd: &OwnedFd, bytes: &[u8], buffer: &mut Vec<u8>) -> rustix::io::Result<()> {
    let whole = bytes.len().next_multiple_of(PAGE);
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
