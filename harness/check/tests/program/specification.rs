//! The specification on the command line: `check` runs its pages; `pages` lists, prints and rewrites them.

use crate::{Result, find_dies, modules, text};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn mmapcheck(args: &[&str]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    Ok(command.args(args).env("PYTHONPATH", modules()).output()?)
}

/// Runs the pages alone; returns the exit status and the report.
fn pages_only(more: &[&str]) -> Result<(Option<i32>, Value)> {
    let dir = tempfile::tempdir()?;
    let found = dir.path().join("found");
    let args = ["check", "--pages-only", "--format", "json", "--report", found.to_str().ok_or("a path")?];
    let done = mmapcheck(&[&args[..], more].concat())?;
    let report = serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {}", text(&done.stderr)))?;
    Ok((done.status.code(), report))
}

fn count(report: &Value, name: &str) -> u64 {
    report["pages"][name].as_u64().unwrap_or(0)
}

#[test]
fn all_pages_pass_on_cpython() -> Result {
    let (status, report) = pages_only(&[])?;
    assert_eq!((status, count(&report, "failed")), (Some(0), 0), "{report:#}");
    assert!(count(&report, "passed") >= 250 && count(&report, "skipped") > 0, "{report:#}");
    assert!(report["pages"]["reasons"]["not run: windows only"].as_u64() > Some(0), "{report:#}");
    assert_eq!(report["cases"], 0, "no random case was run");
    Ok(())
}

#[test]
fn a_planted_bug_fails_its_clause_and_the_printed_command_shows_it_again() -> Result {
    let (status, report) = pages_only(&["--module", "find_ignores_end"])?;
    assert_eq!(status, Some(1));
    let failures = report["pages"]["failures"].as_array().ok_or("no failures")?;
    let found = failures.iter().find(|failure| failure["id"] == "FIND-5").ok_or("FIND-5 passes")?;
    let place = found["place"].as_str().ok_or("no place")?;
    assert!(place.starts_with("spec/pages/searching.md:"), "{place}");
    let dir = tempfile::tempdir()?;
    let command = found["replay"].as_str().ok_or("no command")?;
    let done = Command::new("sh").args(["-c", command]).current_dir(dir.path()).output()?;
    assert_eq!(done.status.code(), Some(1));
    let said = text(&done.stdout);
    assert!(said.contains(place) && said.contains("pages: 0 examples passed, 1 failed, 0 skipped"), "{said}");
    Ok(())
}

#[test]
fn a_target_that_dies_or_hangs_fails_those_examples_only() -> Result {
    for (module, end) in [("dies", "died of signal"), ("hangs", "hung")] {
        let (status, report) = pages_only(&["--module", module, "--hang", "300ms"])?;
        assert_eq!(status, Some(1), "{module}");
        assert!(count(&report, "passed") > 300, "{module}: {report:#}");
        let failures = report["pages"]["failures"].as_array().ok_or("no failures")?;
        assert!(failures.iter().any(|f| f["actual"].as_str().is_some_and(|got| got.starts_with(end))), "{failures:#?}");
    }
    Ok(())
}

#[test]
fn junit_has_a_test_case_for_every_example() -> Result {
    let (_, report) = pages_only(&[])?;
    let done = mmapcheck(&["check", "--pages-only", "--format", "junit"])?;
    let all = count(&report, "passed") + count(&report, "skipped");
    let cases = text(&done.stdout).matches("<testcase").count() as u64;
    assert!(cases >= all, "{cases} test cases, {all} examples");
    Ok(())
}

#[test]
fn random_cases_alone_skip_the_pages_and_name_the_broken_clause() -> Result {
    let dir = tempfile::tempdir()?;
    let found = dir.path().join("found");
    let found = found.to_str().ok_or("a path")?;
    let args = ["check", "--random-only", "--module", "find_ignores_end", "--ops", "mmap,find", "--cases", "800"];
    let known = find_dies();
    let more = ["--known", known.to_str().ok_or("a path")?, "--jobs", "1", "--seed", "1", "--format", "json"];
    let done = mmapcheck(&[&args[..], &more, &["--report", found]].concat())?;
    let report: Value = serde_json::from_slice(&done.stdout)?;
    assert_eq!(count(&report, "passed"), 0);
    let divergences = report["divergences"].as_array().ok_or("no divergences")?;
    assert!(divergences.iter().any(|d| d["op"] == "find" && d["clause"] == "FIND-5"), "{report:#}");
    Ok(())
}

#[test]
fn clauses_are_listed_and_shown() -> Result {
    let list = text(&mmapcheck(&["pages", "--list", "READ-*"])?.stdout);
    assert!(list.lines().count() > 20 && list.lines().all(|line| line.starts_with("READ-")), "{list}");
    let shown = text(&mmapcheck(&["pages", "--show", "READ-3"])?.stdout);
    assert!(shown.starts_with("## READ-3 · ") && shown.contains(">>> m.read(None)"), "{shown}");
    for args in [["pages", "--show", "READ-0"], ["check", "--filter", "READ-0"]] {
        let done = mmapcheck(&args)?;
        assert_eq!((done.status.code(), text(&done.stderr).lines().count()), (Some(2), 1), "{args:?}");
    }
    Ok(())
}

#[test]
fn blessing_writes_the_answers_of_cpython() -> Result {
    let dir = tempfile::tempdir()?;
    let page = dir.path().join("reading.md");
    let path = page.to_str().ok_or("a path")?;
    let right = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/pages/reading.md"))?;
    std::fs::write(&page, right.replace("b'hello'", "b'hallo'"))?;
    let done = mmapcheck(&["pages", "--bless", path])?;
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(std::fs::read_to_string(&page)?, right);
    let again = text(&mmapcheck(&["pages", "--bless", path])?.stdout);
    assert!(again.contains(": 0 answers rewritten"), "{again}");
    Ok(())
}
