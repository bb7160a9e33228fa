//! The constructor on POSIX systems: the checks of Python, then those of the kernel.

use crate::result::{RuleResult, value_error};
use crate::rules::constructor_args::{ConstructorArgs, Fileno};
use crate::state::map::{Access, Map, Protection, Sharing, TrackedFile};
use crate::state::quotas::Quotas;
use crate::store::flags::{MAP_LOCKED, MAP_NONBLOCK, MapType};
use crate::store::{Kernel, MapRequest, Store};
use mmapcheck_spec::PlatformFacts;
use mmapcheck_spec::constants::{
    ACCESS_DEFAULT, MAP_ANONYMOUS, MAP_POPULATE, MAP_PRIVATE, MAP_SHARED, MAP_STACK, PROT_READ, PROT_WRITE,
};
use mmapcheck_world::{Errno, FileHandle};

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
    args.check_kernel(store.kernel(), facts)?;
    if !quotas.allow_memory() {
        return Err(Errno::ENOMEM.into());
    }
    args.check_file_system(store.kernel(), facts)?;
    let anonymous = args.is_anonymous(facts);
    let memory = store.map(args.mapped_file(facts), args.request(store.kernel(), facts))?;
    let tracked = TrackedFile { file: args.file().filter(|_| args.trackfd).cloned(), wanted: args.trackfd };
    let shared = !args.has(facts.bits(&[MAP_PRIVATE]));
    let sharing = Sharing { anonymous, shared, locked: args.has(MAP_LOCKED) };
    let protection = Protection::of(args.prot, facts, store.kernel());
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

    /// Checks the length against the size of a regular file; 0 stands for the rest of the file from the offset on.
    fn fit_file(&mut self) -> RuleResult<()> {
        let Some(file) = self.file().filter(|file| file.irregular().is_none()) else { return Ok(()) };
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

/// The request to the kernel.
impl<S: Store> ConstructorArgs<S> {
    /// Whether the map is of no file.
    pub fn is_anonymous(&self, facts: &PlatformFacts) -> bool {
        matches!(self.fileno, Fileno::Number(-1)) || self.flags & facts.bits(&[MAP_ANONYMOUS]) != 0
    }

    /// The file that is mapped.
    pub fn mapped_file(&self, facts: &PlatformFacts) -> Option<&S::File> {
        self.file().filter(|_| !self.is_anonymous(facts))
    }

    /// Whether one of these `MAP_*` bits is set.
    pub fn has(&self, bits: i32) -> bool {
        self.flags & bits != 0
    }

    fn request(&self, kernel: &Kernel, facts: &PlatformFacts) -> MapRequest {
        let kind = MapType::of(self.flags, facts);
        MapRequest {
            len: self.length as usize,
            offset: self.offset as u64,
            shared: kind.is_shared(),
            writable: self.prot & facts.bits(&[PROT_WRITE]) != 0,
            populate: self.has(facts.bits(&[MAP_POPULATE])) && !self.has(MAP_NONBLOCK),
            locked: self.has(MAP_LOCKED),
            droppable: kind == MapType::Droppable,
            no_huge_pages: self.has(facts.bits(&[MAP_STACK])) && kernel.stack_has_no_huge_pages,
        }
    }
}
