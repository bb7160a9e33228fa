//! What the rules need of an operating system: files with sizes, and memory they are mapped in.

pub mod disk;
pub mod memory;

use crate::errno::Errno;
use mmapcheck_spec::{Content, Detail, Mode};
use std::ops::Range;

/// What Linux kernels differ in, as far as a program can see it.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The advice it does not know: it may have been built without pages that merge, or huge ones.
    pub unknown_advice: Vec<i32>,
    /// Whether `mremap` looks at the length first, and calls one beyond all addresses an invalid argument. Seen in 6.18;
    /// older ones find no memory for it.
    pub refuses_lengths: bool,
}

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

/// Files and memory. A file of a case is known by its number in its world, whatever name leads to it by now: at the start of a
/// case, that of the same number.
pub trait Store {
    /// An open file. A clone is another descriptor of the same opening.
    type File: Clone;
    /// Mapped memory.
    type Memory: Memory;

    /// Makes a file and its name, in place of what had this number and of what has the name. Numbers come in order.
    ///
    /// # Errors
    /// As `open`.
    fn create(&mut self, number: usize) -> Result<(), Errno>;

    /// Gives a file these bytes at the start of a case, whatever an earlier case left in it.
    ///
    /// # Errors
    /// As `write`.
    fn fill(&mut self, number: usize, bytes: &[u8]) -> Result<(), Errno>;

    /// Opens a file by a name that leads to it, without emptying it.
    ///
    /// # Errors
    /// As `open`.
    fn open(&mut self, name: usize, number: usize, mode: Mode) -> Result<Self::File, Errno>;

    /// Takes a name away.
    ///
    /// # Errors
    /// As `unlink`.
    fn unlink(&mut self, name: usize) -> Result<(), Errno>;

    /// Lets a name lead where another one does, which is taken away.
    ///
    /// # Errors
    /// As `rename`.
    fn rename(&mut self, name: usize, to: usize) -> Result<(), Errno>;

    /// Takes back what was opened and is not used any more, to be given out again.
    fn take_back(&mut self, number: usize, file: Self::File);

    /// What is in a file, as a trace keeps it.
    fn look(&mut self, number: usize, detail: Detail) -> Content;

    /// How the file was opened.
    fn mode(file: &Self::File) -> Mode;

    /// Whether both are the same file, however it was opened.
    fn is_same(file: &Self::File, other: &Self::File) -> bool;

    /// The size of the file in bytes.
    fn size(file: &Self::File) -> u64;

    /// Sets the size of the file in bytes.
    ///
    /// # Errors
    /// As `ftruncate`.
    fn set_size(file: &Self::File, size: u64) -> Result<(), Errno>;

    /// Writes bytes at a place; the file grows as needed.
    ///
    /// # Errors
    /// As `pwrite`.
    fn write(file: &Self::File, at: u64, bytes: &[u8]) -> Result<(), Errno>;

    /// The bytes from a place to the end.
    ///
    /// # Errors
    /// As `pread`.
    fn read(file: &Self::File, at: u64) -> Result<Vec<u8>, Errno>;

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

    /// How many bytes from the start keep what is written to them. What a shared map writes behind the end of its file, in
    /// the last page, depends on the file system: tmpfs keeps it even where the file then grows over it; ext4 makes it zero
    /// whenever the page is written to the disk or the file grows. Seen on Linux 6.18.
    fn lasting(&self) -> usize;

    /// Whether copying these bytes comes to the same whatever the order in which they are copied, and whether they are
    /// written at all where they are the same already. It does not for two maps of one file, which share bytes at addresses
    /// that do not show it, nor for a private map's own bytes, which follow the file until they are written.
    fn copies_one_way(&self, at: usize, from: &Self, start: usize, count: usize) -> bool;

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

    /// Maps `len` bytes instead, never 0; the place in the process may change. `granted`: whether there may be more pages.
    ///
    /// # Errors
    /// As `mremap`.
    fn resize(&mut self, len: usize, granted: bool) -> Result<(), Errno>;

    /// The same memory as a child of this process begins with it: what is shared is shared with it, what is private is its
    /// own copy. None where this store has no processes, or where the child does not get all of it (`MADV_DONTFORK`).
    fn of_child(&self) -> Option<Self>
    where
        Self: Sized;

    /// Advises the kernel, by the numbers of `MADV_*`; `start` is in whole pages.
    ///
    /// # Errors
    /// As `madvise`.
    fn advise(&self, advice: i32, start: usize, len: usize) -> Result<(), Errno>;
}

/// Where a needle that is not empty lies in bytes.
pub(crate) fn find(bytes: &[u8], needle: &[u8], direction: Direction) -> Option<usize> {
    match (needle, direction) {
        ([byte], Direction::Forward) => memchr::memchr(*byte, bytes),
        ([byte], Direction::Backward) => memchr::memrchr(*byte, bytes),
        (_, Direction::Forward) => memchr::memmem::find(bytes, needle),
        (_, Direction::Backward) => memchr::memmem::rfind(bytes, needle),
    }
}
