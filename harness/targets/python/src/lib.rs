//! Which Python is embedded.
//!
//! This is a package of its own, without dependencies, so that its build script need not wait for PyO3's libraries.
//! Where there is no Python to embed, the first thing to read is one sentence that says how to mend it.

/// The version, micro included, as in `3.11.7`.
pub const VERSION: &str = env!("MMAPCHECK_PYTHON_VERSION");

/// The path of its program.
pub const PROGRAM: &str = env!("MMAPCHECK_PYTHON_PROGRAM");
