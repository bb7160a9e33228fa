//! The buffer of an object, and a way to read it where parts may be dead.

use super::object::{Object, PyResult, failure};
use pyo3::ffi::{self, Py_buffer};
use rustix::fd::{AsRawFd, OwnedFd};

/// The memory of an object, exported by the buffer protocol.
pub struct Buffer(Py_buffer);

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: the buffer was filled by `PyObject_GetBuffer` and is released once; the GIL is held.
        unsafe { ffi::PyBuffer_Release(&raw mut self.0) };
    }
}

impl Object {
    /// Exports the memory of the object as contiguous bytes.
    pub fn buffer(&self) -> PyResult<Buffer> {
        let mut buffer = Py_buffer::new();
        // SAFETY: the object is alive, the GIL is held, and the buffer is released by `Buffer`.
        if unsafe { ffi::PyObject_GetBuffer(self.raw(), &raw mut buffer, ffi::PyBUF_SIMPLE) } == 0 {
            return Ok(Buffer(buffer));
        }
        Err(failure())
    }
}

impl Buffer {
    pub(super) fn start(&self) -> *const u8 {
        self.0.buf.cast()
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.len.try_into().unwrap_or(0)
    }

    /// Calls `read` with the bytes. Dead memory kills the process: the caller must rule it out, or use [`Scratch`].
    pub fn with<T>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
        if self.len() == 0 {
            return read(&[]);
        }
        // SAFETY: the object exports this memory as long as the buffer is held, so it stays mapped.
        // Nobody writes to it while `read` runs: this thread holds the GIL and runs no Python meanwhile.
        read(unsafe { std::slice::from_raw_parts(self.start(), self.len()) })
    }
}

/// A file in memory, through which bytes that may be dead are copied: the kernel stops at a dead page, where an access by the
/// process would kill it.
#[derive(Debug)]
pub struct Scratch {
    file: OwnedFd,
    bytes: Vec<u8>,
}

/// How many bytes are copied at once: a multiple of the page size, so that a short copy ends at a dead page.
const CHUNK: usize = 64 * 1024;

impl Scratch {
    pub fn new() -> rustix::io::Result<Scratch> {
        let file = rustix::fs::memfd_create(c"mmapcheck", rustix::fs::MemfdFlags::CLOEXEC)?;
        Ok(Scratch { file, bytes: Vec::new() })
    }

    /// The bytes of the buffer up to the first dead page.
    pub fn readable(&mut self, buffer: &Buffer) -> &[u8] {
        self.bytes.clear();
        while self.bytes.len() < buffer.len() {
            let from = self.bytes.len();
            let wanted = CHUNK.min(buffer.len() - from);
            // SAFETY: the pointer stays within the exported memory.
            let got = self.fill(unsafe { buffer.start().add(from) }, wanted);
            self.bytes.resize(from + got, 0);
            let _ = rustix::io::pread(&self.file, &mut self.bytes[from..], 0);
            if got < wanted {
                break;
            }
        }
        &self.bytes
    }

    /// Copies bytes to the file, and returns how many could be read.
    fn fill(&self, start: *const u8, count: usize) -> usize {
        // SAFETY: only the kernel reads the memory, and where it cannot it says so.
        // No reference to the bytes is made, since some may be dead.
        let got = unsafe { libc::pwrite(self.file.as_raw_fd(), start.cast(), count, 0) };
        got.try_into().unwrap_or(0)
    }
}
