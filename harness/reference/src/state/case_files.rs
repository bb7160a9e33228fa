//! The files of a case, with the sections (on Windows) and quotas that restrict operations on them.

use crate::errno;
use crate::result::unsupported;
use crate::state::quotas::Quotas;
use crate::state::section::Sections;
use crate::store::Store;
use mmapcheck_spec::platform::WINDOWS;
use mmapcheck_spec::{
    Arg, Detail, End, FileOp, FileState, FolderOp, KindOp, Op, Outcome, Raise, Slot, Step, SystemError, TargetError,
    World,
};
use mmapcheck_world::{FileHandle, FileObjects, FileTable, file_args};
use smallvec::SmallVec;
use std::rc::Rc;

/// The files of a case.
pub struct CaseFiles<S: Store> {
    /// The file objects of the running process.
    pub objects: FileObjects<S::Folder>,
    /// The sections that prevent a file from being truncated.
    pub sections: Sections<S>,
    /// The quotas of the running process.
    pub quotas: Rc<Quotas>,
}

/// The file objects and quotas that belong to one process.
pub struct ProcessFiles<S: Store> {
    table: FileTable<S::File>,
    quotas: Rc<Quotas>,
}

impl<S: Store> CaseFiles<S> {
    /// The files of a folder, before the first case.
    pub fn new(folder: S::Folder) -> CaseFiles<S> {
        CaseFiles { objects: FileObjects::new(folder), sections: Sections::default(), quotas: Rc::default() }
    }

    /// Creates the files of a world, and removes all quotas.
    ///
    /// # Errors
    /// As [`FileObjects::begin`].
    pub fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.objects.begin(world)?;
        self.quotas.lift();
        Ok(())
    }

    /// The file objects and quotas that a child process begins with.
    pub fn fork(&self) -> ProcessFiles<S> {
        ProcessFiles { table: self.objects.fork(), quotas: Rc::new(Quotas::clone(&self.quotas)) }
    }

    /// Switches to another process, and returns the file objects and quotas of the running one.
    pub fn switch(&mut self, process: ProcessFiles<S>) -> ProcessFiles<S> {
        ProcessFiles {
            table: self.objects.switch(process.table),
            quotas: std::mem::replace(&mut self.quotas, process.quotas),
        }
    }

    /// The content of every file.
    pub fn look(&mut self, detail: Detail) -> Vec<FileState> {
        self.objects.look(detail)
    }

    /// Writes bytes to a file object at its position, and returns how many.
    ///
    /// # Errors
    /// As [`FileObjects::write`], and where the quota allows no file of the new size.
    pub fn write(&mut self, slot: Slot, bytes: &[u8]) -> Result<usize, End> {
        self.check_written_size(slot, bytes.len())?;
        self.objects.write(slot, bytes)
    }

    /// Performs one step on a file object, or on a file of the world.
    ///
    /// # Errors
    /// As [`FileObjects::step`], and where a quota does not allow the step.
    pub fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        if let Some(refusal) = self.truncation_refusal(step)? {
            return Ok(Outcome::Raised(refusal));
        }
        self.check_quotas(step)?;
        self.objects.step(step)
    }

    fn check_quotas(&self, step: &Step) -> Result<(), End> {
        let Some(arg) = step.args.first().map(|given| &given.arg) else { return Ok(()) };
        match step.op.by_kind() {
            KindOp::Folder(FolderOp::FileOpen | FolderOp::FileContent | FolderOp::FileSize) => {
                if self.quotas.allow_descriptor() {
                    Ok(())
                } else {
                    Err(unsupported("the case allows no more open files"))
                }
            }
            KindOp::File(FileOp::FileWrite) => self.check_written_size(step.on, file_args::bytes(arg)?.len()),
            KindOp::File(FileOp::FileTruncate) => {
                let (file, size) = (self.objects.file(step.on)?, file_args::size(arg)?);
                self.check_size(file, file.size(), size)
            }
            KindOp::Folder(FolderOp::FileUnlink | FolderOp::FileReplace)
            | KindOp::File(FileOp::FileRead | FileOp::FileSeek | FileOp::FileClose)
            | KindOp::Module(_)
            | KindOp::Child(_)
            | KindOp::Limit(_)
            | KindOp::Method(_)
            | KindOp::Map(_)
            | KindOp::Use(_)
            | KindOp::Iter(_)
            | KindOp::View(_) => Ok(()),
        }
    }

    /// Writing is refused by where the bytes lie, whatever the size of the file.
    fn check_written_size(&self, slot: Slot, count: usize) -> Result<(), End> {
        let end = self.objects.cursor(slot)?.position.get() + count as u64;
        self.check_size(self.objects.file(slot)?, 0, end)
    }

    fn check_size(&self, file: &S::File, from: u64, to: u64) -> Result<(), End> {
        if file.mode().writes() && !self.quotas.allow_size(from, to) {
            return Err(unsupported("the file would become too large"));
        }
        Ok(())
    }

    /// The exception of Python where the system refuses to truncate a file that has a section. `None` where the step does
    /// not truncate such a file.
    fn truncation_refusal(&self, step: &Step) -> Result<Option<Raise>, End> {
        let (number, size, file) = match step.args.iter().map(|given| &given.arg).collect::<SmallVec<[_; 2]>>()[..] {
            [path, Arg::Mode(mode)] if step.op == Op::FileOpen && mode.truncates() => {
                let number = self.objects.number(file_args::path(path)?)?;
                (number, 0, format!(": '{}'", World::path(number)))
            }
            [size] if step.op == Op::FileTruncate && self.objects.file(step.on)?.mode().writes() => {
                (self.objects.cursor(step.on)?.number, file_args::size(size)?, String::new())
            }
            _ => return Ok(None),
        };
        if self.sections.count(number) == 0 || size >= self.objects.size(number) {
            return Ok(None);
        }
        // Only Windows has sections.
        let raise = errno::raise(SystemError::InvalidArgument, &WINDOWS);
        Ok(Some(Raise { message: format!("{}{file}", raise.message).into(), ..raise }))
    }
}
