//! Platforms, and the facts of each as data: sizes, numbers and texts of the system, and its capabilities.
//!
//! A rule that depends on a platform names a [`Capability`]; everything else asks [`PlatformFacts`].

use crate::constants::{self as c, Constant};
use crate::system::{Signal, SystemError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// The platform a map lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Platform {
    /// Linux on x86-64.
    Linux,
    /// Windows on x86-64.
    Windows,
    /// WebAssembly by Emscripten: no kernel that manages memory.
    Wasm,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Platform; 3] = [Platform::Linux, Platform::Windows, Platform::Wasm];

    /// The facts of the platform.
    #[must_use]
    pub const fn facts(self) -> &'static PlatformFacts {
        match self {
            Platform::Linux => &LINUX,
            Platform::Windows => &WINDOWS,
            Platform::Wasm => &WASM,
        }
    }

    /// Its name in profiles and pages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }
}

/// A capability that only some systems have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Touching a page that has nothing behind it, or that must not be touched, kills the process.
    DeadMemory,
    /// The system call `fork`.
    Fork,
    /// The system call `madvise`.
    Madvise,
    /// The module `resource`, and limits that the system enforces.
    ResourceLimits,
    /// Maps are views of sections, as on Windows.
    Sections,
    /// Devices, folders, pipes and sockets have descriptors that `mmap` takes or refuses as Linux does.
    SpecialFiles,
    /// Removing or changing the name of a file that is open or mapped.
    UnlinkOpenFiles,
}

impl Capability {
    /// Every capability, with its name.
    pub const ALL: [(Capability, &'static str); 7] = [
        (Capability::DeadMemory, "dead memory"),
        (Capability::Fork, "fork"),
        (Capability::Madvise, "madvise"),
        (Capability::ResourceLimits, "resource limits"),
        (Capability::Sections, "sections"),
        (Capability::SpecialFiles, "special files"),
        (Capability::UnlinkOpenFiles, "unlinking of open files"),
    ];
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Capability::ALL[*self as usize].1)
    }
}

/// A number of bytes that is a power of two: the size of a page, or what offsets are multiples of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageSize {
    /// The logarithm to base 2.
    bits: u32,
}

impl PageSize {
    /// A size in bytes.
    ///
    /// # Panics
    /// If it is not a power of two.
    #[must_use]
    pub const fn new(bytes: usize) -> PageSize {
        assert!(bytes.is_power_of_two(), "the size of a page is a power of two");
        PageSize { bits: bytes.trailing_zeros() }
    }

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        1 << self.bits
    }

    /// How many whole pages lie before a place.
    #[must_use]
    pub const fn before(self, at: usize) -> usize {
        at >> self.bits
    }

    /// How many pages that many bytes take.
    #[must_use]
    pub const fn count(self, len: usize) -> usize {
        (len >> self.bits) + (len & (self.bytes() - 1) != 0) as usize
    }

    /// A length rounded up to whole pages, in bytes. It must not be within a page of the largest number.
    #[must_use]
    pub const fn round_up(self, len: usize) -> usize {
        (len + (self.bytes() - 1)) & !(self.bytes() - 1)
    }

    /// Whether a place is the start of a page.
    #[must_use]
    pub const fn divides(self, at: i64) -> bool {
        at & (self.bytes() as i64 - 1) == 0
    }
}

/// The facts of a platform.
#[derive(Clone, Copy, Debug)]
pub struct PlatformFacts {
    /// Its name in profiles and pages.
    pub name: &'static str,
    /// The value of `sys.platform`.
    pub sys_platform: &'static str,
    /// The size of a page (`mmap.PAGESIZE`).
    pub page: PageSize,
    /// The number that offsets are multiples of (`mmap.ALLOCATIONGRANULARITY`).
    pub granularity: PageSize,
    /// How many bits a `Py_ssize_t` has.
    pub ssize_bits: u32,
    /// How many bits a C `long` has.
    pub long_bits: u32,
    /// How many bits the addresses of a process have.
    pub address_bits: u32,
    /// The numbers of signals.
    pub signals: &'static [(Signal, i32)],
    /// The numbers of system errors (`errno`).
    pub errors: &'static [(SystemError, i32)],
    /// The values of the module's constants; none for a constant that the module lacks.
    pub constants: [Option<i32>; c::ALL.len()],
    /// Numbers of `madvise` without a constant, or with one that needs privileges: what they do is not modelled.
    pub unmodelled_advice: &'static [RangeInclusive<i32>],
    /// The capabilities of the system.
    pub capabilities: &'static [Capability],
}

impl PlatformFacts {
    /// Whether the system has a capability.
    #[must_use]
    pub const fn has(&self, capability: Capability) -> bool {
        let mut at = 0;
        while at < self.capabilities.len() {
            if self.capabilities[at] as u8 == capability as u8 {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The number of a signal.
    ///
    /// # Panics
    /// If the platform's list lacks the signal; a test holds each list complete.
    #[must_use]
    pub const fn signal(&self, signal: Signal) -> i32 {
        let mut at = 0;
        while at < self.signals.len() {
            if self.signals[at].0 as u8 == signal as u8 {
                return self.signals[at].1;
            }
            at += 1;
        }
        panic!("the platform lists every signal")
    }

    /// The signal with a number, if it has a name here.
    #[must_use]
    pub fn signal_of(&self, number: i32) -> Option<Signal> {
        self.signals.iter().find(|(_, known)| *known == number).map(|(signal, _)| *signal)
    }

    /// The number of a system error.
    ///
    /// # Panics
    /// If the platform's list lacks the error; a test holds each list complete.
    #[must_use]
    pub const fn errno(&self, error: SystemError) -> i32 {
        let mut at = 0;
        while at < self.errors.len() {
            if self.errors[at].0 as u8 == error as u8 {
                return self.errors[at].1;
            }
            at += 1;
        }
        panic!("the platform lists every system error")
    }

    /// The system error with a number, if it has a name here.
    #[must_use]
    pub fn system_error(&self, number: i32) -> Option<SystemError> {
        self.errors.iter().find(|(_, known)| *known == number).map(|(error, _)| *error)
    }

    /// The value of a constant, if the module has it.
    #[must_use]
    pub const fn value(&self, constant: Constant) -> Option<i32> {
        self.constants[constant.place() as usize]
    }

    /// The value of a constant. One that the module lacks counts with its value on Linux, so that a session which names it
    /// passes the same number everywhere.
    #[must_use]
    pub const fn value_in_session(&self, constant: Constant) -> i32 {
        match self.value(constant) {
            Some(value) => value,
            None => LINUX.bits(&[constant]),
        }
    }

    /// The bits of constants joined by `|`. A constant that the module lacks has none.
    #[must_use]
    pub const fn bits(&self, constants: &[Constant]) -> i32 {
        let mut bits = 0;
        let mut at = 0;
        while at < constants.len() {
            if let Some(value) = self.value(constants[at]) {
                bits |= value;
            }
            at += 1;
        }
        bits
    }

    /// The first constant with this value whose name starts like this.
    #[must_use]
    pub fn constant(&self, prefix: &str, value: i32) -> Option<Constant> {
        c::ALL.into_iter().find(|one| self.value(*one) == Some(value) && one.name().starts_with(prefix))
    }

    /// The length in bytes from which on no map of a process is possible: its addresses, less a page.
    #[must_use]
    pub const fn addresses(&self) -> usize {
        (1 << self.address_bits) - self.page.bytes()
    }

    /// The facts as names and texts, for people; the same names in the same order for every platform.
    #[must_use]
    pub fn listed(&self) -> Vec<(&'static str, String)> {
        let can: Vec<_> = self.capabilities.iter().map(Capability::to_string).collect();
        vec![
            ("page size", format!("{} bytes", self.page.bytes())),
            ("allocation granularity", format!("{} bytes", self.granularity.bytes())),
            ("Py_ssize_t", format!("{} bits", self.ssize_bits)),
            ("C long", format!("{} bits", self.long_bits)),
            ("addresses", format!("{} bits", self.address_bits)),
            ("capabilities", can.join(", ")),
        ]
    }

    /// The largest `Py_ssize_t`.
    #[must_use]
    pub const fn ssize_max(&self) -> i64 {
        most(self.ssize_bits)
    }

    /// The largest C `long`.
    #[must_use]
    pub const fn long_max(&self) -> i64 {
        most(self.long_bits)
    }
}

/// The values of a platform's constants, by their places.
const fn values(list: &[(Constant, i32)]) -> [Option<i32>; c::ALL.len()] {
    let mut values = [None; c::ALL.len()];
    let mut at = 0;
    while at < list.len() {
        values[list[at].0.place() as usize] = Some(list[at].1);
        at += 1;
    }
    values
}

/// The largest signed number of that many bits.
const fn most(bits: u32) -> i64 {
    i64::MAX >> (i64::BITS - bits)
}

/// Linux on x86-64.
pub const LINUX: PlatformFacts = PlatformFacts {
    name: "linux",
    sys_platform: "linux",
    page: PageSize::new(4096),
    granularity: PageSize::new(4096),
    ssize_bits: 64,
    long_bits: 64,
    address_bits: 47,
    signals: &[
        (Signal::Illegal, 4),
        (Signal::Abort, 6),
        (Signal::Bus, 7),
        (Signal::Arithmetic, 8),
        (Signal::Kill, 9),
        (Signal::Segv, 11),
        (Signal::Term, 15),
        (Signal::FileSize, 25),
    ],
    errors: &[
        (SystemError::NotPermitted, 1),
        (SystemError::InputOutput, 5),
        (SystemError::BadDescriptor, 9),
        (SystemError::TryAgain, 11),
        (SystemError::NoMemory, 12),
        (SystemError::PermissionDenied, 13),
        (SystemError::BadAddress, 14),
        (SystemError::Busy, 16),
        (SystemError::NoDevice, 19),
        (SystemError::InvalidArgument, 22),
        (SystemError::TooManyFiles, 24),
        (SystemError::FileTooLarge, 27),
        (SystemError::NoSpace, 28),
        (SystemError::NotSupported, 95),
    ],
    constants: values(&[
        (c::ACCESS_DEFAULT, 0),
        (c::ACCESS_READ, 1),
        (c::ACCESS_WRITE, 2),
        (c::ACCESS_COPY, 3),
        (c::MAP_SHARED, 1),
        (c::MAP_PRIVATE, 2),
        (c::MAP_ANONYMOUS, 32),
        (c::MAP_ANON, 32),
        (c::MAP_DENYWRITE, 2048),
        (c::MAP_EXECUTABLE, 4096),
        (c::MAP_POPULATE, 32768),
        (c::MAP_STACK, 131072),
        (c::MAP_NORESERVE, 16384),
        (c::MAP_32BIT, 64),
        (c::PROT_READ, 1),
        (c::PROT_WRITE, 2),
        (c::PROT_EXEC, 4),
        (c::MADV_NORMAL, 0),
        (c::MADV_RANDOM, 1),
        (c::MADV_SEQUENTIAL, 2),
        (c::MADV_WILLNEED, 3),
        (c::MADV_DONTNEED, 4),
        (c::MADV_FREE, 8),
        (c::MADV_REMOVE, 9),
        (c::MADV_DONTFORK, 10),
        (c::MADV_DOFORK, 11),
        (c::MADV_MERGEABLE, 12),
        (c::MADV_UNMERGEABLE, 13),
        (c::MADV_HUGEPAGE, 14),
        (c::MADV_NOHUGEPAGE, 15),
        (c::MADV_DONTDUMP, 16),
        (c::MADV_DODUMP, 17),
        (c::MADV_HWPOISON, 100),
        (c::MS_ASYNC, 1),
        (c::MS_INVALIDATE, 2),
        (c::MS_SYNC, 4),
        (c::PAGESIZE, 1 << 12),
        (c::ALLOCATIONGRANULARITY, 1 << 12),
    ]),
    unmodelled_advice: &[18..=25, 100..=103],
    capabilities: &[
        Capability::DeadMemory,
        Capability::Fork,
        Capability::Madvise,
        Capability::ResourceLimits,
        Capability::SpecialFiles,
        Capability::UnlinkOpenFiles,
    ],
};

/// Windows on x86-64: seen in 3.11.9. A `long` has as many bits as an `int`, which shows in how large numbers are refused.
pub const WINDOWS: PlatformFacts = PlatformFacts {
    name: "windows",
    sys_platform: "win32",
    granularity: PageSize::new(1 << 16),
    long_bits: 32,
    constants: values(&[
        (c::ACCESS_DEFAULT, 0),
        (c::ACCESS_READ, 1),
        (c::ACCESS_WRITE, 2),
        (c::ACCESS_COPY, 3),
        (c::PAGESIZE, 1 << 12),
        (c::ALLOCATIONGRANULARITY, 1 << 16),
    ]),
    capabilities: &[Capability::Sections],
    ..LINUX
};

/// WebAssembly by Emscripten. A map is a copy of its file, and no page of it is dead. Its sizes are those of Linux here,
/// although a WebAssembly page has 64 KiB and its addresses 32 bits: no reference has been checked against them.
pub const WASM: PlatformFacts =
    PlatformFacts { name: "wasm", sys_platform: "emscripten", capabilities: &[Capability::Madvise], ..LINUX };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_platform_and_capability_has_a_place_and_a_name_of_its_own() {
        let names: std::collections::HashSet<_> = Platform::ALL.map(Platform::name).into();
        assert_eq!(names.len(), Platform::ALL.len());
        assert!(Capability::ALL.iter().enumerate().all(|(place, (capability, _))| *capability as usize == place));
    }

    #[test]
    fn each_platform_numbers_every_signal_and_error_once() {
        for facts in Platform::ALL.map(Platform::facts) {
            for &signal in Signal::ALL {
                assert_eq!(facts.signal_of(facts.signal(signal)), Some(signal));
            }
            for &error in SystemError::ALL {
                assert_eq!(facts.system_error(facts.errno(error)), Some(error));
            }
        }
    }

    #[test]
    fn pages_are_counted_and_rounded_as_by_division() {
        let page = PageSize::new(4096);
        for len in [0, 1, 4095, 4096, 4097, 8192, 8193, (1 << 47) + 1] {
            assert_eq!((page.count(len), page.before(len)), (len.div_ceil(4096), len / 4096));
            assert_eq!(page.round_up(len), len.next_multiple_of(4096));
            assert_eq!(page.divides(len as i64), len % 4096 == 0);
        }
    }

    #[test]
    fn numbers_end_where_their_bits_do() {
        assert_eq!((LINUX.ssize_max(), LINUX.long_max()), (i64::MAX, i64::MAX));
        assert_eq!((WINDOWS.ssize_max(), WINDOWS.long_max()), (i64::MAX, i32::MAX.into()));
    }
}
