//! System errors as Python raises them.

use crate::result::Stop;
use mmapcheck_spec::{End, Raise};

/// A system error: the numbers of Linux.
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

    /// The class, and the text of `strerror`, that CPython shows for it.
    fn words(self) -> Option<(&'static str, &'static str)> {
        Some(match self.0 {
            1 => ("PermissionError", "[Errno 1] Operation not permitted"),
            5 => ("OSError", "[Errno 5] Input/output error"),
            9 => ("OSError", "[Errno 9] Bad file descriptor"),
            11 => ("BlockingIOError", "[Errno 11] Resource temporarily unavailable"),
            12 => ("OSError", "[Errno 12] Cannot allocate memory"),
            13 => ("PermissionError", "[Errno 13] Permission denied"),
            14 => ("OSError", "[Errno 14] Bad address"),
            16 => ("OSError", "[Errno 16] Device or resource busy"),
            19 => ("OSError", "[Errno 19] No such device"),
            22 => ("OSError", "[Errno 22] Invalid argument"),
            24 => ("OSError", "[Errno 24] Too many open files"),
            27 => ("OSError", "[Errno 27] File too large"),
            28 => ("OSError", "[Errno 28] No space left on device"),
            95 => ("OSError", "[Errno 95] Operation not supported"),
            _ => return None,
        })
    }
}

impl From<std::io::Error> for Errno {
    /// An error that is no system error can only be one of the arguments.
    fn from(error: std::io::Error) -> Errno {
        error.raw_os_error().map_or(Errno::EINVAL, Errno)
    }
}

impl From<rustix::io::Errno> for Errno {
    fn from(error: rustix::io::Errno) -> Errno {
        Errno(error.raw_os_error())
    }
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Stop {
        match errno.words() {
            Some((class, text)) => {
                Stop::Raised(Raise { class: class.into(), errno: Some(errno.0), message: text.into() })
            }
            None => Stop::End(End::Unsupported(format!("system error {} is in no rule", errno.0))),
        }
    }
}

/// A system error of Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WinError {
    /// The file was not opened for this, or the view is longer than its section.
    AccessDenied = 5,
    /// The section would be larger than a file that is only read.
    NotEnoughMemory = 8,
    /// Wrong in itself: a section of no bytes, or the address 0.
    InvalidParameter = 87,
    /// A section of an empty file.
    FileInvalid = 1006,
    /// The offset is between the places a view can start at.
    MappedAlignment = 1132,
    /// Something else has the section.
    UserMappedFile = 1224,
}

impl WinError {
    /// The text Windows has for it in English.
    fn text(self) -> &'static str {
        match self {
            WinError::AccessDenied => "Access is denied",
            WinError::NotEnoughMemory => "Not enough memory resources are available to process this command",
            WinError::InvalidParameter => "The parameter is incorrect",
            WinError::FileInvalid => {
                "The volume for a file has been externally altered so that the opened file is no longer valid"
            }
            WinError::MappedAlignment => {
                "The base address or the file offset specified does not have the proper alignment"
            }
            WinError::UserMappedFile => {
                "The requested operation cannot be performed on a file with a user-mapped section open"
            }
        }
    }
}

impl From<WinError> for Stop {
    /// Python gives each the number of the system error of C that is nearest.
    fn from(error: WinError) -> Stop {
        let (class, Errno(errno)) = match error {
            WinError::AccessDenied => ("PermissionError", Errno::EACCES),
            WinError::NotEnoughMemory => ("OSError", Errno::ENOMEM),
            _ => ("OSError", Errno::EINVAL),
        };
        let message = format!("[WinError {}] {}", error as u32, error.text());
        Stop::Raised(Raise { class: class.into(), errno: Some(errno), message: message.into() })
    }
}
