//! The trait of a type under test, and its errors.

use mmapcheck::typed::Access;
use std::fs::File;
use std::io::{self, SeekFrom};

/// The result of a method of [`Mapping`].
pub type Result<T = ()> = std::result::Result<T, Error>;

/// The reason why a method of [`Mapping`] has no value. Each is compared with the class of the exception that Python's `mmap`
/// raises; texts are not compared.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The type lacks the method, or this form of it.
    NotHere,
    /// The map is closed: `ValueError`.
    Closed,
    /// An index lies outside the map: `IndexError` for [`Mapping::get`], [`Mapping::set`] and [`Mapping::set_range`], and
    /// `ValueError` for every other method.
    OutOfRange,
    /// The map cannot be written: `TypeError`.
    ReadOnly,
    /// An argument is refused without a system call, such as a length greater than the file: `ValueError`.
    Invalid,
    /// A system call failed: `OSError` with its number, or the subclass of `OSError` for that number. An error without a number is
    /// `ValueError` if its kind is `InvalidInput`, `InvalidData` or `UnexpectedEof`.
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

/// The part of a file that is to be mapped, and the access to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The start of the map in the file, in bytes. Python's `mmap` takes multiples of the page size alone, and refuses
    /// others with `EINVAL`.
    pub offset: u64,
    /// The length of the map in bytes; `None`: the rest of the file.
    pub len: Option<usize>,
    /// The access.
    pub access: Access,
}

/// A memory map under test.
///
/// [`Mapping::map`] and [`Mapping::len`] are needed. Every other method may be left out: its default returns
/// [`Error::NotHere`], and then no test uses it. Positions, lengths and offsets are in bytes. The name of the corresponding
/// operation of Python's `mmap` stands at each method, and its documentation says what the method must do.
///
/// The methods that use the position need [`Mapping::tell`]: without it, none of them is tested.
#[expect(unused_variables, reason = "the defaults use no argument, and the names document the methods")]
#[expect(clippy::len_without_is_empty, reason = "Python's mmap has no such method")]
pub trait Mapping: Sized {
    /// Maps a file: `mmap(fileno, length, access=access, offset=offset)`. Returns [`Error::NotHere`] for an access, a length or an
    /// offset that the type does not offer.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the file is empty or shorter than the region, and the error of the system call.
    fn map(file: &File, region: &Region) -> Result<Self>;

    /// The length: `len(m)`.
    ///
    /// # Errors
    /// [`Error::Closed`].
    fn len(&self) -> Result<usize>;

    /// Makes a map without a file, full of zeros: `mmap(-1, len)`.
    ///
    /// # Errors
    /// The error of the system call.
    fn anonymous(len: usize) -> Result<Self> {
        Err(Error::NotHere)
    }

    /// The memory. With it, all bytes are compared after every step; it also is `bytes(m)`.
    ///
    /// # Errors
    /// [`Error::Closed`].
    fn as_slice(&self) -> Result<&[u8]> {
        Err(Error::NotHere)
    }

    /// One byte: `m[index]`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::Closed`].
    fn get(&self, index: usize) -> Result<u8> {
        Err(Error::NotHere)
    }

    /// Assigns one byte: `m[index] = byte`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::ReadOnly`], [`Error::Closed`].
    fn set(&mut self, index: usize, byte: u8) -> Result {
        Err(Error::NotHere)
    }

    /// A copy of a range: `m[start:end]`. Bounds behind the end of the map are those of its end, and a range that ends before it
    /// starts is empty.
    ///
    /// # Errors
    /// [`Error::Closed`].
    fn get_range(&self, start: usize, end: usize) -> Result<Vec<u8>> {
        Err(Error::NotHere)
    }

    /// Assigns a range: `m[start:start + len(bytes)] = bytes`. No bytes fit anywhere, also behind the end of the map.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::ReadOnly`], [`Error::Closed`].
    fn set_range(&mut self, start: usize, bytes: &[u8]) -> Result {
        Err(Error::NotHere)
    }

    /// The lowest index at which the needle lies wholly between `start` and `end`: `m.find(needle, start, end)`. Bounds behind the
    /// end of the map are those of its end.
    ///
    /// # Errors
    /// [`Error::Closed`].
    fn find(&self, needle: &[u8], start: usize, end: usize) -> Result<Option<usize>> {
        Err(Error::NotHere)
    }

    /// The highest such index: `m.rfind(needle, start, end)`.
    ///
    /// # Errors
    /// [`Error::Closed`].
    fn rfind(&self, needle: &[u8], start: usize, end: usize) -> Result<Option<usize>> {
        Err(Error::NotHere)
    }

    /// Copies bytes within the map; the ranges may overlap: `m.move(dest, src, count)`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::ReadOnly`], [`Error::Closed`].
    fn move_range(&mut self, dest: usize, src: usize, count: usize) -> Result {
        Err(Error::NotHere)
    }

    /// The position: `m.tell()`.
    ///
    /// # Errors
    /// [`Error::Closed`].
    fn tell(&self) -> Result<u64> {
        Err(Error::NotHere)
    }

    /// Moves the position, to the end of the map at most, and returns the new one: `m.seek(pos, whence)`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::Closed`].
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        Err(Error::NotHere)
    }

    /// Reads at most `count` bytes at the position: `m.read(count)`. `m.read()` passes [`usize::MAX`].
    ///
    /// # Errors
    /// [`Error::Closed`].
    fn read(&mut self, count: usize) -> Result<Vec<u8>> {
        Err(Error::NotHere)
    }

    /// Reads one byte at the position: `m.read_byte()`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] at the end of the map, [`Error::Closed`].
    fn read_byte(&mut self) -> Result<u8> {
        Err(Error::NotHere)
    }

    /// Reads through the next newline, or to the end of the map: `m.readline()`.
    ///
    /// # Errors
    /// [`Error::Closed`].
    fn read_line(&mut self) -> Result<Vec<u8>> {
        Err(Error::NotHere)
    }

    /// Writes all bytes at the position, or none, and returns their number: `m.write(bytes)`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] where they do not fit, [`Error::ReadOnly`], [`Error::Closed`].
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        Err(Error::NotHere)
    }

    /// Writes one byte at the position: `m.write_byte(byte)`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] at the end of the map, [`Error::ReadOnly`], [`Error::Closed`].
    fn write_byte(&mut self, byte: u8) -> Result {
        Err(Error::NotHere)
    }

    /// Resizes the map and its file; the position stays: `m.resize(len)`. Returns [`Error::NotHere`] for growing or shrinking, if
    /// the type does not offer it.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] for a map that does not write to its file, [`Error::Closed`], and the error of the system call.
    fn resize(&mut self, len: usize) -> Result {
        Err(Error::NotHere)
    }

    /// Writes a range back to the file: `m.flush(offset, len)`. `m.flush()` passes the whole map.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::Closed`], and the error of the system call: `EINVAL` unless the offset is a multiple of the
    /// page size.
    fn flush(&self, offset: usize, len: usize) -> Result {
        Err(Error::NotHere)
    }

    /// The size of the file, or the length of a map without one: `m.size()`.
    ///
    /// # Errors
    /// [`Error::Closed`].
    fn file_size(&self) -> Result<u64> {
        Err(Error::NotHere)
    }

    /// Closes the map: `m.close()`. To close it again has no effect.
    ///
    /// # Errors
    /// None that Python's `mmap` has.
    fn close(&mut self) -> Result {
        Err(Error::NotHere)
    }

    /// Whether the map is closed: `m.closed`.
    ///
    /// # Errors
    /// None that Python's `mmap` has.
    fn is_closed(&self) -> Result<bool> {
        Err(Error::NotHere)
    }
}
