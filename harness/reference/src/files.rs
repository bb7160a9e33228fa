//! The file objects of a case: unbuffered files, opened, written and cut as Python's `io.FileIO` does.
//!
//! They are not under test. Whatever a target maps, its files are these, so that an operation on a file never differs;
//! an operation that Python would refuse is not done at all.

use crate::errno::Errno;
use crate::result::unsupported;
use crate::rules::section::Sections;
use crate::state::quotas::Limits;
use crate::store::Store;
use crate::store::disk::DiskStore;
use mmapcheck_spec::{
    Arg, BytesLike, Content, Detail, End, FileOp, FileState, FolderOp, KindOp, Mode, Op, Outcome, Raise, SLOTS, Slot,
    Step, TargetError, Value, World,
};
use smallvec::SmallVec;
use std::cell::Cell;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;
use std::rc::Rc;

/// The largest size in bytes a file of a case is given.
pub const MOST_FILE: u64 = 1 << 24;

/// Where a file object stands. The maps of some systems share it, and move it.
#[derive(Debug)]
pub struct Cursor {
    /// The number of the file in the world.
    pub number: usize,
    /// In bytes from the start. Processes share it.
    pub position: Rc<Cell<u64>>,
    /// Whether the file object is closed, so that its descriptor is none any more.
    pub closed: Cell<bool>,
}

/// A file object.
#[derive(Debug)]
struct FileObject<F> {
    cursor: Rc<Cursor>,
    /// None once it is closed.
    open: Option<F>,
}

impl<F> Drop for FileObject<F> {
    fn drop(&mut self) {
        self.cursor.closed.set(true);
    }
}

impl<F> FileObject<F> {
    fn new(number: usize, position: u64, open: F) -> FileObject<F> {
        let cursor = Rc::new(Cursor { number, position: Rc::new(position.into()), closed: Cell::new(false) });
        FileObject { cursor, open: Some(open) }
    }

    /// The same file object in a child of this process.
    fn of_child(&self) -> FileObject<F>
    where
        F: Clone,
    {
        let Cursor { number, position, closed } = &*self.cursor;
        let cursor = Cursor { number: *number, position: Rc::clone(position), closed: closed.clone() };
        FileObject { cursor: Rc::new(cursor), open: self.open.clone() }
    }
}

/// What a process has to itself of files.
#[derive(Debug)]
pub(crate) struct Own<F> {
    objects: [Option<FileObject<F>>; SLOTS],
    limits: Rc<Limits>,
}

/// The files of a case.
#[derive(Debug)]
pub struct Files<S: Store = DiskStore> {
    pub(crate) store: S,
    /// What keeps files from being made shorter.
    pub(crate) sections: Sections<S>,
    /// What the system grants.
    pub(crate) limits: Rc<Limits>,
    /// How many files the case has.
    count: usize,
    /// The number of the file that each name leads to. Processes share them.
    names: [Option<usize>; SLOTS],
    objects: [Option<FileObject<S::File>>; SLOTS],
}

fn failed(what: &str, Errno(number): Errno) -> TargetError {
    TargetError(format!("cannot {what} the files of a case: system error {number}"))
}

fn broken(Errno(number): Errno) -> End {
    unsupported(format!("the file could not be used: system error {number}"))
}

/// Real files, as targets need them.
impl Files {
    /// Files in a folder that is there and empty.
    ///
    /// # Errors
    /// Where there is no such folder.
    pub fn new(dir: &Path) -> Result<Files, TargetError> {
        Ok(Files::of(DiskStore::new(dir)?))
    }

    /// The descriptor of the open file a slot names.
    ///
    /// # Errors
    /// Where the slot is not bound, or the file is closed.
    pub fn raw_fd(&self, slot: Slot) -> Result<RawFd, End> {
        Ok(self.file(slot)?.fd.as_raw_fd())
    }

    /// Takes note of sizes that a target has changed by itself.
    pub fn notice_sizes(&self) {
        self.store.folder.notice_sizes(self.count);
    }

    /// Takes note of names that a child process has given or taken.
    pub fn notice_names(&mut self) {
        for (name, number) in self.names.iter_mut().enumerate().take(self.count) {
            *number = self.store.folder.named(name);
        }
    }

    /// Whether a file has lost a page in this case, so that memory mapped from it may be dead.
    #[must_use]
    pub fn have_lost_pages(&self) -> bool {
        self.store.folder.have_lost_pages(self.count)
    }
}

impl<S: Store> Files<S> {
    /// The files of a store.
    pub(crate) fn of(store: S) -> Files<S> {
        Files {
            store,
            sections: Sections::default(),
            limits: Rc::default(),
            count: 0,
            names: [None; SLOTS],
            objects: [const { None }; SLOTS],
        }
    }

    /// Makes the files of a world in place of those of the last one.
    ///
    /// # Errors
    /// Where one cannot be made.
    pub fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.end();
        self.limits.lift();
        self.count = world.files.len();
        for (number, file) in world.files.iter().enumerate() {
            if self.names[number] != Some(number) {
                self.store.create(number).map_err(|errno| failed("make", errno))?;
                self.names[number] = Some(number);
            }
            self.store.fill(number, &file.bytes).map_err(|errno| failed("fill", errno))?;
            let open = self.store.open(number, number, file.mode).map_err(|errno| failed("open", errno))?;
            let position = if file.mode.truncates() { file.bytes.len() as u64 } else { 0 };
            self.objects[number] = Some(FileObject::new(number, position, open));
        }
        Ok(())
    }

    /// Makes it the files of another process, and gives back what this one has to itself.
    pub(crate) fn replace(&mut self, own: Own<S::File>) -> Own<S::File> {
        Own {
            objects: std::mem::replace(&mut self.objects, own.objects),
            limits: std::mem::replace(&mut self.limits, own.limits),
        }
    }

    /// What a child of this process begins with.
    pub(crate) fn of_child(&self) -> Own<S::File> {
        Own {
            objects: self.objects.each_ref().map(|object| object.as_ref().map(FileObject::of_child)),
            limits: Rc::new(Limits::clone(&self.limits)),
        }
    }

    /// The positions of the file objects, as far as there are any. Processes share them.
    #[must_use]
    pub fn positions(&self) -> Vec<Rc<Cell<u64>>> {
        self.objects.iter().flatten().map(|object| Rc::clone(&object.cursor.position)).collect()
    }

    /// Drops the file objects of the case.
    pub fn end(&mut self) {
        for mut object in self.objects.iter_mut().filter_map(Option::take) {
            if let Some(open) = object.open.take() {
                self.store.take_back(object.cursor.number, open);
            }
        }
    }

    /// Binds a slot to a file opened once more. What the slot named before is closed, as nothing else holds it.
    ///
    /// # Errors
    /// Where no file has this name.
    pub fn open(&mut self, slot: Slot, name: u8, mode: Mode) -> Result<(), End> {
        self.check_descriptor()?;
        let (number, open) = self.open_named(name, mode)?;
        if mode.truncates() {
            S::set_size(&open, 0).map_err(broken)?;
        }
        *self.objects.get_mut(usize::from(slot)).ok_or_else(unbound)? = Some(FileObject::new(number, 0, open));
        Ok(())
    }

    fn check_descriptor(&self) -> Result<(), End> {
        if self.limits.grant_descriptor() { Ok(()) } else { Err(unsupported("no more files can be open")) }
    }

    /// A name that a file of the case has at its start.
    fn name(&self, name: u8) -> Result<usize, End> {
        let name = usize::from(name);
        if name < self.count { Ok(name) } else { Err(unsupported("the case has no such file")) }
    }

    /// The number of the file that a name leads to.
    fn number(&self, name: u8) -> Result<usize, End> {
        self.names[self.name(name)?].ok_or_else(|| unsupported("no file has this name any more"))
    }

    fn open_named(&mut self, name: u8, mode: Mode) -> Result<(usize, S::File), End> {
        let number = self.number(name)?;
        Ok((number, self.store.open(name.into(), number, mode).map_err(broken)?))
    }

    /// Takes its name from a file, which lives on as long as it is open or mapped.
    ///
    /// # Errors
    /// Where no file has this name.
    pub fn unlink(&mut self, name: u8) -> Result<(), End> {
        self.number(name)?;
        self.store.unlink(name.into()).map_err(broken)?;
        self.names[usize::from(name)] = None;
        Ok(())
    }

    /// Gives a file another name; the file that had it lives on without.
    ///
    /// # Errors
    /// Where no file has the first name, or the second is none of the case.
    pub fn rename(&mut self, name: u8, to: u8) -> Result<(), End> {
        let (number, to) = (self.number(name)?, self.name(to)?);
        self.store.rename(name.into(), to).map_err(broken)?;
        self.names[usize::from(name)] = None;
        self.names[to] = Some(number);
        Ok(())
    }

    /// The open file a slot names.
    ///
    /// # Errors
    /// Where the slot is not bound, or the file is closed.
    pub fn file(&self, slot: Slot) -> Result<&S::File, End> {
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

    /// The open file a slot names, with its position.
    fn object(&self, slot: Slot) -> Result<(&Cell<u64>, &S::File), End> {
        Ok((&self.cursor(slot)?.position, self.file(slot)?))
    }

    /// Writes at the position; how many bytes were written.
    ///
    /// # Errors
    /// Where the file was not opened for writing, or would become too large.
    pub fn write(&mut self, slot: Slot, bytes: &[u8]) -> Result<usize, End> {
        let (position, open) = self.object(slot)?;
        if !S::mode(open).writes() {
            return Err(unsupported("the file is not open for writing"));
        }
        let end = position.get() + bytes.len() as u64;
        // Writing is refused by where the bytes lie, whatever the size of the file.
        if end > MOST_FILE || !self.limits.let_grow(0, end) {
            return Err(unsupported("the file would become too large"));
        }
        S::write(open, position.get(), bytes).map_err(broken)?;
        position.set(end);
        Ok(bytes.len())
    }

    /// Reads from the position to the end.
    ///
    /// # Errors
    /// Where the file was not opened for reading.
    pub fn read_rest(&mut self, slot: Slot) -> Result<Vec<u8>, End> {
        let (position, open) = self.object(slot)?;
        if !S::mode(open).reads() {
            return Err(unsupported("the file is not open for reading"));
        }
        let bytes = S::read(open, position.get()).map_err(broken)?;
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
        if !S::mode(open).writes() {
            return Err(unsupported("the file is not open for writing"));
        }
        if size > MOST_FILE || !self.limits.let_grow(S::size(open), size) {
            return Err(unsupported("the file would become too large"));
        }
        S::set_size(open, size).map_err(broken)
    }

    /// Closes the file object and its descriptor; closing again does nothing.
    ///
    /// # Errors
    /// Where the slot is not bound.
    pub fn close(&mut self, slot: Slot) -> Result<(), End> {
        let object = self.objects.get_mut(usize::from(slot)).and_then(Option::as_mut).ok_or_else(unbound)?;
        object.open = None;
        object.cursor.closed.set(true);
        Ok(())
    }

    /// The bytes of the file of this name, read through a descriptor of its own.
    ///
    /// # Errors
    /// Where no file has this name.
    pub fn content(&mut self, name: u8) -> Result<Vec<u8>, End> {
        self.check_descriptor()?;
        let (number, open) = self.open_named(name, Mode::Read)?;
        let bytes = S::read(&open, 0).map_err(broken)?;
        self.store.take_back(number, open);
        Ok(bytes)
    }

    /// Looks at every file of the world, whether it has a name or not.
    pub fn look(&mut self, detail: Detail) -> Vec<FileState> {
        (0..self.count).map(|number| self.store.look(number, detail)).collect()
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
        let value = match step.op.by_kind() {
            KindOp::Folder(FolderOp::FileOpen) => {
                let &Arg::Mode(mode) = arg(1) else { return Err(unsupported("open() needs a mode")) };
                self.open(step.bind, path_of(arg(0))?, mode)?;
                Value::None
            }
            KindOp::Folder(FolderOp::FileContent) => Value::Bytes(self.content(path_of(arg(0))?)?),
            KindOp::Folder(FolderOp::FileSize) => Value::Int(self.content(path_of(arg(0))?)?.len() as i128),
            KindOp::Folder(FolderOp::FileUnlink) => {
                self.unlink(path_of(arg(0))?)?;
                Value::None
            }
            KindOp::Folder(FolderOp::FileReplace) => {
                self.rename(path_of(arg(0))?, path_of(arg(1))?)?;
                Value::None
            }
            KindOp::File(FileOp::FileWrite) => Value::Int(self.write(step.on, written(arg(0))?)? as i128),
            KindOp::File(FileOp::FileRead) => Value::Bytes(self.read_rest(step.on)?),
            KindOp::File(FileOp::FileSeek) => {
                self.seek(step.on, size_of(arg(0))?)?;
                Value::Int(size_of(arg(0))?.into())
            }
            KindOp::File(FileOp::FileTruncate) => {
                self.truncate(step.on, size_of(arg(0))?)?;
                Value::Int(size_of(arg(0))?.into())
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
            | KindOp::Iter(_)
            | KindOp::View(_) => return Err(unsupported(format!("{} is not done on a file", step.op))),
        };
        Ok(Outcome::Value(value))
    }
}

impl<S: Store> Files<S> {
    /// What Python raises where the system does not make a file shorter that has a section.
    /// Every other step is done, or not, for reasons of its own.
    fn refusal(&mut self, step: &Step) -> Result<Option<Raise>, End> {
        let (number, size, file) = match step.args.iter().map(|given| &given.arg).collect::<SmallVec<[_; 2]>>()[..] {
            [path, Arg::Mode(mode)] if step.op == Op::FileOpen && mode.truncates() => {
                let number = self.number(path_of(path)?)?;
                (number, 0, format!(": '{}'", World::path(number)))
            }
            [size] if step.op == Op::FileTruncate && S::mode(self.file(step.on)?).writes() => {
                (self.cursor(step.on)?.number, size_of(size)?, String::new())
            }
            _ => return Ok(None),
        };
        if !self.sections.hold(number) {
            return Ok(None);
        }
        // A system with sections lets a file that has one keep its name.
        let open = self.store.open(number, number, Mode::Read).map_err(broken)?;
        let is_cut = size < S::size(&open);
        self.store.take_back(number, open);
        Ok(is_cut.then(|| Raise {
            class: "OSError".into(),
            errno: Some(Errno::EINVAL.0),
            message: format!("[Errno 22] Invalid argument{file}").into(),
        }))
    }
}

fn unbound() -> End {
    unsupported("the name is not bound")
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
        Arg::Bytes(BytesLike::Strided, _) => Err(unsupported("a file is not given bytes that are not contiguous")),
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
pub fn content_of(bytes: &[u8], detail: Detail) -> Content {
    Content {
        len: bytes.len() as u64,
        digest: crate::digest(bytes),
        bytes: (detail == Detail::Full).then(|| bytes.to_vec()),
    }
}
