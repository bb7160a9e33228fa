//! Links the configured libpython by its path, so that the loader does not pick another one of the system, and builds the lists
//! of known divergences into the program.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=DEP_PYTHON_OF_MMAPCHECK_LIBDIR");
    if let Ok(dir) = env::var("DEP_PYTHON_OF_MMAPCHECK_LIBDIR") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{dir}");
    }
    write_known_lists()
}

/// Writes the table of all known lists: path in the repository, and text.
fn write_known_lists() -> io::Result<()> {
    // A link to `reports/known`: a package of this folder alone holds the lists as well.
    let dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("known");
    println!("cargo::rerun-if-changed={}", dir.display());
    let mut names = Vec::new();
    for file in fs::read_dir(&dir)? {
        let name = file?.file_name();
        let name = name.into_string().map_err(|name| io::Error::other(format!("{}: not a text", name.display())))?;
        if name.ends_with(".toml") {
            names.push(name);
        }
    }
    names.sort();
    let mut table = String::from("&[\n");
    for name in names {
        let file = dir.join(&name).display().to_string();
        let _ = writeln!(table, "({:?}, include_str!({file:?})),", format!("reports/known/{name}"));
    }
    table.push(']');
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("known.rs"), table)
}
