//! The version and program of the Python that is embedded.
//!
//! The package has no dependencies, so its build script runs before PyO3 is compiled. If no Python can be embedded, the first
//! error of the build is its sentence, which says how to fix that.

/// The version with its micro number, such as `3.11.7`.
pub const VERSION: &str = env!("MMAPCHECK_PYTHON_VERSION");

/// The path of the `python` program.
pub const PROGRAM: &str = env!("MMAPCHECK_PYTHON_PROGRAM");
