//! The constructor on POSIX systems: the checks of Python, then those of the kernel.

use crate::result::{RuleResult, unsupported, value_error};
use crate::rules::constructor_args::{ConstructorArgs, Fileno};
use crate::state::map::{Access, Map, Protection, TrackedFile};
use crate::state::quotas::Quotas;
use crate::store::{MapRequest, Store};
use mmapcheck_spec::PlatformFacts;
use mmapcheck_spec::constants::{
    MAP_32BIT, MAP_ANONYMOUS, MAP_DENYWRITE, MAP_EXECUTABLE, MAP_NORESERVE, MAP_POPULATE, MAP_PRIVATE, MAP_SHARED,
    MAP_STACK, PROT_READ, PROT_WRITE,
};
use mmapcheck_world::{Errno, FileHandle, MAX_FILE_SIZE};

/// The bits of `flags` that hold the type of the map.
const MAP_TYPE: i32 = 0x0f;
/// A shared map whose unknown flags the kernel refuses.
const MAP_SHARED_VALIDATE: i32 = 3;
/// Private memory that the kernel may drop; newer kernels have it.
const MAP_DROPPABLE: i32 = 8;
/// The bits of `flags` outside of [`MAP_TYPE`] that have no visible effect.
const INVISIBLE: i32 =
    MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE | MAP_POPULATE | MAP_STACK | MAP_NORESERVE | MAP_32BIT;

/// `mmap.mmap(...)`
pub fn construct<S: Store>(
    store: &S,
    quotas: &Quotas,
    mut args: ConstructorArgs<S>,
    facts: &PlatformFacts,
) -> RuleResult<Map<S>> {
    args.refuse_negative()?;
    let access = args.apply_access()?;
    args.fit_file()?;
    if args.trackfd && args.is_bad_descriptor() {
        return Err(Errno::EBADF.into());
    }
    if args.trackfd && args.file().is_some() && !quotas.allow_descriptor() {
        return Err(Errno::EMFILE.into());
    }
    args.check_kernel(facts)?;
    if !quotas.allow_memory() {
        return Err(Errno::ENOMEM.into());
    }
    let memory = store.map(args.mapped_file(), args.request())?;
    let tracked = TrackedFile { file: args.file().filter(|_| args.trackfd).cloned(), wanted: args.trackfd };
    let flags = if args.is_anonymous() { args.flags | MAP_ANONYMOUS } else { args.flags };
    Ok(Map::new(memory, args.length as usize, args.offset, access, tracked, flags, Protection::of(args.prot)))
}

/// The checks of Python.
impl<S: Store> ConstructorArgs<S> {
    /// Derives `flags` and `prot` from `access`, or the access from `prot`.
    fn apply_access(&mut self) -> RuleResult<Access> {
        const BOTH: i32 = PROT_READ | PROT_WRITE;
        if self.access != 0 && (self.flags != MAP_SHARED || self.prot != BOTH) {
            return Err(value_error("mmap can't specify both access and flags, prot."));
        }
        match self.access {
            0 if self.prot & BOTH == BOTH => Ok(Access::Default),
            0 if self.prot & PROT_WRITE != 0 => Ok(Access::Write),
            0 => Ok(Access::Read),
            1 => {
                self.prot = PROT_READ;
                Ok(Access::Read)
            }
            2 => Ok(Access::Write),
            3 => {
                self.flags = MAP_PRIVATE;
                Ok(Access::Copy)
            }
            _ => Err(value_error("mmap invalid access parameter.")),
        }
    }

    /// Checks the length against the size of the file; 0 stands for the rest of the file from the offset on.
    fn fit_file(&mut self) -> RuleResult<()> {
        let Some(file) = self.file() else { return Ok(()) };
        let size = file.size() as i64;
        if self.length == 0 {
            if size == 0 {
                return Err(value_error("cannot mmap an empty file"));
            }
            if self.offset >= size {
                return Err(value_error("mmap offset is greater than file size"));
            }
            self.length = size - self.offset;
        } else if self.offset > size || size - self.offset < self.length {
            return Err(value_error("mmap length is greater than file size"));
        }
        Ok(())
    }
}

/// The checks of the kernel, in the order of Linux.
impl<S: Store> ConstructorArgs<S> {
    fn is_anonymous(&self) -> bool {
        matches!(self.fileno, Fileno::Number(-1)) || self.flags & MAP_ANONYMOUS != 0
    }

    fn mapped_file(&self) -> Option<&S::File> {
        self.file().filter(|_| !self.is_anonymous())
    }

    fn request(&self) -> MapRequest {
        MapRequest {
            len: self.length as usize,
            offset: self.offset as u64,
            shared: self.flags & MAP_TYPE != MAP_PRIVATE,
            writable: self.prot & PROT_WRITE != 0,
            populate: self.flags & MAP_POPULATE != 0,
        }
    }

    fn check_kernel(&self, facts: &PlatformFacts) -> RuleResult<()> {
        if !facts.page.divides(self.offset) {
            return Err(Errno::EINVAL.into());
        }
        if !self.is_anonymous() && self.is_bad_descriptor() {
            return Err(Errno::EBADF.into());
        }
        if self.length == 0 {
            return Err(Errno::EINVAL.into());
        }
        if self.flags & !(MAP_TYPE | INVISIBLE) != 0 {
            return Err(unsupported(format!("no rule covers the mmap flags {:#x}", self.flags)).into());
        }
        self.check_length(facts)?;
        self.check_type()
    }

    fn check_length(&self, facts: &PlatformFacts) -> RuleResult<()> {
        match self.length {
            length if length >= facts.addresses() as i64 => Err(Errno::ENOMEM.into()),
            length if length > MAX_FILE_SIZE as i64 => {
                Err(unsupported("whether a map of this length fits into the process is not specified").into())
            }
            _ => Ok(()),
        }
    }

    /// Checks the type of the map, and the mode of the file.
    fn check_type(&self) -> RuleResult<()> {
        match (self.flags & MAP_TYPE, self.mapped_file().map(FileHandle::mode)) {
            (MAP_SHARED | MAP_PRIVATE, None) => Ok(()),
            (MAP_DROPPABLE, None) => Err(unsupported("no rule covers maps of the type MAP_DROPPABLE").into()),
            (MAP_SHARED | MAP_SHARED_VALIDATE, Some(mode)) if self.prot & PROT_WRITE != 0 && !mode.writes() => {
                Err(Errno::EACCES.into())
            }
            (MAP_SHARED | MAP_SHARED_VALIDATE | MAP_PRIVATE, Some(mode)) => {
                if mode.reads() {
                    Ok(())
                } else {
                    Err(Errno::EACCES.into())
                }
            }
            _ => Err(Errno::EINVAL.into()),
        }
    }
}
