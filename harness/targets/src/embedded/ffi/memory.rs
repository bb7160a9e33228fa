//! The buffer of an object, and a way to read it where parts may be dead.

use super::object::{Object, PyResult, judged, system_error};
use crate::death::may_replace;
use pyo3::ffi::{self, Py_buffer};
use rustix::fd::{AsRawFd, OwnedFd};

/// The memory of an object, exported by the buffer protocol. The structure does not move, since the object may keep its address.
pub struct Buffer(Box<Py_buffer>);

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: the buffer was filled by `PyObject_GetBuffer` and is released once; the GIL is held.
        unsafe { ffi::PyBuffer_Release(&raw mut *self.0) };
    }
}

impl Object {
    /// Exports the memory of the object as contiguous bytes.
    pub fn buffer(&self) -> PyResult<Buffer> {
        let mut buffer = Box::new(Py_buffer::new());
        // SAFETY: the object is alive, the GIL is held, and the buffer is released by `Buffer`.
        let failed = unsafe { ffi::PyObject_GetBuffer(self.raw(), &raw mut *buffer, ffi::PyBUF_SIMPLE) } != 0;
        // An object that filled the buffer gets it back, even if it left an exception as well.
        let exported = (!failed).then(|| Buffer(buffer));
        judged(failed)?;
        let has_address = |buffer: &Buffer| !buffer.start().is_null() || buffer.len() == 0;
        exported.filter(has_address).ok_or_else(|| system_error(c"a buffer without an address was exported"))
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

    /// Copies the bytes to the end of `bytes`. Dead memory kills the process: the caller must rule it out, or use [`Scratch`].
    pub fn copy(&self, bytes: &mut Vec<u8>) {
        if self.len() == 0 {
            return;
        }
        bytes.reserve(self.len());
        // SAFETY: the object exports this memory as long as the buffer is held, so it stays mapped; the vector has room for as
        // many bytes. No reference to them is made, since a map of another process may share them.
        unsafe {
            self.start().copy_to_nonoverlapping(bytes.as_mut_ptr().add(bytes.len()), self.len());
            bytes.set_len(bytes.len() + self.len());
        }
    }
}

/// Names the memory that these objects export to [`crate::death::outlive`]. Without effect if this thread does not run it.
pub fn name_mortal_memory(objects: &[Object]) {
    let exported: Vec<_> = objects.iter().filter_map(|object| object.buffer().ok()).collect();
    // SAFETY: the target exports the memory as its own. A target that unmaps it and uses it nevertheless faults by its own
    // fault, and at memory that the kernel cannot read either.
    unsafe { may_replace(exported.iter().map(|buffer| (buffer.start() as usize, buffer.len()))) };
}

/// A file in memory, through which bytes that may be dead are copied: the kernel stops at a dead page, where an access by the
/// process would kill it.
#[derive(Debug)]
pub struct Scratch {
    file: OwnedFd,
    bytes: Vec<u8>,
}

/// A vector of more bytes is not kept for the next snapshot.
const KEPT: usize = 1 << 20;
/// How many bytes are copied at once: a multiple of the page size, so that a short copy ends at a dead page.
const CHUNK: usize = 64 * 1024;

impl Scratch {
    pub fn new() -> rustix::io::Result<Scratch> {
        let file = rustix::fs::memfd_create(c"mmapcheck", rustix::fs::MemfdFlags::CLOEXEC)?;
        Ok(Scratch { file, bytes: Vec::new() })
    }

    /// All bytes of the buffer, none of which is dead.
    pub fn whole(&mut self, buffer: &Buffer) -> &[u8] {
        self.clear();
        buffer.copy(&mut self.bytes);
        &self.bytes
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
    }

    /// The bytes of the buffer up to the first dead page.
    pub fn readable(&mut self, buffer: &Buffer) -> &[u8] {
        self.clear();
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
