//! The place of temporary files.

use std::io;
use std::path::{Path, PathBuf};

/// Makes something in a folder for temporary files: in `TMPDIR` if that is set, else in memory if possible, since cases make and
/// sync thousands of files.
///
/// # Errors
/// As `make`, in the last folder that is tried.
pub fn in_temporary_folder<T>(make: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    let memory = PathBuf::from("/dev/shm");
    let usual = || make(&std::env::temp_dir());
    if std::env::var_os("TMPDIR").is_none() && memory.is_dir() {
        return make(&memory).or_else(|_| usual());
    }
    usual()
}
