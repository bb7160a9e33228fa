//! The program of the wheel: the command line of mmapcheck, without an embedded CPython.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mmapcheck::cli::run(std::env::args_os().collect())
}
