//! The operating system's side of a case: its files, the folder they lie in, and resource limits.
//!
//! The reference and the targets stand on this package and share no other code. None of it is under test: a file of a
//! case behaves the same whatever maps it.

mod digest;
mod errno;
pub mod file_args;
mod file_objects;
mod file_system;
mod folder;
mod limits;
mod probe;
mod scratch;
mod special;

pub use digest::{content_of, digest};
pub use errno::Errno;
pub use file_objects::{Cursor, FileObjects, FileTable};
pub use file_system::{FileHandle, FileSystem, MAX_FILE_SIZE};
pub use folder::{Folder, Inode, OpenFile};
pub use limits::{AppliedLimits, ResourceLimits};
pub use probe::ProbedMap;
pub use scratch::in_temporary_folder;
pub use special::SpecialFiles;
