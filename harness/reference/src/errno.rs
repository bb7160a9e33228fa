//! System errors as Python raises them.

use crate::result::Stop;
use mmapcheck_spec::{End, Raise};
use mmapcheck_world::Errno;

/// The class and the message that CPython raises for a system error; the message includes the text of `strerror`.
fn exception(Errno(number): Errno) -> Option<(&'static str, &'static str)> {
    Some(match number {
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

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Stop {
        match exception(errno) {
            Some((class, text)) => {
                Stop::Raised(Raise { class: class.into(), errno: Some(errno.0), message: text.into() })
            }
            None => Stop::End(End::Unsupported(format!("no rule covers system error {}", errno.0))),
        }
    }
}

/// A system error of Windows, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WinError {
    /// The file is not open for the requested access, or the view exceeds its section.
    AccessDenied = 5,
    /// The section would exceed a read-only file.
    NotEnoughMemory = 8,
    /// An invalid argument: an empty section, or the address 0.
    InvalidParameter = 87,
    /// A section of an empty file.
    FileInvalid = 1006,
    /// The offset of the view is not a multiple of the allocation granularity.
    MappedAlignment = 1132,
    /// Another map has the section open.
    UserMappedFile = 1224,
}

impl WinError {
    /// The English text of the error.
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
    /// Python translates the number to the nearest `errno` of C.
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
