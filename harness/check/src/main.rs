//! The command line program.

use std::process::ExitCode;

// A sanitizer watches the memory of the system's allocator only.
#[cfg(not(feature = "sanitizer"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mmapcheck::cli::run(std::env::args_os().collect())
}
