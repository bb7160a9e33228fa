//! The last report: `check` writes it, `explain` shows one of its causes, and the script of `explain --issue` shows the difference
//! on any interpreter.

use crate::{Result, text};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;
use tempfile::TempDir;

const MODULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/modules");

/// A command in a folder, with the modules of the tests and a planted bug.
pub(crate) fn planted(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("PYTHONPATH", MODULES).env("PLANTED", "write_byte_wraps");
    command
}

pub(crate) fn mmapcheck(folder: &Path, args: &[&str]) -> Result<Output> {
    Ok(planted(env!("CARGO_BIN_EXE_mmapcheck"), folder).args(args).output()?)
}

/// A folder in which a check of a module with one bug was run, and what the check printed.
pub(crate) struct Checked {
    pub(crate) dir: TempDir,
    printed: String,
}

fn check() -> Result<Checked> {
    let dir = tempfile::tempdir()?;
    let args = "check --module planted --random-only --ops write_byte,tell --cases 400 --seed 1 --format json";
    let done = mmapcheck(dir.path(), &args.split(' ').collect::<Vec<_>>())?;
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    Ok(Checked { dir, printed: text(&done.stdout) })
}

/// One check for all tests.
pub(crate) fn checked() -> Result<&'static Checked> {
    static CHECKED: LazyLock<std::result::Result<Checked, String>> =
        LazyLock::new(|| check().map_err(|error| error.to_string()));
    Ok(CHECKED.as_ref().map_err(String::clone)?)
}

/// The number of the cause that the planted bug is.
fn number(report: &Value) -> Result<usize> {
    let causes = report["causes"].as_array().ok_or("no causes")?;
    let place = causes.iter().position(|cause| cause["op"] == "write_byte" && cause["inherited"] == false);
    Ok(place.ok_or_else(|| format!("no cause of write_byte: {report:#}"))? + 1)
}

#[test]
fn a_check_writes_its_report_and_explain_shows_a_cause_of_it() -> Result {
    let Checked { dir, printed } = checked()?;
    let folder = dir.path();
    assert_eq!(std::fs::read_to_string(folder.join("mmapcheck-found/report.json"))?, *printed);
    let report: Value = serde_json::from_str(printed)?;
    let number = number(&report)?;
    let cause = &report["causes"][number - 1];
    let done = mmapcheck(folder, &["explain", &number.to_string()])?;
    let said = text(&done.stdout);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let (session, replay) = (cause["session"].as_str().ok_or("no session")?, cause["replay"].as_str().ok_or("none")?);
    let whole = [session, replay, "WRITE-10: ", "OverflowError", "expected  ", "got  "];
    for words in whole {
        assert!(said.contains(words.trim_end()), "{words}\n{said}");
    }
    let commands = [" --issue", " replay "];
    let is_wide = |line: &&str| line.chars().count() > 80 && !commands.iter().any(|words| line.contains(words));
    assert_eq!(said.replace(session, "").lines().find(is_wide), None);
    let folder_of_its_own =
        mmapcheck(folder, &["explain", &number.to_string(), "--report", "mmapcheck-found/report.json"])?;
    assert!(text(&folder_of_its_own.stdout).starts_with(said.split("Run it again").next().unwrap_or_default()));
    Ok(())
}

#[test]
fn the_command_that_explain_prints_runs_as_it_stands() -> Result {
    let Checked { dir, .. } = checked()?;
    std::fs::create_dir_all(dir.path().join("it's here"))?;
    std::fs::copy(dir.path().join("mmapcheck-found/report.json"), dir.path().join("it's here/report.json"))?;
    let said = text(&mmapcheck(dir.path(), &["explain", "1", "--report", "it's here"])?.stdout);
    let command = said.lines().last().ok_or("nothing printed")?.trim().to_owned();
    let done = planted("sh", dir.path()).args(["-c", &command]).output()?;
    assert_eq!(done.status.code(), Some(0), "{command}: {}", text(&done.stderr));
    assert!(text(&done.stdout).starts_with("# "), "{command}");
    Ok(())
}

/// The script in a text of `explain --issue`.
fn script(issue: &str) -> Result<&str> {
    let start = issue.split_once("```python\n").ok_or("no script")?.1;
    Ok(start.split_once("```\n").ok_or("no end of the script")?.0)
}

/// Runs the script of an issue on a class of a module, or on the interpreter's own. Returns the exit status and the output.
fn run_script(folder: &Path, issue: &str, module: &[&str]) -> Result<(Option<i32>, String)> {
    std::fs::write(folder.join("issue.py"), script(issue)?)?;
    let mut python = planted("python3", folder);
    let done = python.arg("issue.py").args(module).env("TMPDIR", folder).output()?;
    Ok((done.status.code(), text(&done.stdout) + &text(&done.stderr)))
}

#[test]
fn the_script_of_an_issue_exits_with_1_on_the_module_and_with_0_on_the_real_mmap() -> Result {
    let Checked { dir, printed } = checked()?;
    let number = number(&serde_json::from_str(printed)?)?;
    let issue = text(&mmapcheck(dir.path(), &["explain", &number.to_string(), "--issue"])?.stdout);
    // On a busy machine a diagnosis may end without a variation, and the title is then the divergence itself.
    assert!(
        issue.starts_with("# ") && issue.lines().next().is_some_and(|title| title.contains("write_byte")),
        "{issue}"
    );
    for words in ["module planted", "cpython-3", "## The promise", "WRITE-10", "issue.py planted"] {
        assert!(issue.contains(words), "{words}\n{issue}");
    }
    let scripts = tempfile::tempdir()?;
    let (status, said) = run_script(scripts.path(), &issue, &["planted"])?;
    assert_eq!(status, Some(1), "{said}\n{issue}");
    let (status, said) = run_script(scripts.path(), &issue, &[])?;
    assert_eq!(status, Some(0), "{said}\n{issue}");
    Ok(())
}

/// Asserts that a command prints one line on standard error that says this, and exits with 2.
pub(crate) fn refused(folder: &Path, args: &[&str], says: &[&str]) -> Result {
    let done = mmapcheck(folder, args)?;
    let said = text(&done.stderr);
    assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{args:?}: {said}");
    assert!(says.iter().all(|words| said.contains(words)), "{args:?}: {said}");
    Ok(())
}

#[test]
fn a_cause_or_a_report_that_does_not_exist_is_named() -> Result {
    let Checked { dir, printed } = checked()?;
    let report: Value = serde_json::from_str(printed)?;
    let many = report["causes"].as_array().map_or(0, Vec::len);
    let range = if many == 1 { "one cause, 1".to_owned() } else { format!("are 1 to {many}") };
    for number in ["0", "99"] {
        refused(dir.path(), &["explain", number], &[&format!("no cause {number}"), &range])?;
    }
    refused(
        dir.path(),
        &["explain", "1", "--report", "nowhere"],
        &["nowhere/report.json", "`mmapcheck check` writes"],
    )?;
    std::fs::write(dir.path().join("other.json"), "{\n}")?;
    refused(dir.path(), &["explain", "1", "--report", "other.json"], &["other.json:2:", "expected a report"])
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_and_is_printed() -> Result {
    let dir = tempfile::tempdir()?;
    std::fs::create_dir_all(dir.path().join("found/report.json"))?;
    let args = "check --module planted --random-only --ops write_byte --cases 60 --seed 1 --format json --report found";
    let args: Vec<_> = args.split(' ').collect();
    refused(dir.path(), &args, &["found/report.json: cannot write the report"])?;
    let done = mmapcheck(dir.path(), &args)?;
    let report: Value = serde_json::from_slice(&done.stdout)?;
    assert!(report["divergences"].as_array().is_some_and(|found| !found.is_empty()), "{report:#}");
    Ok(())
}

#[test]
fn a_check_that_finds_nothing_writes_nothing() -> Result {
    let dir = tempfile::tempdir()?;
    let done = mmapcheck(dir.path(), &["check", "--random-only", "--ops", "tell", "--cases", "50", "--seed", "1"])?;
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(std::fs::read_dir(dir.path())?.count(), 0);
    Ok(())
}
