//! Every CPython of this machine agrees with the reference, through the driver.

use mmapcheck::interpreters::find;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The interpreters that are CPython, one for each version.
fn cpythons() -> Result<Vec<PathBuf>> {
    let mut seen = BTreeSet::new();
    let mut found = find(None)?;
    found.retain(|python| match version(python) {
        Some(version) => seen.insert(version),
        None => {
            eprintln!("skipped: {} is not CPython, or does not run", python.display());
            false
        }
    });
    Ok(found)
}

fn version(python: &Path) -> Option<String> {
    const ASK: &str = "import platform; print(platform.python_implementation() + ' ' + platform.python_version())";
    let done = Command::new(python).args(["-c", ASK]).output().ok()?;
    String::from_utf8(done.stdout).ok().filter(|said| said.starts_with("CPython "))
}

#[test]
fn every_cpython_passes_the_pages_and_agrees_in_random_cases() -> Result {
    let dir = tempfile::tempdir()?;
    let found = cpythons()?;
    assert!(!found.is_empty(), "no CPython was found");
    for python in found {
        let mut check = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
        check.args(["check", "--cases", "500", "--format", "json", "--report"]).arg(dir.path().join("found"));
        let done = check.arg("--python").arg(&python).output()?;
        let said = String::from_utf8_lossy(&done.stderr);
        let report: Value =
            serde_json::from_slice(&done.stdout).map_err(|_| format!("{}: {said}", python.display()))?;
        assert_eq!(done.status.code(), Some(0), "{}: {report:#}", python.display());
        assert!(report["pages"]["passed"].as_u64() > Some(40), "{report:#}");
        assert!(report["steps"].as_u64() > Some(10_000), "{report:#}");
        eprintln!("{}: {} steps", report["target"], report["steps"]);
    }
    Ok(())
}
