//! `diff` compares two reports, and `bisect` a case on several interpreters.

use crate::explain::{checked, mmapcheck, refused};
use crate::{Result, python, text};
use mmapcheck::interpreters::find;
use serde_json::{Value, json};
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Runs `diff`. Returns the exit status and standard output.
fn diff(folder: &Path, args: &[&str]) -> Result<(Option<i32>, String)> {
    let done = mmapcheck(folder, &[&["diff"], args].concat())?;
    Ok((done.status.code(), text(&done.stdout)))
}

/// Writes the report of the check, changed, into a folder. Returns the path.
fn changed(folder: &Path, name: &str, change: impl FnOnce(&mut Vec<Value>)) -> Result<String> {
    let path = checked()?.dir.path().join("mmapcheck-found/report.json");
    let mut report: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    change(report["causes"].as_array_mut().ok_or("no causes")?);
    let file = folder.join(name);
    std::fs::write(&file, report.to_string())?;
    Ok(file.display().to_string())
}

#[test]
fn a_new_cause_and_one_that_became_worse_are_told_from_the_others() -> Result {
    let dir = tempfile::tempdir()?;
    let whole = checked()?.dir.path().join("mmapcheck-found").display().to_string();
    let (status, said) = diff(dir.path(), &[&whole, &whole])?;
    assert!(status == Some(0) && said.starts_with("0 new, 0 changed, 0 gone, "), "{said}");
    let fewer = changed(dir.path(), "fewer.json", |causes| drop(causes.remove(0)))?;
    let (status, said) = diff(dir.path(), &[&fewer, &whole])?;
    assert!(status == Some(1) && said.starts_with("new ") && said.contains("\n1 new, 0 changed, 0 gone"), "{said}");
    let (status, said) = diff(dir.path(), &[&whole, &fewer])?;
    assert!(status == Some(0) && said.starts_with("gone ") && said.contains("\n0 new, 0 changed, 1 gone"), "{said}");
    // Another id: the variations, or the session, are the same.
    let milder = changed(dir.path(), "milder.json", |causes| {
        causes[0]["severity"] = json!("message");
        causes[0]["id"] = json!("another");
        causes[0]["sentence"] = json!("another sentence");
    })?;
    let (status, said) = diff(dir.path(), &[&milder, &whole])?;
    assert!(status == Some(1) && said.starts_with("worse ") && said.contains("(was MESSAGE; "), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    let (status, said) = diff(dir.path(), &[&whole, &milder])?;
    assert!(status == Some(0) && said.starts_with("changed ") && said.contains("0 new, 1 changed"), "{said}");
    Ok(())
}

#[test]
fn a_difference_as_json_follows_its_schema() -> Result {
    let dir = tempfile::tempdir()?;
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(Path::new(ROOT).join("reports/diff.schema.json"))?)?;
    let validator = jsonschema::validator_for(&schema)?;
    let whole = checked()?.dir.path().join("mmapcheck-found").display().to_string();
    let fewer = changed(dir.path(), "fewer.json", |causes| drop(causes.remove(0)))?;
    let milder = changed(dir.path(), "milder.json", |causes| causes[0]["severity"] = json!("message"))?;
    for (old, new, list) in [(&fewer, &whole, "new"), (&whole, &fewer, "gone"), (&milder, &whole, "changed")] {
        let (_, said) = diff(dir.path(), &[old, new, "--format", "json"])?;
        let found: Value = serde_json::from_str(&said)?;
        assert_eq!(validator.iter_errors(&found).map(|error| error.to_string()).collect::<Vec<_>>(), [""; 0], "{said}");
        assert_eq!(found[list].as_array().map(Vec::len), Some(1), "{said}");
    }
    Ok(())
}

#[test]
fn matrices_are_compared_by_target_and_not_with_reports() -> Result {
    let reports = Path::new(ROOT).join("reports");
    let dir = tempfile::tempdir()?;
    let mut matrix: Value = serde_json::from_str(&std::fs::read_to_string(reports.join("matrix.json"))?)?;
    let targets = matrix["targets"].as_object_mut().ok_or("no targets")?;
    let found = targets.values_mut().filter_map(|target| target["found"].as_array_mut());
    found.filter(|found| !found.is_empty()).take(1).for_each(|found| drop(found.remove(0)));
    std::fs::write(dir.path().join("matrix.json"), matrix.to_string())?;
    let (old, new) = (dir.path().display().to_string(), reports.display().to_string());
    let (status, said) = diff(dir.path(), &[&old, &new])?;
    assert!(status == Some(1) && said.contains("\n1 new, 0 changed, 0 gone, "), "{said}");
    let whole = checked()?.dir.path().join("mmapcheck-found").display().to_string();
    refused(dir.path(), &["diff", &whole, &new], &["a report and a matrix cannot be compared"])?;
    refused(dir.path(), &["diff", "nowhere", &new], &["nowhere/report.json: no report"])
}

const FLUSH: &str = ">>> import mmap\n>>> m = mmap.mmap(-1, 10)\n>>> m.flush()\n";

#[test]
fn the_first_version_that_behaves_differently_is_found() -> Result {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("flush.pycon"), FLUSH)?;
    // The documentation: flush() returns 0 until 3.7, and None since 3.8.
    let all = find(None)?.into_iter().map(|python| python.display().to_string()).collect::<Vec<_>>();
    let versions = ["/3.6.", "/3.7.", "/3.8.", "/3.9.", "/3.10.", "/3.13."];
    let named = versions.iter().filter_map(|version| all.iter().find(|python| python.contains(version)));
    let named: Vec<_> = named.map(String::as_str).collect();
    let has = |version: &str| named.iter().any(|python| python.contains(version));
    if !(has("/3.7.") && has("/3.8.")) {
        eprintln!("skipped: CPython 3.7 and 3.8 are not installed");
        return Ok(());
    }
    // The newest first: the order of the options does not count.
    let pythons: Vec<_> = named.iter().rev().flat_map(|python| ["--python", python]).collect();
    let done = mmapcheck(dir.path(), &[&["bisect", "flush.pycon"], pythons.as_slice()].concat())?;
    let said = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{said}{}", text(&done.stderr));
    assert!(said.contains("\nfirst that diverges: CPython 3.8."), "{said}");
    Ok(())
}

#[test]
fn a_case_is_judged_by_the_oldest_interpreter_unless_a_profile_is_named() -> Result {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("flush.pycon"), FLUSH)?;
    let case = ["bisect", "flush.pycon", "--python", python()];
    let done = mmapcheck(dir.path(), &case)?;
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    assert!(text(&done.stdout).ends_with("none diverges\n"));
    let done = mmapcheck(dir.path(), &[case.as_slice(), &["--profile", "cpython-3.7-linux"]].concat())?;
    let said = text(&done.stdout);
    assert!(done.status.code() == Some(1) && said.contains("first that diverges: "), "{said}");
    Ok(())
}

#[test]
fn a_cause_of_the_last_report_is_bisected_with_its_module() -> Result {
    let folder = checked()?.dir.path();
    let done = mmapcheck(folder, &["bisect", "1", "--python", python()])?;
    let said = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{said}{}", text(&done.stderr));
    assert!(said.contains("first that diverges: ") && said.contains("module planted"), "{said}");
    let done = mmapcheck(folder, &["bisect", "1", "--module", "mmap", "--python", python()])?;
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    refused(folder, &["bisect", "99", "--python", python()], &["no cause 99"])?;
    refused(folder, &["bisect", "missing.pycon", "--python", python()], &["missing.pycon: "])?;
    refused(folder, &["bisect", "1", "--python", "./missing"], &["./missing"])
}
