//! Temporary folders.

use mmapcheck_spec::TargetError;
use mmapcheck_world::in_temporary_folder;
use tempfile::TempDir;

/// Makes a temporary folder where temporary files are made.
///
/// # Errors
/// No folder can be made.
pub fn scratch() -> Result<TempDir, TargetError> {
    let made = in_temporary_folder(|folder| tempfile::Builder::new().prefix("mmapcheck-").tempdir_in(folder));
    made.map_err(|error| TargetError(format!("no temporary folder can be made: {error}")))
}
