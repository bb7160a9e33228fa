//! The cases of `corpus/found`, each a test with its own name: every divergence that was ever found must stay fixed. The cases
//! of `corpus/seeds` are the examples of the specification, which the test `pages` runs.

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    match files(&root.join("found")) {
        Ok(files) if !files.is_empty() => {
            let name = |file: &PathBuf| file.strip_prefix(&root).unwrap_or(file).display().to_string();
            let trials = files
                .iter()
                .map(|file| (name(file), file.clone()))
                .map(|(name, file)| Trial::test(name, move || agrees(&file)));
            libtest_mimic::run(&arguments, trials.collect()).exit_code()
        }
        Ok(_) => {
            eprintln!("the corpus is empty");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{}: {error}", root.display());
            ExitCode::FAILURE
        }
    }
}

fn files(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|ext| ext == "pycon") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Asserts that a replay on CPython's own `mmap` shows no divergence.
fn agrees(file: &Path) -> Result<(), Failed> {
    let done = Command::new(env!("CARGO_BIN_EXE_mmapcheck")).arg("replay").arg(file).output()?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)).into())
}
