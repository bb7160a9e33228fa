//! Probes of the kernel by plain system calls. Its answers depend on its version, its configuration, the processor and the limits
//! of this process.

#![expect(unsafe_code, reason = "a map of any flags is made, read and removed by raw system calls")]

use crate::errno::Errno;
use libc::{c_int, c_void};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use std::ptr;

/// The sizes in bytes of the huge pages of x86-64, the smallest first.
const HUGE_PAGES: [usize; 2] = [1 << 21, 1 << 30];

/// A map that the kernel was asked for. No reference to its bytes is made. Dropping it unmaps it.
#[derive(Debug)]
pub struct ProbedMap {
    start: *mut c_void,
    len: usize,
}

impl ProbedMap {
    /// A map of `len` bytes with `PROT_*` and `MAP_*` bits, of a file from its start, or of anonymous memory.
    ///
    /// # Errors
    /// As `mmap`; `EINVAL` for `MAP_FIXED`, with which a map would replace others.
    pub fn new(len: usize, prot: c_int, flags: c_int, file: Option<BorrowedFd<'_>>) -> Result<ProbedMap, Errno> {
        if flags & (libc::MAP_FIXED | libc::MAP_FIXED_NOREPLACE) != 0 {
            return Err(Errno::EINVAL);
        }
        let (anonymous, fd) = file.map_or((libc::MAP_ANONYMOUS, -1), |file| (0, file.as_raw_fd()));
        // SAFETY: without `MAP_FIXED`, the kernel maps memory of its own choice, where there is none yet.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, prot, flags | anonymous, fd, 0) };
        if start == libc::MAP_FAILED {
            Err(std::io::Error::last_os_error().into())
        } else {
            Ok(ProbedMap { start, len })
        }
    }

    /// Whether the first byte can be read. The kernel reads it in place of this process, which would die.
    ///
    /// # Errors
    /// Where no file in memory can be made to write the byte to.
    pub fn is_readable(&self) -> Result<bool, Errno> {
        let file = rustix::fs::memfd_create(c"mmapcheck", rustix::fs::MemfdFlags::CLOEXEC)?;
        // SAFETY: only the kernel reads the memory, which stays mapped; where it cannot read it, it says so.
        Ok(unsafe { libc::write(file.as_fd().as_raw_fd(), self.start, 1) } == 1)
    }
}

impl Drop for ProbedMap {
    /// Unmaps the memory. Huge pages are unmapped as a whole: the kernel refuses a part of one.
    fn drop(&mut self) {
        let unmap = |len: usize| {
            // SAFETY: the memory is of this map, and no reference to it exists. A larger length is tried only after the kernel
            // has refused the smaller one as a part of a huge page.
            unsafe { libc::munmap(self.start, len) == 0 }
        };
        let _ = std::iter::once(self.len).chain(HUGE_PAGES).any(unmap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Result = std::result::Result<(), Errno>;

    const PAGE: usize = 1;

    #[test]
    fn memory_is_readable_as_its_protection_says() -> Result {
        for (prot, readable) in [(libc::PROT_NONE, false), (libc::PROT_READ, true), (libc::PROT_WRITE, true)] {
            assert_eq!(ProbedMap::new(PAGE, prot, libc::MAP_PRIVATE, None)?.is_readable()?, readable, "{prot}");
        }
        Ok(())
    }

    #[test]
    fn a_refusal_is_that_of_the_kernel() {
        let refusal = |flags| ProbedMap::new(PAGE, libc::PROT_READ, flags, None).err();
        assert_eq!(refusal(libc::MAP_PRIVATE), None);
        assert_eq!(refusal(0), Some(Errno::EINVAL));
        assert_eq!(refusal(libc::MAP_PRIVATE | libc::MAP_FIXED), Some(Errno::EINVAL));
    }
}
