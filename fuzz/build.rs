//! Sets the `rpath` of the configured libpython, like the build script of the command line.

use std::env;

fn main() {
    println!("cargo::rerun-if-env-changed=DEP_PYTHON_OF_MMAPCHECK_LIBDIR");
    if let Ok(dir) = env::var("DEP_PYTHON_OF_MMAPCHECK_LIBDIR") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{dir}");
    }
    // An instrumented extension module (see `instrument`) resolves the functions of libFuzzer in the program.
    println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic");
}
