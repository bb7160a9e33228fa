//! What can run a case besides the reference: CPython embedded in this process, or any interpreter through a driver script.
//!
//! A package with a program or test that uses [`Embedded`] needs a build script that gives the linker the folder in
//! `DEP_PYTHON_OF_MMAPCHECK_LIBDIR` as `rpath`; without it the loader may pick another Python of the system, which
//! [`check_interpreter`] then refuses.

pub mod death;
pub mod driver;
mod embedded;
pub mod progress;

pub use embedded::{Embedded, check_interpreter};
