//! Lets the sources know the version of Python, this package's tests find its library, and dependent packages, too:
//! their build scripts are told the library's folder as `DEP_PYTHON_OF_MMAPCHECK_LIBDIR`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    pyo3_build_config::use_pyo3_cfgs();
    pyo3_build_config::add_libpython_rpath_link_args();
    println!("cargo::metadata=libdir={}", pyo3_build_config::get().lib_dir().unwrap_or_default());
}
