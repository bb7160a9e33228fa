//! The constructor on POSIX systems: the checks of Python, then those of the kernel.

use crate::result::{RuleResult, unsupported, value_error};
use crate::rules::constructor_args::{ConstructorArgs, Fileno};
use crate::state::map::{Access, Map, Protection, Sharing, TrackedFile};
use crate::state::quotas::Quotas;
use crate::store::{MapRequest, Store};
use mmapcheck_spec::PlatformFacts;
use mmapcheck_spec::constants::{
    ACCESS_DEFAULT, Constant, MAP_32BIT, MAP_ANONYMOUS, MAP_DENYWRITE, MAP_EXECUTABLE, MAP_NORESERVE, MAP_POPULATE,
    MAP_PRIVATE, MAP_SHARED, MAP_STACK, PROT_READ, PROT_WRITE,
};
use mmapcheck_world::{Errno, FileHandle, MAX_FILE_SIZE};

/// The bits of `flags` that hold the type of the map.
const MAP_TYPE: i32 = 0x0f;
/// A shared map whose unknown flags the kernel refuses. Linux; the module has no constant for it.
const MAP_SHARED_VALIDATE: i32 = 3;
/// Private memory that the kernel may drop. Newer kernels of Linux; the module has no constant for it.
const MAP_DROPPABLE: i32 = 8;
/// The flags outside of [`MAP_TYPE`] that have no visible effect.
const INVISIBLE: [Constant; 7] =
    [MAP_ANONYMOUS, MAP_DENYWRITE, MAP_EXECUTABLE, MAP_POPULATE, MAP_STACK, MAP_NORESERVE, MAP_32BIT];

/// The type of a map, as `flags` request it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MapType {
    Shared,
    SharedValidate,
    Private,
    Droppable,
    Unknown,
}

impl MapType {
    fn of(flags: i32, facts: &PlatformFacts) -> MapType {
        match flags & MAP_TYPE {
            kind if kind == facts.bits(&[MAP_SHARED]) => MapType::Shared,
            kind if kind == facts.bits(&[MAP_PRIVATE]) => MapType::Private,
            MAP_SHARED_VALIDATE => MapType::SharedValidate,
            MAP_DROPPABLE => MapType::Droppable,
            _ => MapType::Unknown,
        }
    }
}

/// `mmap.mmap(...)`
pub fn construct<S: Store>(
    store: &S,
    quotas: &Quotas,
    mut args: ConstructorArgs<S>,
    facts: &PlatformFacts,
) -> RuleResult<Map<S>> {
    args.refuse_negative()?;
    let access = args.apply_access(facts)?;
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
    let anonymous = args.is_anonymous(facts);
    let memory = store.map(args.mapped_file(facts), args.request(facts))?;
    let tracked = TrackedFile { file: args.file().filter(|_| args.trackfd).cloned(), wanted: args.trackfd };
    let sharing = Sharing { anonymous, shared: args.flags & facts.bits(&[MAP_SHARED]) != 0 };
    let protection = Protection::of(args.prot, facts);
    Ok(Map::new(memory, args.length as usize, args.offset, access, tracked, sharing, protection))
}

/// The checks of Python.
impl<S: Store> ConstructorArgs<S> {
    /// Derives `flags` and `prot` from `access`, or the access from `prot`.
    fn apply_access(&mut self, facts: &PlatformFacts) -> RuleResult<Access> {
        let both = facts.bits(&[PROT_READ, PROT_WRITE]);
        let is_default = (self.flags, self.prot) == (facts.bits(&[MAP_SHARED]), both);
        if self.access != facts.bits(&[ACCESS_DEFAULT]) && !is_default {
            return Err(value_error("mmap can't specify both access and flags, prot."));
        }
        let access = Access::of(self.access, facts).ok_or_else(|| value_error("mmap invalid access parameter."))?;
        match access {
            Access::Default if self.prot & both == both => {}
            Access::Default if self.prot & facts.bits(&[PROT_WRITE]) != 0 => return Ok(Access::Write),
            Access::Default => return Ok(Access::Read),
            Access::Read => self.prot = facts.bits(&[PROT_READ]),
            Access::Write => {}
            Access::Copy => self.flags = facts.bits(&[MAP_PRIVATE]),
        }
        Ok(access)
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
    fn is_anonymous(&self, facts: &PlatformFacts) -> bool {
        matches!(self.fileno, Fileno::Number(-1)) || self.flags & facts.bits(&[MAP_ANONYMOUS]) != 0
    }

    fn mapped_file(&self, facts: &PlatformFacts) -> Option<&S::File> {
        self.file().filter(|_| !self.is_anonymous(facts))
    }

    fn request(&self, facts: &PlatformFacts) -> MapRequest {
        MapRequest {
            len: self.length as usize,
            offset: self.offset as u64,
            shared: MapType::of(self.flags, facts) != MapType::Private,
            writable: self.prot & facts.bits(&[PROT_WRITE]) != 0,
            populate: self.flags & facts.bits(&[MAP_POPULATE]) != 0,
        }
    }

    fn check_kernel(&self, facts: &PlatformFacts) -> RuleResult<()> {
        if !facts.page.divides(self.offset) {
            return Err(Errno::EINVAL.into());
        }
        if !self.is_anonymous(facts) && self.is_bad_descriptor() {
            return Err(Errno::EBADF.into());
        }
        if self.length == 0 {
            return Err(Errno::EINVAL.into());
        }
        if self.flags & !(MAP_TYPE | facts.bits(&INVISIBLE)) != 0 {
            return Err(unsupported(format!("no rule covers the mmap flags {:#x}", self.flags)).into());
        }
        self.check_length(facts)?;
        self.check_type(facts)
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
    fn check_type(&self, facts: &PlatformFacts) -> RuleResult<()> {
        let writes = self.prot & facts.bits(&[PROT_WRITE]) != 0;
        match (MapType::of(self.flags, facts), self.mapped_file(facts).map(FileHandle::mode)) {
            (MapType::Shared | MapType::Private, None) => Ok(()),
            (MapType::Droppable, None) => Err(unsupported("no rule covers maps of the type MAP_DROPPABLE").into()),
            (MapType::Shared | MapType::SharedValidate, Some(mode)) if writes && !mode.writes() => {
                Err(Errno::EACCES.into())
            }
            (MapType::Shared | MapType::SharedValidate | MapType::Private, Some(mode)) => {
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
