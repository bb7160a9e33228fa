//! The checks of `mmap(2)`, in the order of Linux.

use crate::result::{RuleResult, unsupported};
use crate::rules::constructor_args::ConstructorArgs;
use crate::store::flags::{
    self, HUGE_SHIFT, MAP_ABOVE4G, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_GROWSDOWN, MAP_HUGETLB, MAP_LOCKED, MAP_SYNC,
    MapType,
};
use crate::store::{FileMaps, Kernel, Store};
use mmapcheck_spec::PlatformFacts;
use mmapcheck_spec::constants::{MAP_32BIT, MAP_NORESERVE, PROT_EXEC, PROT_WRITE};
use mmapcheck_world::{Errno, FileHandle, MAX_FILE_SIZE};

/// Why a map of huge pages has no outcome.
const ONLY_LACK: &str = "no rule covers maps of huge pages, only the lack of them";

impl<S: Store> ConstructorArgs<S> {
    /// Refuses a map that the kernel refuses, but for a lack of memory.
    pub fn check_kernel(&self, kernel: &Kernel, facts: &PlatformFacts) -> RuleResult<()> {
        let is_anonymous = self.is_anonymous(facts);
        if !facts.page.divides(self.offset) {
            return Err(Errno::EINVAL.into());
        }
        if !is_anonymous && self.is_bad_descriptor() {
            return Err(Errno::EBADF.into());
        }
        if self.length == 0 || (self.has(MAP_HUGETLB) && !(is_anonymous && self.huge_page_size_exists(kernel))) {
            return Err(Errno::EINVAL.into());
        }
        if self.has(MAP_FIXED | MAP_FIXED_NOREPLACE) {
            return Err(unsupported("MAP_FIXED asks for a map at address 0, which no Python object can use").into());
        }
        self.check_length(facts)?;
        if self.has(MAP_LOCKED) && self.has(MAP_HUGETLB) && kernel.lockable.is_some() {
            return Err(unsupported(ONLY_LACK).into());
        }
        if self.has(MAP_LOCKED) {
            kernel.check_locked(facts.page.round_up(self.length as usize) as u64)?;
        }
        match (self.mapped_file(facts), self.has(MAP_HUGETLB)) {
            (Some(file), _) => self.check_file(file, kernel, facts),
            (None, true) => self.check_huge_pages(kernel, facts),
            (None, false) => self.check_anonymous(kernel, facts),
        }
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

    /// Checks a map of a file.
    fn check_file(&self, file: &S::File, kernel: &Kernel, facts: &PlatformFacts) -> RuleResult<()> {
        let mode = file.mode();
        let kind = MapType::of(self.flags, facts);
        let writes = kind.is_shared() && self.prot & facts.bits(&[PROT_WRITE]) != 0;
        let files = maps_of(file, kernel)?;
        if self.has(MAP_SYNC) && files.is_none() {
            return Err(unsupported("whether a map takes MAP_SYNC depends on the file system").into());
        }
        let knows_sync = files.is_some_and(|files| files.knows_sync);
        self.check_validated(kind, if knows_sync { MAP_SYNC } else { 0 }, kernel, facts)?;
        match kind {
            MapType::Droppable | MapType::Unknown => return Err(Errno::EINVAL.into()),
            _ if (mode.reads() && (mode.writes() || !writes)) => {}
            MapType::Shared | MapType::SharedValidate | MapType::Private => return Err(Errno::EACCES.into()),
        }
        let executes = self.prot & facts.bits(&[PROT_EXEC]) != 0;
        if let Some(errno) = files.and_then(|files| files.exec).filter(|_| executes) {
            return Err(errno.into());
        }
        if self.has(MAP_GROWSDOWN) {
            return refuse(files.map_or(Some(Errno::EINVAL), |files| files.grows));
        }
        // A file without maps of its own kind is refused here, with or without `MAP_GROWSDOWN`.
        refuse(files.and_then(|files| files.map.filter(|_| files.map == files.grows)))
    }

    /// Refuses a map that the file itself refuses, which the kernel asks last.
    pub fn check_file_system(&self, kernel: &Kernel, facts: &PlatformFacts) -> RuleResult<()> {
        let Some(file) = self.mapped_file(facts) else { return Ok(()) };
        let files = maps_of(file, kernel)?;
        refuse(files.and_then(|files| files.map))?;
        refuse(files.and_then(|files| files.sync).filter(|_| self.has(MAP_SYNC)))
    }

    /// Refuses flags that `MAP_SHARED_VALIDATE` does not know. The file system of a file knows some more.
    fn check_validated(&self, kind: MapType, more: i32, kernel: &Kernel, facts: &PlatformFacts) -> RuleResult<()> {
        let known = more | if kernel.knows_above_4g { MAP_ABOVE4G } else { 0 };
        let knows_all = kind != MapType::SharedValidate || flags::are_long_known(self.flags & !known, facts);
        if knows_all { Ok(()) } else { Err(Errno::EOPNOTSUPP.into()) }
    }

    fn check_anonymous(&self, kernel: &Kernel, facts: &PlatformFacts) -> RuleResult<()> {
        match MapType::of(self.flags, facts) {
            MapType::Private => Ok(()),
            MapType::Shared if !self.has(MAP_GROWSDOWN) => Ok(()),
            MapType::Droppable if kernel.droppable.is_some() => refuse(kernel.droppable),
            MapType::Droppable if !self.has(MAP_GROWSDOWN | MAP_LOCKED) => Ok(()),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    fn huge_page_size(&self) -> i32 {
        (self.flags >> HUGE_SHIFT) & 0x3f
    }

    fn huge_page_size_exists(&self, kernel: &Kernel) -> bool {
        kernel.huge_pages.iter().any(|&(log, refusal)| log == self.huge_page_size() && refusal != Some(Errno::EINVAL))
    }

    /// Checks a map of huge pages, which is one of a file that can be read and written.
    fn check_huge_pages(&self, kernel: &Kernel, facts: &PlatformFacts) -> RuleResult<()> {
        if self.has(facts.bits(&[MAP_32BIT])) {
            // Few huge pages fit below 2 GiB, and the kernel looks for a place before it checks the type.
            return Err(unsupported(ONLY_LACK).into());
        }
        let kind = MapType::of(self.flags, facts);
        self.check_validated(kind, 0, kernel, facts)?;
        if matches!(kind, MapType::Droppable | MapType::Unknown) || self.has(MAP_GROWSDOWN) {
            return Err(Errno::EINVAL.into());
        }
        let known = kernel.huge_pages.iter().find(|(log, _)| *log == self.huge_page_size());
        let refusal = known.and_then(|(_, refusal)| *refusal);
        if refusal.is_none() || self.offset != 0 || self.has(facts.bits(&[MAP_NORESERVE])) {
            return Err(unsupported(ONLY_LACK).into());
        }
        refuse(refusal)
    }
}

/// The refusals of maps of a file, where the kernel was asked.
fn maps_of<'k>(file: &impl FileHandle, kernel: &'k Kernel) -> RuleResult<Option<&'k FileMaps>> {
    match file.irregular() {
        Some(special) => kernel.maps_of(special).map(Some),
        None => Ok(kernel.files.as_ref()),
    }
}

fn refuse(refusal: Option<Errno>) -> RuleResult<()> {
    refusal.map_or(Ok(()), |errno| Err(errno.into()))
}
