//! A copy of memory that may be dead.

use rustix::fd::OwnedFd;
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{pread, pwrite};

/// The number of bytes that are copied at once: a multiple of the page size, so that a short copy ends at a dead page.
const CHUNK: usize = 64 * 1024;

/// A file in memory, through which bytes are copied: the kernel stops at a dead page, where an access by the process would kill
/// it.
pub struct Memory {
    file: OwnedFd,
    bytes: Vec<u8>,
}

impl Memory {
    /// An empty file.
    ///
    /// # Errors
    /// As `memfd_create`.
    pub fn new() -> rustix::io::Result<Memory> {
        Ok(Memory { file: memfd_create(c"mmapcheck", MemfdFlags::CLOEXEC)?, bytes: Vec::new() })
    }

    /// The bytes up to the first dead page.
    pub fn live(&mut self, memory: &[u8]) -> &[u8] {
        self.bytes.clear();
        for chunk in memory.chunks(CHUNK) {
            let from = self.bytes.len();
            let got = pwrite(&self.file, chunk, 0).unwrap_or(0);
            self.bytes.resize(from + got, 0);
            let _ = pread(&self.file, &mut self.bytes[from..], 0);
            if got < chunk.len() {
                break;
            }
        }
        &self.bytes
    }
}
