//! The differences between Linux systems that a program can see, each found by asking the system.

use crate::result::{RuleResult, unsupported};
use crate::store::flags::{
    HUGE_SHIFT, MAP_ABOVE4G, MAP_DROPPABLE, MAP_GROWSDOWN, MAP_HUGETLB, MAP_LOCKED, MAP_SHARED_VALIDATE, MAP_SYNC,
};
use mmapcheck_spec::SpecialFile;
use mmapcheck_spec::constants::{Constant, MAP_PRIVATE, MAP_SHARED, PROT_EXEC, PROT_READ};
use mmapcheck_spec::platform::LINUX;
use mmapcheck_world::{Errno, ProbedMap, SpecialFiles, in_temporary_folder};
use rustix::fs::{MemfdFlags, Mode, OFlags, memfd_create, open};
use rustix::process::{Resource, getrlimit};
use std::os::fd::{AsFd, BorrowedFd};

const PRIVATE: i32 = LINUX.bits(&[MAP_PRIVATE]);
const SHARED: i32 = LINUX.bits(&[MAP_SHARED]);
const READ: i32 = LINUX.bits(&[PROT_READ]);
const EXECUTE: i32 = LINUX.bits(&[PROT_EXEC]);

/// The differences between Linux systems that a program can see.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The advice that this kernel refuses: it may have been built without page merging or huge pages.
    pub unknown_advice: Vec<Constant>,
    /// Whether `mremap` answers `EINVAL` for a length beyond the address space, as Linux 6.18 does. Older kernels answer
    /// `ENOMEM`.
    pub checks_length_first: bool,
    /// Whether `MAP_STACK` implies `MADV_NOHUGEPAGE`, as since Linux 6.7.
    pub stack_has_no_huge_pages: bool,
    /// Whether memory of `PROT_EXEC` alone cannot be read, as on a processor with protection keys.
    pub executes_only: bool,
    /// The refusal of `MAP_DROPPABLE`, which is there since Linux 6.11.
    pub droppable: Option<Errno>,
    /// Whether `MAP_SHARED_VALIDATE` knows `MAP_ABOVE4G`, as since Linux 6.6.
    pub knows_above_4g: bool,
    /// The refusal of a huge page, by the binary logarithm of its size in bytes; 0 for the size by default.
    pub huge_pages: Vec<(i32, Option<Errno>)>,
    /// The bytes that this process may lock in memory; `None` without a limit.
    pub lockable: Option<u64>,
    /// The refusals of the file system of temporary files; `None` where it makes no file to ask.
    pub files: Option<FileMaps>,
    /// The refusals of each special file, in the order of [`SpecialFile::ALL`]; `None` of one that cannot be opened, and all of a
    /// process that has no kernel to ask.
    pub special: Vec<Option<FileMaps>>,
}

/// The refusals of maps of a file, by the file system or by the kind of file.
#[derive(Clone, Debug)]
pub struct FileMaps {
    /// Of any map: not every file can be mapped.
    pub map: Option<Errno>,
    /// Of `MAP_GROWSDOWN`.
    pub grows: Option<Errno>,
    /// Of `PROT_EXEC`: the file system may be mounted without execution.
    pub exec: Option<Errno>,
    /// Of `MAP_SYNC`, which needs persistent memory.
    pub sync: Option<Errno>,
    /// Whether `MAP_SHARED_VALIDATE` knows `MAP_SYNC`. If not, it refuses the flag before any other check.
    pub knows_sync: bool,
}

impl Kernel {
    /// The kernel of this system, whose answers about advice and lengths the store has probed.
    ///
    /// # Errors
    /// Where no map or file in memory can be made.
    pub fn probe(
        unknown_advice: Vec<Constant>,
        checks_length_first: bool,
        stack_has_no_huge_pages: bool,
    ) -> Result<Kernel, Errno> {
        let memory = memfd_create(c"mmapcheck", MemfdFlags::CLOEXEC)?;
        let huge_page = |log| (log, refusal(PRIVATE | MAP_HUGETLB | log << HUGE_SHIFT, None));
        Ok(Kernel {
            unknown_advice,
            checks_length_first,
            stack_has_no_huge_pages,
            executes_only: !ProbedMap::new(1, EXECUTE, PRIVATE, None)?.is_readable()?,
            droppable: refusal(MAP_DROPPABLE, None),
            knows_above_4g: refusal(MAP_SHARED_VALIDATE | MAP_ABOVE4G, Some(memory.as_fd())).is_none(),
            huge_pages: [0, 21, 30].map(huge_page).to_vec(),
            lockable: lockable(),
            files: FileMaps::of_temporary_file(),
            special: SpecialFile::ALL.map(|(file, ..)| FileMaps::of_special(file)).to_vec(),
        })
    }

    /// A new kernel, for a process that has none to ask.
    #[must_use]
    pub fn simulated() -> Kernel {
        Kernel {
            unknown_advice: Vec::new(),
            checks_length_first: true,
            stack_has_no_huge_pages: true,
            executes_only: false,
            droppable: None,
            knows_above_4g: true,
            huge_pages: Vec::new(),
            lockable: None,
            files: None,
            special: Vec::new(),
        }
    }

    /// The refusals of maps of a special file.
    ///
    /// # Errors
    /// No outcome where the kernel was not asked.
    pub fn maps_of(&self, file: SpecialFile) -> RuleResult<&FileMaps> {
        let known = self.special.get(file as usize).and_then(Option::as_ref);
        known.ok_or_else(|| unsupported(format!("the system refuses {}", file.source())).into())
    }

    /// Checks that memory of this length in bytes can be locked. Other maps may have locked memory.
    ///
    /// # Errors
    /// As `mmap`; no outcome where that depends on the other maps.
    pub fn check_locked(&self, len: u64) -> RuleResult<()> {
        match self.lockable {
            Some(0) => Err(Errno::EPERM.into()),
            Some(most) if len > most => Err(Errno::EAGAIN.into()),
            Some(most) if len > most / LOCKED_MAPS => {
                Err(unsupported("whether this much memory can be locked depends on a limit of the system").into())
            }
            _ => Ok(()),
        }
    }
}

/// A share of the limit on locked memory that so many maps can have at once: more than a case has.
const LOCKED_MAPS: u64 = 64;

/// The refusal of a readable map of a byte.
fn refusal(flags: i32, file: Option<BorrowedFd<'_>>) -> Option<Errno> {
    ProbedMap::new(1, READ, flags, file).err()
}

/// The bytes that this process may lock; `None` without a limit, or with the privilege to exceed it. The probe locks memory
/// without access rights, of which the kernel makes no page.
fn lockable() -> Option<u64> {
    let most = getrlimit(Resource::Memlock).current?;
    let more = usize::try_from(most).ok()?.checked_add(1)?;
    ProbedMap::new(more, 0, PRIVATE | MAP_LOCKED, None).is_err().then_some(most)
}

impl FileMaps {
    fn of_special(file: SpecialFile) -> Option<FileMaps> {
        SpecialFiles::of_process().descriptor(file).ok().map(FileMaps::probe)
    }

    fn of_temporary_file() -> Option<FileMaps> {
        let how = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let file = in_temporary_folder(|folder| Ok(open(folder, how, Mode::RUSR | Mode::WUSR)?)).ok()?;
        Some(FileMaps::probe(file.as_fd()))
    }

    fn probe(file: BorrowedFd<'_>) -> FileMaps {
        let file = Some(file);
        FileMaps {
            map: refusal(SHARED, file),
            grows: refusal(SHARED | MAP_GROWSDOWN, file),
            exec: ProbedMap::new(1, EXECUTE, SHARED, file).err(),
            sync: refusal(SHARED | MAP_SYNC, file),
            knows_sync: refusal(MAP_SHARED_VALIDATE | MAP_SYNC | MAP_GROWSDOWN, file) == Some(Errno::EINVAL),
        }
    }
}
