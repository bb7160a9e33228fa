//! The traits of a store, by which the rules use an operating system: files, and memory that they are mapped into.

pub mod disk;
pub mod flags;
mod kernel;
pub mod memory;

pub use kernel::{FileMaps, Kernel};

use mmapcheck_spec::constants::Constant;
use mmapcheck_world::{Errno, FileHandle, FileSystem};
use std::ops::Range;

/// The arguments of `mmap(2)`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MapRequest {
    /// The length in bytes, never 0.
    pub len: usize,
    /// The offset in the file in bytes, a multiple of the page size.
    pub offset: u64,
    /// Whether writes are shared with the file and with other maps.
    pub shared: bool,
    /// Whether the memory can be written.
    pub writable: bool,
    /// Whether all pages are faulted in at once (`MAP_POPULATE`). A private writable page is then a copy from the start.
    pub populate: bool,
    /// Whether the pages stay in memory (`MAP_LOCKED`).
    pub locked: bool,
    /// Whether the kernel may drop the pages (`MAP_DROPPABLE`).
    pub droppable: bool,
    /// Whether the flags imply `MADV_NOHUGEPAGE`.
    pub no_huge_pages: bool,
}

/// The end of the memory that a search starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The search finds the lowest match.
    Forward,
    /// The search finds the highest match.
    Backward,
}

/// Maps files of a file system into memory.
pub trait Store {
    /// The files of a case.
    type Folder: FileSystem<File = Self::File>;
    /// An open file.
    type File: FileHandle;
    /// Mapped memory.
    type Memory: Memory;

    /// The kernel that makes the maps, or that is simulated.
    fn kernel(&self) -> &Kernel;

    /// A file without a name, full of zeros, open for reading and writing.
    ///
    /// # Errors
    /// As `memfd_create` and `ftruncate`.
    fn anonymous_file(&self, size: u64) -> Result<Self::File, Errno>;

    /// Maps a file, or anonymous memory.
    ///
    /// # Errors
    /// As `mmap`.
    fn map(&self, file: Option<&Self::File>, request: MapRequest) -> Result<Self::Memory, Errno>;
}

/// Mapped memory. Offsets are in bytes from its start, and every access lies below [`Memory::live`].
/// Other maps and descriptors share the memory, so that writing takes no exclusive reference.
pub trait Memory {
    /// How many bytes from the start are mapped and backed by a page. Touching the next one raises `SIGBUS`.
    fn live(&self) -> usize;

    /// How many bytes from the start keep their values once written. Behind the end of a file, in its last page, the file
    /// system decides: tmpfs keeps the bytes of a shared map even where the file then grows over them; ext4 zeroes them
    /// when it writes the page to disk or the file grows. Seen on Linux 6.18.
    fn lasting(&self) -> usize;

    /// Whether a copy has one defined result, whatever the order in which bytes are copied, and whether or not bytes that are
    /// equal already are written. A copy between two maps of one file has none: their addresses do not show that they share
    /// bytes. A copy of a private map onto itself has none: its pages follow the file until they are written.
    fn copy_is_defined(&self, at: usize, from: &Self, start: usize, count: usize) -> bool;

    /// The byte at an offset.
    fn byte(&self, at: usize) -> u8;

    /// Writes the byte at an offset.
    fn set(&self, at: usize, value: u8);

    /// A copy of `count` bytes.
    fn read(&self, at: usize, count: usize) -> Vec<u8>;

    /// Writes bytes.
    fn write(&self, at: usize, bytes: &[u8]);

    /// Copies `count` bytes from other memory or the same, as `memmove` does.
    fn copy(&self, at: usize, from: &Self, start: usize, count: usize);

    /// The offset of a needle, which is not empty, within a range.
    fn find(&self, range: Range<usize>, needle: &[u8], direction: Direction) -> Option<usize>;

    /// The digest of the first `count` bytes.
    fn digest(&self, count: usize) -> u64;

    /// Changes the length to `len` bytes, never 0; the address may change. `may_grow`: whether the process may map more
    /// pages.
    ///
    /// # Errors
    /// As `mremap`.
    fn resize(&mut self, len: usize, may_grow: bool) -> Result<(), Errno>;

    /// The memory of a child process: shared pages are shared with the child, private pages are copied. `None` where this
    /// store has no processes, or where the child does not inherit all of it (`MADV_DONTFORK`).
    fn fork(&self) -> Option<Self>
    where
        Self: Sized;

    /// Advises the kernel, by a constant `MADV_*`; `start` is a multiple of the page size.
    ///
    /// # Errors
    /// As `madvise`.
    fn advise(&self, advice: Constant, start: usize, len: usize) -> Result<(), Errno>;
}

/// The offset of a needle, which is not empty, in bytes.
pub(crate) fn find(bytes: &[u8], needle: &[u8], direction: Direction) -> Option<usize> {
    match (needle, direction) {
        ([byte], Direction::Forward) => memchr::memchr(*byte, bytes),
        ([byte], Direction::Backward) => memchr::memrchr(*byte, bytes),
        (_, Direction::Forward) => memchr::memmem::find(bytes, needle),
        (_, Direction::Backward) => memchr::memmem::rfind(bytes, needle),
    }
}
