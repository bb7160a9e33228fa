//! Every CPython of this machine agrees with the reference, through the driver, and has the constants of the table.

use crate::{Result, modules};
use mmapcheck::interpreters::find;
use mmapcheck_spec::{Profile, constants};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// The profile of a CPython, if the reference knows its version.
fn profile(python: &Path) -> Option<Profile> {
    version(python)?.replace(' ', "-").to_lowercase().parse().ok()
}

fn version(python: &Path) -> Option<String> {
    const ASK: &str = "import platform; print(platform.python_implementation() + ' ' + platform.python_version())";
    let done = Command::new(python).args(["-c", ASK]).output().ok()?;
    let said = String::from_utf8(done.stdout).ok()?;
    said.starts_with("CPython ").then(|| said.trim_end().to_owned())
}

#[test]
fn every_cpython_passes_the_pages_and_agrees_in_random_cases() -> Result {
    let dir = tempfile::tempdir()?;
    let found = cpythons()?;
    assert!(!found.is_empty(), "no CPython was found");
    for python in found {
        let mut check = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
        check
            .args(["check", "--cases", "500", "--jobs", "1", "--format", "json", "--report"])
            .arg(dir.path().join("found"));
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

#[test]
fn every_cpython_has_the_constants_of_its_version() -> Result {
    const ASK: &str = "import mmap; print(' '.join(n for n in dir(mmap) if n.isupper()))";
    let mut judged = 0;
    for python in cpythons()? {
        let Some(profile) = profile(&python) else {
            eprintln!("skipped: the reference does not know the version of {}", python.display());
            continue;
        };
        let done = Command::new(&python).args(["-c", ASK]).output()?;
        let said = String::from_utf8(done.stdout)?;
        let has: BTreeSet<&str> = said.split_whitespace().collect();
        let known = constants::ALL.into_iter().filter(|constant| profile.has_constant(*constant));
        assert_eq!(has, known.map(|constant| constant.name()).collect(), "{}", python.display());
        judged += 1;
    }
    assert!(judged > 0, "no CPython was found");
    Ok(())
}

#[test]
fn a_module_of_python_2_that_refuses_an_access_is_found() -> Result {
    let Some(python) = find(None)?.into_iter().find(|python| version(python).is_some_and(|v| v.contains(" 2.7.")))
    else {
        eprintln!("skipped: there is no Python 2.7");
        return Ok(());
    };
    let dir = tempfile::tempdir()?;
    let mut check = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    check.args(["check", "--random-only", "--module", "refuses_access_write", "--ops", "mmap,read", "--cases", "500"]);
    check.args(["--seed", "1", "--format", "json", "--report"]).arg(dir.path().join("found")).arg("--python");
    let done = check.arg(python).env("PYTHONPATH", modules()).output()?;
    let report: Value = serde_json::from_slice(&done.stdout)
        .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&done.stderr)))?;
    let found = report["divergences"].as_array().ok_or("no list")?;
    let refused = |found: &&Value| found["session"].as_str().is_some_and(|session| session.contains("ACCESS_WRITE"));
    assert!(found.iter().any(|found| found["op"] == "mmap" && refused(&found)), "{report:#}");
    Ok(())
}

/// Options and variables that change warnings, checks and memory of CPython, but not what its `mmap` promises.
const MODES: [&str; 6] = [
    "INTERPRETER -X dev",
    "env PYTHONDEVMODE=1 PYTHONWARNINGS=error INTERPRETER",
    "INTERPRETER -bb",
    "INTERPRETER -b -W error",
    "env PYTHONOPTIMIZE=2 INTERPRETER",
    "env PYTHONMALLOC=debug INTERPRETER",
];

#[test]
fn no_mode_of_cpython_raises_an_alarm() -> Result {
    let dir = tempfile::tempdir()?;
    let newest = cpythons()?.into_iter().max_by_key(|python| profile(python).map(|profile| profile.version()));
    let python = newest.ok_or("no CPython was found")?;
    for mode in MODES {
        let wrapper = dir.path().join("python");
        let command = mode.replace("INTERPRETER", &format!("'{}'", python.display()));
        std::fs::write(&wrapper, format!("#!/bin/sh\nexec {command} \"$@\"\n"))?;
        std::fs::set_permissions(&wrapper, Permissions::from_mode(0o755))?;
        let mut check = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
        check.args([
            "check",
            "--cases",
            "300",
            "--seed",
            "3",
            "--ops",
            "mmap,in,set_name,read,setitem",
            "--jobs",
            "1",
            "--report",
        ]);
        let done = check.arg(dir.path().join("found")).arg("--python").arg(&wrapper).output()?;
        let text = String::from_utf8_lossy(&done.stdout);
        assert_eq!(done.status.code(), Some(0), "{mode}: {text}{}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(())
}
