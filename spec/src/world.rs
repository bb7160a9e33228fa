//! The world of a case: the files that are there when its steps begin.

use crate::kind::{ObjectKind, Slot};
use serde::{Deserialize, Serialize};

/// How a file is opened, always unbuffered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// `"r+b"`: for reading and writing.
    Update,
    /// `"rb"`: for reading only.
    Read,
    /// `"wb"`: for writing only, after truncation.
    Write,
    /// `"w+b"`: for reading and writing, after truncation.
    New,
}

impl Mode {
    /// Every mode with its text.
    pub const ALL: [(Mode, &'static str); 4] =
        [(Mode::Update, "r+b"), (Mode::Read, "rb"), (Mode::Write, "wb"), (Mode::New, "w+b")];

    /// The text of the mode.
    #[must_use]
    pub fn text(self) -> &'static str {
        Mode::ALL[self as usize].1
    }

    /// Whether the descriptor can be read.
    #[must_use]
    pub fn reads(self) -> bool {
        self != Mode::Write
    }

    /// Whether the descriptor can be written.
    #[must_use]
    pub fn writes(self) -> bool {
        self != Mode::Read
    }

    /// Whether opening empties the file.
    #[must_use]
    pub fn truncates(self) -> bool {
        matches!(self, Mode::Write | Mode::New)
    }
}

/// A file a case starts with. File number 0 is named `f` on disk and open as `f`; number 1 is `f2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileSpec {
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// The mode in which it is open when the steps begin. The position is at the end of the bytes for `New` and `Write`, and
    /// at 0 for `Update` and `Read`, for which the file was opened again.
    pub mode: Mode,
}

/// The files a case starts with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct World {
    /// At most [`crate::SLOTS`] of them.
    pub files: Vec<FileSpec>,
}

impl World {
    /// The files' names on disk, by number.
    #[must_use]
    pub fn path(number: usize) -> String {
        ObjectKind::File.name(number as Slot)
    }
}
