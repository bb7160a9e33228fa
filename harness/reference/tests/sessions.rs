//! Sessions with outcomes of CPython, which the reference must reproduce.
//!
//! `sessions/all` holds for every profile, `sessions/3.11.7` for that version.
//! Where there is a `python3` of one of the versions, a test runs the sessions on it again.

use mmapcheck_reference::Reference;
use mmapcheck_spec::notation::{matches, parse, render};
use mmapcheck_spec::{Dialect, Implementation, Platform, Profile, Stepper, TargetError, Version};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The versions whose interpreters produced the outcomes.
const SEEN: [Version; 8] = [
    Version::new(3, 9, 18),
    Version::new(3, 10, 13),
    Version::new(3, 11, 7),
    Version::new(3, 12, 1),
    Version::new(3, 13, 0),
    Version::new(3, 13, 18),
    Version::new(3, 14, 10),
    Version::new(3, 15, 2),
];

fn sessions(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sessions").join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn sessions_of(version: Version) -> Vec<PathBuf> {
    [sessions("all"), sessions(&version.to_string())].concat()
}

/// The first statement of a session to which the reference gives another outcome.
fn divergence(reference: &mut impl Stepper, path: &Path, dialect: Dialect) -> Option<String> {
    let text = fs::read_to_string(path).unwrap();
    let session = parse(&text, 1).unwrap_or_else(|e| panic!("{}:{e}", path.display()));
    reference.begin(&session.case.world).unwrap();
    for statement in &session.statements {
        let Some(step) = statement.step else { continue };
        let place = format!("{}:{}: {}", path.display(), statement.line, statement.source);
        match reference.step(&session.case.steps[step]) {
            Ok(outcome) if matches(&statement.want, &outcome, dialect, statement.ellipsis, statement.class_only) => {}
            Ok(outcome) => return Some(format!("{place}\n{}", render(&outcome, dialect).join("\n"))),
            Err(end) => return Some(format!("{place}\n{end:?}")),
        }
    }
    None
}

/// Asserts that a reference reproduces the sessions of each of these versions.
fn assert_reproduces<R: Stepper>(versions: &[Version], new: impl Fn(Profile) -> Result<R, TargetError>) {
    for &version in versions {
        let profile = Profile::new(Implementation::CPython, version, Platform::Linux);
        let mut reference = new(profile).unwrap();
        for path in sessions_of(version) {
            if let Some(divergence) = divergence(&mut reference, &path, profile.dialect()) {
                panic!("{version}: {divergence}");
            }
        }
    }
}

#[test]
fn the_reference_reproduces_the_outcomes_of_cpython() {
    let folder = tempfile::tempdir().unwrap();
    assert_reproduces(&SEEN, |profile| Reference::new(profile, folder.path()));
}

#[test]
fn the_reference_in_memory_reproduces_the_outcomes_of_cpython() {
    // Miri is slow: one version has the rules that most others have too.
    let versions = if cfg!(miri) { &SEEN[2..3] } else { &SEEN };
    assert_reproduces(versions, Reference::in_memory);
}

#[test]
fn cpython_still_has_these_outcomes() {
    let Ok(output) = Command::new("python3").args(["-c", "import platform; print(platform.python_version())"]).output()
    else {
        return;
    };
    let running = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let Some(version) = SEEN.into_iter().find(|version| version.to_string() == running) else { return };
    for path in sessions_of(version) {
        let folder = tempfile::tempdir().unwrap();
        let mut doctest = Command::new("python3");
        doctest.args(["-W", "ignore", "-m", "doctest"]).arg(&path).current_dir(&folder);
        let output = doctest.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
