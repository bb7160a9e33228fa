//! The signals and the errors of systems, by name. Their numbers are facts of a platform.

macro_rules! signals {
    ($($(#[$doc:meta])* $signal:ident $name:literal;)*) => {
        /// A signal that ends a process.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Signal { $($(#[$doc])* $signal),* }

        impl Signal {
            /// Every signal with a name.
            pub const ALL: &[Signal] = &[$(Signal::$signal),*];

            /// Its name in C.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Signal::$signal => $name),* }
            }
        }
    };
}

signals! {
    /// The process called `abort`.
    Abort "SIGABRT";
    /// An access to a page that lies wholly beyond the end of its file.
    Bus "SIGBUS";
    /// An arithmetic error.
    Arithmetic "SIGFPE";
    /// An illegal instruction.
    Illegal "SIGILL";
    /// Killed from outside.
    Kill "SIGKILL";
    /// An access that the protection of the memory does not allow.
    Segv "SIGSEGV";
    /// Asked to end from outside.
    Term "SIGTERM";
    /// A file grew beyond its limit.
    FileSize "SIGXFSZ";
}

macro_rules! errors {
    ($($(#[$doc:meta])* $error:ident $class:literal $text:literal;)*) => {
        /// An error of a system call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum SystemError { $($(#[$doc])* $error),* }

        impl SystemError {
            /// Every system error that a rule or a store knows.
            pub const ALL: &[SystemError] = &[$(SystemError::$error),*];

            /// The class of the exception that Python raises for it.
            #[must_use]
            pub const fn class(self) -> &'static str {
                match self { $(SystemError::$error => $class),* }
            }

            /// The text of `strerror`.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(SystemError::$error => $text),* }
            }
        }
    };
}

errors! {
    /// `EPERM`
    NotPermitted "PermissionError" "Operation not permitted";
    /// `EIO`
    InputOutput "OSError" "Input/output error";
    /// `EBADF`
    BadDescriptor "OSError" "Bad file descriptor";
    /// `EAGAIN`
    TryAgain "BlockingIOError" "Resource temporarily unavailable";
    /// `ENOMEM`
    NoMemory "OSError" "Cannot allocate memory";
    /// `EACCES`
    PermissionDenied "PermissionError" "Permission denied";
    /// `EFAULT`
    BadAddress "OSError" "Bad address";
    /// `EBUSY`
    Busy "OSError" "Device or resource busy";
    /// `ENODEV`
    NoDevice "OSError" "No such device";
    /// `EINVAL`
    InvalidArgument "OSError" "Invalid argument";
    /// `EMFILE`
    TooManyFiles "OSError" "Too many open files";
    /// `EFBIG`
    FileTooLarge "OSError" "File too large";
    /// `ENOSPC`
    NoSpace "OSError" "No space left on device";
    /// `EOPNOTSUPP`
    NotSupported "OSError" "Operation not supported";
}

/// An error of Windows, by its number.
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
    /// The error of C into which Python translates it.
    #[must_use]
    pub const fn translated(self) -> SystemError {
        match self {
            WinError::AccessDenied => SystemError::PermissionDenied,
            WinError::NotEnoughMemory => SystemError::NoMemory,
            WinError::InvalidParameter
            | WinError::FileInvalid
            | WinError::MappedAlignment
            | WinError::UserMappedFile => SystemError::InvalidArgument,
        }
    }

    /// The English text of the error.
    #[must_use]
    pub const fn text(self) -> &'static str {
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
