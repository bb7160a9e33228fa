//! A driver for an implementation that runs no Python: what it offers is checked, the rest is said, and a fault is found.

use crate::{Result, divergences, text};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The driver in Perl; none, with a word, where Perl or one of its modules is missing.
fn driver() -> Option<PathBuf> {
    let modules = ["-MJSON::PP", "-MCompress::Raw::Zlib", "-e1"];
    let there = Command::new("perl").args(modules).output().is_ok_and(|done| done.status.success());
    if !there {
        eprintln!("skipped: perl with JSON::PP and Compress::Raw::Zlib is not installed");
    }
    there.then(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../targets/examples/driver.pl"))
}

fn mmapcheck(args: &[&str], driver: &Path, dir: &Path, fault: bool) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(args).arg("--python").arg(driver).current_dir(dir);
    if fault {
        command.env("FAULT", "1");
    }
    Ok(command.output()?)
}

/// A check of the random cases and examples of this driver.
fn check(driver: &Path, fault: bool) -> Result<(Option<i32>, Value)> {
    let dir = tempfile::tempdir()?;
    let args = ["check", "--seed", "1", "--cases", "300", "--jobs", "1", "--format", "json"];
    let done = mmapcheck(&args, driver, dir.path(), fault)?;
    let report = serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {}", text(&done.stderr)))?;
    Ok((done.status.code(), report))
}

#[test]
fn it_is_shorter_than_a_hundred_lines() -> Result {
    let source = include_str!("../../../targets/examples/driver.pl");
    assert!(source.lines().count() < 100, "{}", source.lines().count());
    Ok(())
}

#[test]
fn what_it_offers_agrees_and_what_it_declines_is_neither_generated_nor_hidden() -> Result {
    let Some(driver) = driver() else { return Ok(()) };
    let (status, report) = check(&driver, false)?;
    assert_eq!((status, divergences(&report).len()), (Some(0), 0), "{report:#}");
    let (compared, asked) = (report["steps"].as_u64(), report["answers"].as_object().ok_or("no answers")?);
    assert!(compared > Some(2_000), "{compared:?} steps compared");
    let has_steps = |(_, outcomes): &(&String, &Value)| outcomes.as_object().is_some_and(|counts| !counts.is_empty());
    let mut offered: Vec<_> = asked.iter().filter(has_steps).map(|(name, _)| name.as_str()).collect();
    offered.sort_unstable();
    assert_eq!(offered, ["close", "closed", "len", "mmap", "read", "tell", "write"]);
    // A step that was generated all the same would be declined by its operation.
    let sent = |reason: &&String| reason.split_once(": the driver declines ").is_some_and(|(op, what)| op == what);
    let sent: Vec<_> = report["incomparable"].as_object().ok_or("no reasons")?.keys().filter(sent).collect();
    assert!(sent.is_empty(), "{sent:?}");
    let declined = report["unavailable"]["steps that the target declines"].as_str().ok_or("it is not said")?;
    for part in ["operations constant, error,", "; parameters flags,", "; arguments bool,"] {
        assert!(declined.contains(part), "{part} in {declined}");
    }
    assert!(report["pages"]["passed"].as_u64() > Some(10) && report["pages"]["unsupported"].as_u64() > Some(400));
    Ok(())
}

#[test]
fn a_fault_in_it_is_found_and_explained() -> Result {
    let Some(driver) = driver() else { return Ok(()) };
    let (status, report) = check(&driver, true)?;
    assert_eq!(status, Some(1));
    let causes: Vec<_> = report["causes"].as_array().into_iter().flatten().map(|cause| &cause["sentence"]).collect();
    assert_eq!(causes, ["`read` leaves the position where it was"], "{report:#}");
    Ok(())
}

#[test]
fn the_smoke_test_passes_and_names_what_its_handshake_declines() -> Result {
    let Some(driver) = driver() else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let done = mmapcheck(&["smoke"], &driver, dir.path(), false)?;
    let printed = text(&done.stdout);
    assert_eq!(done.status.code(), Some(0), "{printed}{}", text(&done.stderr));
    assert!(printed.contains("methods       5 of ") && printed.contains("declined by the handshake"), "{printed}");
    assert!(!printed.contains("its handshake says otherwise"), "{printed}");
    let liar = dir.path().join("liar.pl");
    let source = std::fs::read_to_string(&driver)?.replace("qw(close closed read tell write)]", "qw(close read find)]");
    std::fs::write(&liar, source)?;
    std::fs::set_permissions(&liar, std::fs::metadata(&driver)?.permissions())?;
    let printed = text(&mmapcheck(&["smoke"], &liar, dir.path(), false)?.stdout);
    assert!(printed.contains("its handshake says otherwise of closed, tell, write"), "{printed}");
    Ok(())
}

#[test]
fn a_malformed_line_is_named_by_the_place_in_it() -> Result {
    let Some(driver) = driver() else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    for (from, to, place) in [
        ("[$_->{pos}, $_->{len},", "[$_->{pos}, \"x\",", ".snapshot.maps[0].length: expected a number, found \"x\""),
        (
            "operations => [",
            "operations => [\"fnd\", ",
            "declines.operations[0]: expected the name of an operation, found \"fnd\"",
        ),
    ] {
        let wrong = dir.path().join("wrong.pl");
        std::fs::write(&wrong, std::fs::read_to_string(&driver)?.replace(from, to))?;
        std::fs::set_permissions(&wrong, std::fs::metadata(&driver)?.permissions())?;
        let done = mmapcheck(&["smoke"], &wrong, dir.path(), false)?;
        let said = text(&done.stdout) + &text(&done.stderr);
        assert!(said.contains(place), "{place} in {said}");
    }
    Ok(())
}
