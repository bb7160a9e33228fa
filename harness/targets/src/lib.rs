//! The targets: CPython embedded in this process, and any interpreter that runs the driver script in a process of its own.
//!
//! A package whose program or test uses [`Embedded`] needs a build script that passes the folder in
//! `DEP_PYTHON_OF_MMAPCHECK_LIBDIR` to the linker as `rpath`. Without it, the loader may find another Python of the system,
//! which [`check_interpreter`] refuses.

pub mod census;
pub mod death;
pub mod driver;
#[cfg_attr(not(feature = "embedded"), path = "no_python.rs")]
mod embedded;
mod in_process;
pub mod possessions;
pub mod progress;
pub mod reply_size;
pub mod stop;
pub mod supervisor;

pub use embedded::{Embedded, check_interpreter};
pub use in_process::InProcess;

/// Whether this test is alone in its process. If it is not, the function runs the test in a new process and asserts that it
/// passes there.
#[cfg(test)]
fn is_alone(test: &str) -> std::io::Result<bool> {
    const ALONE: &str = "MMAPCHECK_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return Ok(true);
    }
    let mut command = std::process::Command::new(std::env::current_exe()?);
    let done = command.args(["--exact", test]).env(ALONE, "1").output()?;
    let output = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && output.contains("1 passed"), "{output}{}", String::from_utf8_lossy(&done.stderr));
    Ok(false)
}
