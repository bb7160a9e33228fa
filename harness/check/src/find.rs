//! The Python interpreters of this stepper.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names that interpreters have on the path.
fn names() -> impl Iterator<Item = String> {
    let versions = (6..=15).map(|minor| format!("python3.{minor}"));
    let others = ["python2.7", "python3", "pypy3", "rustpython", "graalpy"];
    versions.chain(others.map(str::to_owned))
}

/// Every interpreter on the path, of pyenv, and in `folder` (each program in it is taken for one). One that is found under
/// several names is given once, by the first of them; whether it can be driven is not known yet.
#[must_use]
pub fn interpreters(folder: Option<&Path>) -> Vec<PathBuf> {
    let mut found: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut order = Vec::new();
    for python in folder.map(programs).unwrap_or_default().into_iter().chain(pyenv()).chain(on_path()) {
        let Ok(real) = python.canonicalize() else { continue };
        // A shim of pyenv is a script that chooses one of the interpreters found already.
        let shim = real.components().any(|part| part.as_os_str() == "shims");
        if !shim && found.insert(real, python.clone()).is_none() {
            order.push(python);
        }
    }
    order
}

fn on_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    names()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(&name)).collect::<Vec<_>>())
        .filter(|file| file.is_file())
        .collect()
}

/// pyenv's interpreters, each by the name that says its version.
fn pyenv() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv"));
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from).or(home);
    let versions = root.and_then(|root| std::fs::read_dir(root.join("versions")).ok());
    let mut found: Vec<_> =
        versions.into_iter().flatten().flatten().filter_map(|entry| of_version(&entry.path())).collect();
    found.sort();
    found
}

/// The interpreter in a folder such as `versions/3.11.7`.
fn of_version(folder: &Path) -> Option<PathBuf> {
    let version = folder.file_name()?.to_string_lossy().into_owned();
    let minor: Vec<_> = version.split('.').take(2).collect();
    let names = [format!("python{}", minor.join(".")), "python".into()];
    names.iter().map(|name| folder.join("bin").join(name)).find(|python| python.is_file())
}

fn programs(folder: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let runs = |file: &PathBuf| {
        std::fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    let mut found: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.retain(runs);
    found.sort();
    found
}
