//! System error numbers.

use rustix::io;

/// The number of a system error on the system that this program runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// Operation not permitted.
    pub const EPERM: Errno = Errno(io::Errno::PERM.raw_os_error());
    /// Bad file descriptor.
    pub const EBADF: Errno = Errno(io::Errno::BADF.raw_os_error());
    /// Resource temporarily unavailable.
    pub const EAGAIN: Errno = Errno(io::Errno::AGAIN.raw_os_error());
    /// Cannot allocate memory.
    pub const ENOMEM: Errno = Errno(io::Errno::NOMEM.raw_os_error());
    /// Permission denied.
    pub const EACCES: Errno = Errno(io::Errno::ACCESS.raw_os_error());
    /// Bad address.
    pub const EFAULT: Errno = Errno(io::Errno::FAULT.raw_os_error());
    /// Device or resource busy.
    pub const EBUSY: Errno = Errno(io::Errno::BUSY.raw_os_error());
    /// Invalid argument.
    pub const EINVAL: Errno = Errno(io::Errno::INVAL.raw_os_error());
    /// Too many open files.
    pub const EMFILE: Errno = Errno(io::Errno::MFILE.raw_os_error());
    /// File too large.
    pub const EFBIG: Errno = Errno(io::Errno::FBIG.raw_os_error());
    /// Operation not supported.
    pub const EOPNOTSUPP: Errno = Errno(io::Errno::OPNOTSUPP.raw_os_error());
}

impl From<std::io::Error> for Errno {
    /// Errors that carry no number come from invalid arguments: `EINVAL`.
    fn from(error: std::io::Error) -> Errno {
        error.raw_os_error().map_or(Errno::EINVAL, Errno)
    }
}

impl From<io::Errno> for Errno {
    fn from(error: io::Errno) -> Errno {
        Errno(error.raw_os_error())
    }
}
