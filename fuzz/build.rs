//! Tells the loader where the configured libpython is, as the program's build script does.

use std::env;

fn main() {
    println!("cargo::rerun-if-env-changed=DEP_PYTHON_OF_MMAPCHECK_LIBDIR");
    if let Ok(dir) = env::var("DEP_PYTHON_OF_MMAPCHECK_LIBDIR") {
        println!("cargo::rustc-link-arg-bins=-Wl,-rpath,{dir}");
    }
    // An extension module with counters of its own finds the fuzzer's functions in the program: see `instrument`.
    println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic");
}
