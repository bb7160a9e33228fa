//! What can run a case besides the reference: CPython embedded in this process, or any interpreter through a driver script.
//!
//! A package with a program or test that uses [`Embedded`] needs a build script that gives the linker the folder in
//! `DEP_PYTHON_OF_MMAPCHECK_LIBDIR` as `rpath`; without it the loader may pick another Python of the system, which
//! [`check_interpreter`] then refuses.

pub mod census;
pub mod death;
pub mod driver;
mod embedded;
mod in_process;
pub mod progress;
pub mod supervisor;

pub use embedded::{Embedded, check_interpreter};
pub use in_process::InProcess;

/// Whether the test of this name is the only one of its process. Where it is not, it is run so, and must not fail.
#[cfg(test)]
fn is_alone(test: &str) -> std::io::Result<bool> {
    const ALONE: &str = "MMAPCHECK_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return Ok(true);
    }
    let mut again = std::process::Command::new(std::env::current_exe()?);
    let done = again.args(["--exact", test]).env(ALONE, "1").output()?;
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&done.stderr));
    Ok(false)
}
