//! The traits of a file system: files that a case opens, reads, writes, truncates, renames and removes.

use crate::Errno;
use mmapcheck_spec::{Content, Detail, Mode, SpecialFile};

/// The size in bytes that no file of a case exceeds.
pub const MAX_FILE_SIZE: u64 = 1 << 24;

/// An open file. A clone duplicates the descriptor, as `dup` does.
pub trait FileHandle: Clone {
    /// The mode that the file was opened with.
    fn mode(&self) -> Mode;

    /// The special file that it is; `None` of a regular file.
    fn irregular(&self) -> Option<SpecialFile>;

    /// Whether both handles are of one file, however each was opened.
    fn is_same(&self, other: &Self) -> bool;

    /// The size of the file in bytes.
    fn size(&self) -> u64;

    /// Sets the size of the file in bytes.
    ///
    /// # Errors
    /// As `ftruncate`.
    fn set_size(&self, size: u64) -> Result<(), Errno>;

    /// Writes bytes at an offset in bytes. The file grows as needed.
    ///
    /// # Errors
    /// As `pwrite`.
    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Errno>;

    /// Reads from an offset in bytes to the end of the file.
    ///
    /// # Errors
    /// As `pread`.
    fn read(&self, at: u64) -> Result<Vec<u8>, Errno>;
}

/// The files of a case. A number identifies a file, and a number identifies a name: at the start of a case, name N leads
/// to file N. Renaming changes where a name leads, and never the number of a file.
pub trait FileSystem {
    /// An open file.
    type File: FileHandle;

    /// Creates a file and its name, in place of the file with this number and of the file with this name. Numbers are
    /// created in order.
    ///
    /// # Errors
    /// As `open`.
    fn create(&mut self, number: usize) -> Result<(), Errno>;

    /// Sets the bytes of a file at the start of a case, whatever an earlier case left in it.
    ///
    /// # Errors
    /// As `write`.
    fn fill(&mut self, number: usize, bytes: &[u8]) -> Result<(), Errno>;

    /// Opens a file by a name that leads to it, without truncating it.
    ///
    /// # Errors
    /// As `open`.
    fn open(&mut self, name: usize, number: usize, mode: Mode) -> Result<Self::File, Errno>;

    /// A handle of a special file.
    ///
    /// # Errors
    /// As the call that opens it.
    fn special(&mut self, file: SpecialFile) -> Result<Self::File, Errno>;

    /// Removes a name.
    ///
    /// # Errors
    /// As `unlink`.
    fn unlink(&mut self, name: usize) -> Result<(), Errno>;

    /// Renames a file; a file that had the name `to` loses it.
    ///
    /// # Errors
    /// As `rename`.
    fn rename(&mut self, name: usize, to: usize) -> Result<(), Errno>;

    /// The size of a file in bytes.
    fn size(&self, number: usize) -> u64;

    /// Takes a handle back when a case ends, to reuse it when the same file is opened again.
    fn recycle(&mut self, number: usize, file: Self::File);

    /// The length and digest of a file, as a trace keeps them.
    fn look(&mut self, number: usize, detail: Detail) -> Content;
}
