//! The arguments of operations on files.

use mmapcheck_spec::{Arg, BytesLike, End};

/// The number of the file name that an argument holds.
///
/// # Errors
/// Where the argument is not a path.
pub fn path(arg: &Arg) -> Result<u8, End> {
    match arg {
        Arg::Path(path) => Ok(*path),
        _ => Err(unsupported("the operation needs the name of a file")),
    }
}

/// The bytes that an argument of `write()` holds.
///
/// # Errors
/// Where the argument is not bytes, or not contiguous.
pub fn bytes(arg: &Arg) -> Result<&[u8], End> {
    match arg {
        Arg::Bytes(BytesLike::Strided, _) => Err(unsupported("write() on a file needs contiguous bytes")),
        Arg::Bytes(_, bytes) => Ok(bytes),
        _ => Err(unsupported("write() on a file needs bytes")),
    }
}

/// The size or position in bytes that an argument holds.
///
/// # Errors
/// Where the argument is not a plain number, or is negative.
pub fn size(arg: &Arg) -> Result<u64, End> {
    let plain = if let Arg::Int(num) = arg { num.as_plain() } else { None };
    plain
        .and_then(|size| u64::try_from(size).ok())
        .ok_or_else(|| unsupported("the operation needs a size of 0 or more"))
}

fn unsupported(reason: &str) -> End {
    End::Unsupported(reason.into())
}
