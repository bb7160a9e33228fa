//! System error numbers.

/// The number of a system error, as Linux counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// Bad file descriptor.
    pub const EBADF: Errno = Errno(9);
    /// Cannot allocate memory.
    pub const ENOMEM: Errno = Errno(12);
    /// Permission denied.
    pub const EACCES: Errno = Errno(13);
    /// Bad address.
    pub const EFAULT: Errno = Errno(14);
    /// Invalid argument.
    pub const EINVAL: Errno = Errno(22);
    /// Too many open files.
    pub const EMFILE: Errno = Errno(24);
    /// File too large.
    pub const EFBIG: Errno = Errno(27);
}

impl From<std::io::Error> for Errno {
    /// Errors that carry no number come from invalid arguments: `EINVAL`.
    fn from(error: std::io::Error) -> Errno {
        error.raw_os_error().map_or(Errno::EINVAL, Errno)
    }
}

impl From<rustix::io::Errno> for Errno {
    fn from(error: rustix::io::Errno) -> Errno {
        Errno(error.raw_os_error())
    }
}
