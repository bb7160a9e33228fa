//! The JSON report: it follows its schema, and reads back as the value it was written from.

use crate::{Result, find_dies, modules};
use jsonschema::Validator;
use mmapcheck::divergence::{Field, Severity};
use mmapcheck::report::Report;
use mmapcheck::report::json::json;
use mmapcheck::report::text::{Parts, text};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema() -> Result<Value> {
    Ok(serde_json::from_str(&std::fs::read_to_string(root().join("reports/report.schema.json"))?)?)
}

fn validator() -> Result<Validator> {
    Ok(jsonschema::validator_for(&schema()?)?)
}

/// Runs `mmapcheck check` on a module of the tests in a folder whose name a shell would split. Returns standard output.
fn check(dir: &TempDir, module: &str, more: &[&str]) -> Result<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command
        .args(["check", "--module", module, "--seed", "1", "--jobs", "1", "--report"])
        .arg(dir.path().join("found here"));
    command.env("PYTHONPATH", modules());
    let done = command.args(more).output()?;
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code().is_some_and(|status| status < 2), "{error}");
    Ok(String::from_utf8(done.stdout)?)
}

/// A known list with an entry that holds, a stale one, and one of a later version.
const KNOWN: &str = r#"
[[divergence]]
id = "find-ignores-its-end"
what = "find() does not look at its third argument."
link = "https://bugs.example/1"
op = "find"
field = "answer"
expected = "int"
actual = "int"
case = '''
>>> import mmap
>>> m = mmap.mmap(-1, 10)
>>> m.find(b'\x00', 5, 5)
-1
'''

[[divergence]]
id = "stale"
what = "size() raises."
op = "size"
field = "answer"
expected = "int"
actual = "TypeError"
case = '''
>>> import mmap
>>> m = mmap.mmap(-1, 10)
>>> m.size()
10
'''

[[divergence]]
id = "later"
what = "A clause of a later version fails."
since = "3.99"
clauses = ["FIND-1.1"]
"#;

/// A report in which every list has an item, as JSON.
fn full_report(dir: &TempDir) -> Result<String> {
    let known = dir.path().join("known.toml");
    std::fs::write(&known, KNOWN.to_owned() + &std::fs::read_to_string(find_dies())?)?;
    let known = known.to_str().ok_or("a path")?;
    let args = ["--known", known, "--cases", "800", "--severity", "class", "--ops", "find,read,seek,write,repr,size"];
    check(dir, "find_and_read", &[&args[..], &["--no-reentrancy", "--format", "json"]].concat())
}

#[test]
fn a_report_follows_its_schema() -> Result {
    let dir = tempfile::tempdir()?;
    let report: Value = serde_json::from_str(&full_report(&dir)?)?;
    for list in ["divergences", "milder", "stale", "known_not_run", "known_entries", "never"] {
        assert!(report[list].as_array().is_some_and(|items| !items.is_empty()), "nothing in {list}: {report:#}");
    }
    for list in ["failures", "examples"] {
        assert!(report["pages"][list].as_array().is_some_and(|items| !items.is_empty()), "nothing in {list}");
    }
    let failure = |field: &str| report["pages"]["failures"][0][field].as_str().unwrap_or_default();
    assert!(failure("session").contains(failure("statement")) && failure("session").starts_with(">>> import mmap"));
    assert!(failure("promise").contains(' '), "{:#}", report["pages"]["failures"][0]);
    let errors: Vec<_> = validator()?.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    Ok(())
}

#[test]
fn the_schema_refuses_unknown_and_missing_fields() -> Result {
    let dir = tempfile::tempdir()?;
    let report: Value = serde_json::from_str(&check(&dir, "mmap", &["--cases", "50", "--format", "json"])?)?;
    let validator = validator()?;
    assert!(validator.is_valid(&report));
    let fields: Vec<String> = report.as_object().into_iter().flatten().map(|(field, _)| field.clone()).collect();
    assert!(fields.len() > 15, "{fields:?}");
    for field in fields {
        let mut changed = report.clone();
        let removed = changed.as_object_mut().and_then(|object| object.remove(&field)).ok_or("no such field")?;
        assert!(!validator.is_valid(&changed), "a report without {field} follows the schema");
        changed[field + "-renamed"] = removed;
        assert!(!validator.is_valid(&changed));
    }
    Ok(())
}

#[test]
fn the_schema_lists_every_severity_and_field() -> Result {
    let schema = schema()?;
    assert_eq!(schema["$defs"]["severity"]["enum"], serde_json::json!(Severity::ALL.map(|(_, name)| name)));
    assert_eq!(schema["$defs"]["field"]["enum"], serde_json::json!(Field::ALL.map(|(_, name)| name)));
    Ok(())
}

#[test]
fn a_report_reads_back_as_it_was_written() -> Result {
    let dir = tempfile::tempdir()?;
    let written = full_report(&dir)?;
    let report: Report = serde_json::from_str(&written)?;
    assert_eq!(json(&report)?, written);
    let parts = Parts { pages: true, random: true, verbose: true };
    let read_back: Report = serde_json::from_str(&json(&report)?)?;
    assert_eq!(text(&read_back, parts), text(&report, parts));
    Ok(())
}

#[test]
fn a_printed_command_is_quoted_for_the_shell() -> Result {
    let dir = tempfile::tempdir()?;
    let report: Report = serde_json::from_str(&full_report(&dir)?)?;
    let finding = report.divergences.first().ok_or("no divergence")?;
    let failure = report.pages.failures.first().ok_or("no failure")?;
    for command in [&finding.replay, &failure.replay] {
        let done = Command::new("sh").args(["-c", command]).current_dir(dir.path()).output()?;
        assert_eq!(done.status.code(), Some(1), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    }
    assert!(finding.replay.contains("'"), "the folder's name has a space: {}", finding.replay);
    Ok(())
}
