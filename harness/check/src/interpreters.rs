//! Finding the Python interpreters that are installed: on the `PATH`, by pyenv, and in a folder.

use mmapcheck_spec::{TargetError, Version};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Names of interpreters on the `PATH`.
fn names() -> impl Iterator<Item = String> {
    let versions = Version::known_minors().map(|minor| format!("python3.{minor}"));
    let others = ["python2.7", "python3", "pypy3", "rustpython", "graalpy"];
    versions.chain(others.map(str::to_owned))
}

/// Every interpreter in `folder`, of pyenv, and on the `PATH`, in this order. Every program in `folder` counts as one. An
/// interpreter with several names is returned once, by the first of them. Whether it can be driven is not checked.
///
/// # Errors
/// If `folder`, or the folder of pyenv, exists and cannot be read; or if `folder` does not exist.
pub fn find(folder: Option<&Path>) -> Result<Vec<PathBuf>, TargetError> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let named = folder.map_or(Ok(Vec::new()), programs)?;
    for python in named.into_iter().chain(pyenv()?).chain(on_path()) {
        let Ok(real) = python.canonicalize() else { continue };
        // A shim of pyenv is a script that starts one of the interpreters found above.
        let is_shim = real.components().any(|part| part.as_os_str() == "shims");
        if !is_shim && seen.insert(real) {
            found.push(python);
        }
    }
    Ok(found)
}

fn on_path() -> impl Iterator<Item = PathBuf> {
    names().filter_map(|name| which::which_all(name).ok()).flatten()
}

/// pyenv's interpreters, each by the name with its version.
fn pyenv() -> Result<Vec<PathBuf>, TargetError> {
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv"));
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from).or(home);
    let versions = root.map(|root| root.join("versions")).filter(|versions| versions.exists());
    let versions = versions.map_or(Ok(Vec::new()), |versions| entries(&versions))?;
    let mut found: Vec<_> = versions.iter().filter_map(|version| of_version(version)).collect();
    found.sort();
    Ok(found)
}

/// The interpreter in a folder of pyenv such as `versions/3.11.7`.
fn of_version(folder: &Path) -> Option<PathBuf> {
    let version = folder.file_name()?.to_string_lossy().into_owned();
    let minor: Vec<_> = version.split('.').take(2).collect();
    let names = [format!("python{}", minor.join(".")), "python".into()];
    names.iter().map(|name| folder.join("bin").join(name)).find(|python| python.is_file())
}

/// The programs in a folder, by name.
fn programs(folder: &Path) -> Result<Vec<PathBuf>, TargetError> {
    let mut found = entries(folder)?;
    found.retain(|file| which::which(file).is_ok());
    found.sort();
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, TargetError> {
    let paths = std::fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    paths.map_err(|error| TargetError(format!("{}: {error}", folder.display())))
}
