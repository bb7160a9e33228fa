//! The file objects of a case: unbuffered files, with the semantics of Python's `io.FileIO`.
//!
//! They are not under test: every target maps the same file objects, so an operation on a file never diverges. Where
//! Python would refuse an operation, the step is unsupported.

use crate::errno::Errno;
use crate::file_args;
use crate::file_system::{FileHandle, FileSystem, MAX_FILE_SIZE};
use crate::folder::{Folder, OpenFile};
use crate::special::SpecialFiles;
use mmapcheck_spec::{
    Arg, Detail, End, FileOp, FileState, FolderOp, KindOp, Mode, ObjectKind, Outcome, SLOTS, Slot, SpecialFile, Step,
    TargetError, UNBOUND, Value, World,
};
use std::cell::Cell;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;

/// The position of a file object. On Windows, a map shares the position of the file object that it was made from.
#[derive(Debug)]
pub struct Cursor {
    /// The number of the file; [`SLOTS`] of a special file.
    pub number: usize,
    /// In bytes from the start. Processes share it, as they share an open file description.
    pub position: Rc<Cell<u64>>,
    /// Whether the file object is closed, so that its descriptor number is stale.
    pub closed: Cell<bool>,
}

/// A file object.
#[derive(Debug)]
struct FileObject<F> {
    cursor: Rc<Cursor>,
    /// `None` once the file object is closed.
    handle: Option<F>,
}

impl<F> Drop for FileObject<F> {
    fn drop(&mut self) {
        self.cursor.closed.set(true);
    }
}

impl<F: Clone> FileObject<F> {
    fn new(number: usize, position: u64, handle: F) -> FileObject<F> {
        let cursor = Rc::new(Cursor { number, position: Rc::new(position.into()), closed: Cell::new(false) });
        FileObject { cursor, handle: Some(handle) }
    }

    /// The copy of the file object in a child process.
    fn fork(&self) -> FileObject<F> {
        let Cursor { number, position, closed } = &*self.cursor;
        let cursor = Cursor { number: *number, position: Rc::clone(position), closed: closed.clone() };
        FileObject { cursor: Rc::new(cursor), handle: self.handle.clone() }
    }
}

/// The file objects of one process, by slot.
#[derive(Debug)]
pub struct FileTable<F> {
    objects: [Option<FileObject<F>>; SLOTS],
}

impl<F> Default for FileTable<F> {
    fn default() -> FileTable<F> {
        FileTable { objects: [const { None }; SLOTS] }
    }
}

/// The files of a case, and the file objects of the process that is running.
#[derive(Debug)]
pub struct FileObjects<S: FileSystem> {
    system: S,
    /// How many files the case has.
    count: usize,
    /// The number of the file that each name leads to. Processes share them.
    names: [Option<usize>; SLOTS],
    table: FileTable<S::File>,
    /// The special files whose descriptors the case was given.
    lent: Vec<SpecialFile>,
}

/// Files on disk, as a target in a process of the system needs them.
impl<T: Default> FileObjects<Folder<T>> {
    /// The descriptor of an open file.
    ///
    /// # Errors
    /// Where the slot is not bound, or the file is closed.
    pub fn raw_fd(&self, slot: Slot) -> Result<RawFd, End> {
        Ok(self.file(slot)?.fd().as_raw_fd())
    }

    /// The descriptor of a special file, until the case ends.
    ///
    /// # Errors
    /// Where the system has no such file.
    pub fn special_fd(&mut self, file: SpecialFile) -> Result<RawFd, End> {
        let descriptor = SpecialFiles::of_process().descriptor(file).map_err(|errno| missing(file, errno))?;
        self.lent.push(file);
        Ok(descriptor.as_raw_fd())
    }

    /// Reads the sizes of all files from the system: the target may have changed them.
    pub fn notice_sizes(&self) {
        self.system.notice_sizes(self.count);
    }

    /// The damage that somebody else has done to the files, in one sentence; `None` without damage.
    #[must_use]
    pub fn damage(&self) -> Option<String> {
        let handle =
            |object: &Option<FileObject<OpenFile<T>>>| object.as_ref().and_then(|object| object.handle.clone());
        let broken = self.table.objects.iter().position(|object| handle(object).is_some_and(|file| !file.is_intact()));
        if let Some(slot) = broken {
            let name = ObjectKind::File.name(slot as Slot);
            return Some(format!("the target closed or replaced the descriptor of the file object {name}"));
        }
        if let Some(file) = self.lent.iter().find(|file| !SpecialFiles::of_process().is_intact(**file)) {
            return Some(format!("the target closed or replaced the descriptor of {}", file.source()));
        }
        let open = (0..SLOTS).filter_map(|slot| self.raw_fd(slot as Slot).ok());
        let mut descriptors: Vec<RawFd> = self.system.descriptors().chain(open).collect();
        descriptors.sort_unstable();
        if !self.system.is_intact() || descriptors.windows(2).any(|pair| pair[0] == pair[1]) {
            return Some("the target closed or replaced a descriptor of the tool".into());
        }
        let names = self.names.iter().enumerate().take(self.count);
        let moved = |(name, number): (usize, &Option<usize>)| number.is_some() && self.system.number(name) != *number;
        let (name, _) = names.into_iter().find(|(name, number)| moved((*name, number)))?;
        Some(format!("the target removed or replaced the file '{}'", World::path(name)))
    }

    /// Reads from the folder where each name leads: a child process may have renamed or removed files.
    pub fn notice_names(&mut self) {
        for (name, number) in self.names.iter_mut().enumerate().take(self.count) {
            *number = self.system.number(name);
        }
    }

    /// Whether a file has lost a page in this case, so that memory mapped from it may be dead.
    #[must_use]
    pub fn have_lost_pages(&self) -> bool {
        self.system.have_lost_pages(self.count)
    }
}

impl<S: FileSystem> FileObjects<S> {
    /// The files of a file system, before the first case.
    #[must_use]
    pub fn new(system: S) -> FileObjects<S> {
        FileObjects { system, count: 0, names: [None; SLOTS], table: FileTable::default(), lent: Vec::new() }
    }

    /// Creates the files of a world, in place of those of the last case, and opens each one.
    ///
    /// # Errors
    /// Where the file system cannot create, fill or open one.
    pub fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.end();
        self.lent.clear();
        self.count = world.files.len();
        for (number, file) in world.files.iter().enumerate() {
            if self.names[number] != Some(number) {
                self.system.create(number).map_err(|errno| failed("create", errno))?;
                self.names[number] = Some(number);
            }
            self.system.fill(number, &file.bytes).map_err(|errno| failed("fill", errno))?;
            let handle = self.system.open(number, number, file.mode).map_err(|errno| failed("open", errno))?;
            let position = if file.mode.truncates() { file.bytes.len() as u64 } else { 0 };
            self.table.objects[number] = Some(FileObject::new(number, position, handle));
        }
        Ok(())
    }

    /// Drops the file objects of the case, and recycles their handles.
    pub fn end(&mut self) {
        for mut object in self.table.objects.iter_mut().filter_map(Option::take) {
            if let Some(handle) = object.handle.take() {
                self.system.recycle(object.cursor.number, handle);
            }
        }
    }

    /// The file objects that a child of the running process begins with.
    #[must_use]
    pub fn fork(&self) -> FileTable<S::File> {
        FileTable { objects: self.table.objects.each_ref().map(|object| object.as_ref().map(FileObject::fork)) }
    }

    /// Switches to the file objects of another process, and returns those of the running one.
    pub fn switch(&mut self, table: FileTable<S::File>) -> FileTable<S::File> {
        std::mem::replace(&mut self.table, table)
    }

    /// The positions of all file objects, in order of slots. Processes share them.
    #[must_use]
    pub fn positions(&self) -> Vec<Rc<Cell<u64>>> {
        self.table.objects.iter().flatten().map(|object| Rc::clone(&object.cursor.position)).collect()
    }

    /// Binds a slot to an open file that is not of the case.
    ///
    /// # Errors
    /// If the slot is unknown.
    pub fn adopt(&mut self, slot: Slot, file: S::File) -> Result<(), End> {
        let object = self.table.objects.get_mut(usize::from(slot)).ok_or_else(unbound)?;
        *object = Some(FileObject::new(usize::from(slot), 0, file));
        Ok(())
    }

    fn open(&mut self, slot: Slot, name: u8, mode: Mode) -> Result<(), End> {
        let (number, handle) = self.open_named(name, mode)?;
        if mode.truncates() {
            handle.set_size(0).map_err(call_failed)?;
        }
        let object = self.table.objects.get_mut(usize::from(slot)).ok_or_else(unbound)?;
        // Rebinding the slot closes its previous file object.
        *object = Some(FileObject::new(number, 0, handle));
        Ok(())
    }

    /// A name that a file of the case has at the start.
    fn name(&self, name: u8) -> Result<usize, End> {
        let name = usize::from(name);
        if name < self.count { Ok(name) } else { Err(unsupported("the case has no file of this name")) }
    }

    /// The number of the file that a name leads to.
    ///
    /// # Errors
    /// Where the case has no such name, or the name was removed.
    pub fn number(&self, name: u8) -> Result<usize, End> {
        self.names[self.name(name)?].ok_or_else(|| unsupported("no file has this name any more"))
    }

    /// The size in bytes of a file, by its number.
    #[must_use]
    pub fn size(&self, number: usize) -> u64 {
        self.system.size(number)
    }

    fn open_named(&mut self, name: u8, mode: Mode) -> Result<(usize, S::File), End> {
        let number = self.number(name)?;
        Ok((number, self.system.open(name.into(), number, mode).map_err(call_failed)?))
    }

    /// Removes a name; the file exists as long as it is open or mapped.
    fn unlink(&mut self, name: u8) -> Result<(), End> {
        self.number(name)?;
        self.system.unlink(name.into()).map_err(call_failed)?;
        self.names[usize::from(name)] = None;
        Ok(())
    }

    /// Renames a file; a file that had the new name exists without a name.
    fn rename(&mut self, name: u8, to: u8) -> Result<(), End> {
        let (number, to) = (self.number(name)?, self.name(to)?);
        self.system.rename(name.into(), to).map_err(call_failed)?;
        self.names[usize::from(name)] = None;
        self.names[to] = Some(number);
        Ok(())
    }

    /// The handle of an open file.
    ///
    /// # Errors
    /// Where the slot is not bound, or the file is closed.
    pub fn file(&self, slot: Slot) -> Result<&S::File, End> {
        self.object(slot)?.handle.as_ref().ok_or_else(|| unsupported("the file is closed"))
    }

    /// The handle of a special file, and a position that nothing moves.
    ///
    /// # Errors
    /// Where the system has no such file.
    pub fn special(&mut self, file: SpecialFile) -> Result<(S::File, Rc<Cursor>), End> {
        let handle = self.system.special(file).map_err(|errno| missing(file, errno))?;
        let cursor = Cursor { number: SLOTS, position: Rc::default(), closed: Cell::new(false) };
        Ok((handle, Rc::new(cursor)))
    }

    /// The position of a file object, open or closed.
    ///
    /// # Errors
    /// Where the slot is not bound.
    pub fn cursor(&self, slot: Slot) -> Result<&Rc<Cursor>, End> {
        Ok(&self.object(slot)?.cursor)
    }

    fn object(&self, slot: Slot) -> Result<&FileObject<S::File>, End> {
        self.table.objects.get(usize::from(slot)).and_then(Option::as_ref).ok_or_else(unbound)
    }

    /// Whether a slot names a file object, open or closed.
    #[must_use]
    pub fn is_bound(&self, slot: Slot) -> bool {
        self.object(slot).is_ok()
    }

    /// The position and the handle of an open file.
    fn open_file(&self, slot: Slot) -> Result<(&Cell<u64>, &S::File), End> {
        Ok((&self.cursor(slot)?.position, self.file(slot)?))
    }

    /// Writes at the position, and returns how many bytes it wrote.
    ///
    /// # Errors
    /// Where the file is not open for writing, or would exceed [`MAX_FILE_SIZE`].
    pub fn write(&mut self, slot: Slot, bytes: &[u8]) -> Result<usize, End> {
        let (position, file) = self.open_file(slot)?;
        if !file.mode().writes() {
            return Err(unsupported("the file is not open for writing"));
        }
        let end = position.get() + bytes.len() as u64;
        if end > MAX_FILE_SIZE {
            return Err(unsupported("the file would become too large"));
        }
        file.write(position.get(), bytes).map_err(call_failed)?;
        position.set(end);
        Ok(bytes.len())
    }

    /// Reads from the position to the end.
    fn read_rest(&mut self, slot: Slot) -> Result<Vec<u8>, End> {
        let (position, file) = self.open_file(slot)?;
        if !file.mode().reads() {
            return Err(unsupported("the file is not open for reading"));
        }
        let bytes = file.read(position.get()).map_err(call_failed)?;
        position.set(position.get() + bytes.len() as u64);
        Ok(bytes)
    }

    /// Sets the position, in bytes from the start.
    fn seek(&mut self, slot: Slot, to: u64) -> Result<(), End> {
        let (position, _) = self.open_file(slot)?;
        if to > MAX_FILE_SIZE {
            return Err(unsupported("the position is too large"));
        }
        position.set(to);
        Ok(())
    }

    /// Sets the size in bytes; the position stays.
    fn truncate(&mut self, slot: Slot, size: u64) -> Result<(), End> {
        let (_, file) = self.open_file(slot)?;
        if !file.mode().writes() {
            return Err(unsupported("the file is not open for writing"));
        }
        if size > MAX_FILE_SIZE {
            return Err(unsupported("the file would become too large"));
        }
        file.set_size(size).map_err(call_failed)
    }

    /// Closes a file object and its descriptor. Closing it again has no effect.
    fn close(&mut self, slot: Slot) -> Result<(), End> {
        let object = self.table.objects.get_mut(usize::from(slot)).and_then(Option::as_mut).ok_or_else(unbound)?;
        object.handle = None;
        object.cursor.closed.set(true);
        Ok(())
    }

    /// The bytes of the file that has this name, read through a descriptor of its own.
    fn content(&mut self, name: u8) -> Result<Vec<u8>, End> {
        let (number, file) = self.open_named(name, Mode::Read)?;
        let bytes = file.read(0).map_err(call_failed)?;
        self.system.recycle(number, file);
        Ok(bytes)
    }

    /// The content of every file of the world, whether it has a name or not.
    pub fn look(&mut self, detail: Detail) -> Vec<FileState> {
        (0..self.count).map(|number| self.system.look(number, detail)).collect()
    }

    /// Performs one step on a file object, or on a file of the world.
    ///
    /// # Errors
    /// Where Python would refuse the step, or the step is not an operation on files.
    pub fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        let arg = |place: usize| step.args.get(place).map_or(&Arg::Omitted, |given| &given.arg);
        let value = match step.op.by_kind() {
            KindOp::Folder(FolderOp::FileOpen) => {
                let &Arg::Mode(mode) = arg(1) else { return Err(unsupported("open() needs a mode")) };
                self.open(step.bind, file_args::path(arg(0))?, mode)?;
                Value::None
            }
            KindOp::Folder(FolderOp::FileContent) => Value::Bytes(self.content(file_args::path(arg(0))?)?),
            KindOp::Folder(FolderOp::FileSize) => Value::Int(self.content(file_args::path(arg(0))?)?.len() as i128),
            KindOp::Folder(FolderOp::FileUnlink) => {
                self.unlink(file_args::path(arg(0))?)?;
                Value::None
            }
            KindOp::Folder(FolderOp::FileReplace) => {
                self.rename(file_args::path(arg(0))?, file_args::path(arg(1))?)?;
                Value::None
            }
            KindOp::File(FileOp::FileWrite) => Value::Int(self.write(step.on, file_args::bytes(arg(0))?)? as i128),
            KindOp::File(FileOp::FileRead) => Value::Bytes(self.read_rest(step.on)?),
            KindOp::File(FileOp::FileSeek) => {
                self.seek(step.on, file_args::size(arg(0))?)?;
                Value::Int(file_args::size(arg(0))?.into())
            }
            KindOp::File(FileOp::FileTruncate) => {
                self.truncate(step.on, file_args::size(arg(0))?)?;
                Value::Int(file_args::size(arg(0))?.into())
            }
            KindOp::File(FileOp::FileClose) => {
                self.close(step.on)?;
                Value::None
            }
            KindOp::Module(_)
            | KindOp::Child(_)
            | KindOp::Limit(_)
            | KindOp::Method(_)
            | KindOp::Map(_)
            | KindOp::Use(_)
            | KindOp::Iter(_)
            | KindOp::View(_) => return Err(unsupported(format!("{} is not an operation on files", step.op))),
        };
        Ok(Outcome::Value(value))
    }
}

fn unsupported(reason: impl Into<String>) -> End {
    End::Unsupported(reason.into())
}

fn unbound() -> End {
    unsupported(UNBOUND)
}

fn missing(file: SpecialFile, Errno(number): Errno) -> End {
    unsupported(format!("the system refuses {}: system error {number}", file.source()))
}

fn failed(verb: &str, Errno(number): Errno) -> TargetError {
    TargetError(format!("cannot {verb} the files of a case: system error {number}"))
}

fn call_failed(Errno(number): Errno) -> End {
    unsupported(format!("a system call on the file failed: system error {number}"))
}
