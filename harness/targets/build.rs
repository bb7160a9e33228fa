//! Sets the `cfg`s of the Python version, and the `rpath` of libpython for the tests of this package. Passes the folder of
//! libpython to the build scripts of dependent packages, as `DEP_PYTHON_OF_MMAPCHECK_LIBDIR`. Without an embedded CPython there
//! is nothing to do.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "embedded")]
    {
        pyo3_build_config::use_pyo3_cfgs();
        pyo3_build_config::add_libpython_rpath_link_args();
        println!("cargo::metadata=libdir={}", pyo3_build_config::get().lib_dir().unwrap_or_default());
    }
}
