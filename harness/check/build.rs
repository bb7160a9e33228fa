//! Tells the loader where the configured libpython is, so that it never picks another one of the system.

fn main() {
    println!("cargo::rerun-if-env-changed=DEP_PYTHON_OF_MMAPCHECK_LIBDIR");
    if let Ok(dir) = std::env::var("DEP_PYTHON_OF_MMAPCHECK_LIBDIR") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{dir}");
    }
}
