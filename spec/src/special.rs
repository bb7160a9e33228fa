//! Special files: devices and others that no world of a case has, each opened by an expression of its own.

use crate::python_module::PythonModule;
use crate::world::Mode;
use serde::{Deserialize, Serialize};

/// A file that is not of the world of a case. An argument of the constructor opens it; no case closes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SpecialFile {
    /// The device of zeros, for reading and writing.
    Zero,
    /// The device of zeros, for reading only.
    ZeroToRead,
    /// The device of zeros, for writing only.
    ZeroToWrite,
    /// The empty device.
    Null,
    /// The device that is always full.
    Full,
    /// A regular file whose size is 0, although it can be read.
    Maps,
    /// A folder.
    Folder,
    /// The end of a pipe to read from.
    PipeToRead,
    /// The end of a pipe to write to.
    PipeToWrite,
    /// A socket.
    Socket,
}

impl SpecialFile {
    /// Every special file, with the expression that opens it and the access of its descriptor.
    pub const ALL: [(SpecialFile, &'static str, Mode); 10] = [
        (SpecialFile::Zero, "os.open('/dev/zero', os.O_RDWR)", Mode::Update),
        (SpecialFile::ZeroToRead, "os.open('/dev/zero', os.O_RDONLY)", Mode::Read),
        (SpecialFile::ZeroToWrite, "os.open('/dev/zero', os.O_WRONLY)", Mode::Write),
        (SpecialFile::Null, "os.open('/dev/null', os.O_RDWR)", Mode::Update),
        (SpecialFile::Full, "os.open('/dev/full', os.O_RDWR)", Mode::Update),
        (SpecialFile::Maps, "os.open('/proc/self/maps', os.O_RDONLY)", Mode::Read),
        (SpecialFile::Folder, "os.open('.', os.O_RDONLY)", Mode::Read),
        (SpecialFile::PipeToRead, "os.pipe()[0]", Mode::Read),
        (SpecialFile::PipeToWrite, "os.pipe()[1]", Mode::Write),
        (SpecialFile::Socket, "socket.socket(socket.AF_UNIX).detach()", Mode::Update),
    ];

    /// The expression that opens it. Its value is the descriptor.
    #[must_use]
    pub fn source(self) -> &'static str {
        SpecialFile::ALL[self as usize].1
    }

    /// The access of its descriptor.
    #[must_use]
    pub fn mode(self) -> Mode {
        SpecialFile::ALL[self as usize].2
    }

    /// The module that the expression uses.
    #[must_use]
    pub fn module(self) -> PythonModule {
        if self == SpecialFile::Socket { PythonModule::Socket } else { PythonModule::Os }
    }

    /// The special files before it in the table.
    pub fn earlier(self) -> impl Iterator<Item = SpecialFile> {
        SpecialFile::ALL.into_iter().map(|(file, ..)| file).take(self as usize)
    }

    /// Whether it is a regular file.
    #[must_use]
    pub fn is_regular(self) -> bool {
        self == SpecialFile::Maps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_each_expression_names_its_module() {
        for (place, (file, source, _)) in SpecialFile::ALL.into_iter().enumerate() {
            assert_eq!(file as usize, place);
            assert!(source.starts_with(&format!("{}.", file.module().name())), "{source}");
        }
    }
}
