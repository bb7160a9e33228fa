//! Temporary folders.

use mmapcheck_spec::TargetError;
use std::path::PathBuf;
use tempfile::TempDir;

/// Makes a temporary folder: in `TMPDIR` if that is set, else in memory if possible, since cases make and sync thousands of
/// files.
///
/// # Errors
/// No folder can be made.
pub fn scratch() -> Result<TempDir, TargetError> {
    let memory = PathBuf::from("/dev/shm");
    let mut builder = tempfile::Builder::new();
    builder.prefix("mmapcheck-");
    let made = if std::env::var_os("TMPDIR").is_none() && memory.is_dir() {
        builder.tempdir_in(memory).or_else(|_| builder.tempdir())
    } else {
        builder.tempdir()
    };
    made.map_err(|error| TargetError(format!("no temporary folder can be made: {error}")))
}
