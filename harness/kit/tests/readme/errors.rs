use mmapcheck_kit::{Error, Result};
use std::io::{self, ErrorKind, Write};

/// The errors of a library that makes some `io::Error`s itself, without a number of the system.
pub fn error(error: io::Error) -> Error {
    match error.kind() {
        _ if error.raw_os_error().is_some() => Error::Io(error),
        ErrorKind::NotConnected => Error::Closed,
        ErrorKind::WriteZero | ErrorKind::UnexpectedEof => Error::OutOfRange,
        ErrorKind::PermissionDenied => Error::ReadOnly,
        _ => Error::Invalid,
    }
}

/// The `write` of a type whose own may write a part of the bytes, with so much room behind the position.
pub fn write_whole(map: &mut impl Write, room: usize, bytes: &[u8]) -> Result<usize> {
    if bytes.len() > room {
        return Err(Error::OutOfRange);
    }
    map.write_all(bytes).map_err(error)?;
    Ok(bytes.len())
}
