//! What the rules need of an operating system: files with sizes, and memory they are mapped in.

use crate::errno::Errno;
use mmapcheck_spec::Mode;
use std::ops::Range;

/// The size of a page in bytes, on Linux x86-64, as all numbers of the constants are.
pub const PAGE: usize = 4096;

/// What memory is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// How many bytes, never 0.
    pub len: usize,
    /// Where in the file, in whole pages.
    pub offset: u64,
    /// Whether others see what is written.
    pub shared: bool,
    /// Whether it can be written.
    pub writable: bool,
    /// Whether its pages are fetched now (`MAP_POPULATE`): a private writable page is then a copy from the start.
    pub populate: bool,
}

/// Which end of the memory a search starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The lowest place is found.
    Forward,
    /// The highest place is found.
    Backward,
}

/// Files and memory.
pub trait Store {
    /// An open file. A clone is another descriptor of the same opening.
    type File: Clone;
    /// Mapped memory.
    type Memory: Memory;

    /// How the file was opened.
    fn mode(file: &Self::File) -> Mode;

    /// The size of the file in bytes.
    fn size(file: &Self::File) -> u64;

    /// Sets the size of the file in bytes.
    ///
    /// # Errors
    /// As `ftruncate`.
    fn set_size(file: &Self::File, size: u64) -> Result<(), Errno>;

    /// A file that is in no folder, full of zeros, open for reading and writing.
    ///
    /// # Errors
    /// Where there is no room for it.
    fn nameless(&self, size: u64) -> Result<Self::File, Errno>;

    /// Maps a file, or memory of no file.
    ///
    /// # Errors
    /// As `mmap`.
    fn map(&self, file: Option<&Self::File>, request: Request) -> Result<Self::Memory, Errno>;
}

/// Mapped memory. Places count from its start; what is touched lies below [`Memory::live`].
/// It is shared with other maps and with descriptors, so writing takes no exclusive reference.
pub trait Memory {
    /// How many bytes from the start are mapped and have a page behind them: touching the next one is `SIGBUS`.
    fn live(&self) -> usize;

    /// How many bytes from the start keep what is written to them. Behind the end of a shared file, in its last page,
    /// the kernel zeroes bytes whenever it next writes the page to the disk.
    fn lasting(&self) -> usize;

    /// The byte at a place.
    fn byte(&self, at: usize) -> u8;

    /// Writes the byte at a place.
    fn set(&self, at: usize, value: u8);

    /// A copy of `count` bytes.
    fn read(&self, at: usize, count: usize) -> Vec<u8>;

    /// Writes bytes.
    fn write(&self, at: usize, bytes: &[u8]);

    /// Copies `count` bytes from other memory or the same, as `memmove` does.
    fn copy(&self, at: usize, from: &Self, start: usize, count: usize);

    /// Where in the range a needle that is not empty lies.
    fn find(&self, range: Range<usize>, needle: &[u8], direction: Direction) -> Option<usize>;

    /// The digest of the first `count` bytes.
    fn digest(&self, count: usize) -> u64;

    /// Maps `len` bytes instead, never 0; the place in the process may change.
    ///
    /// # Errors
    /// As `mremap`.
    fn resize(&mut self, len: usize) -> Result<(), Errno>;

    /// Advises the kernel, by the numbers of `MADV_*`; `start` is in whole pages.
    ///
    /// # Errors
    /// As `madvise`.
    fn advise(&self, advice: i32, start: usize, len: usize) -> Result<(), Errno>;
}
