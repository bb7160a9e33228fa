//! The action for the CI of other projects: the shell of its step writes what it promises, and ends as the check does.

use crate::{Result, modules, text};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?)
}

/// The shell of the step `check` of `action.yml`.
fn step() -> Result<String> {
    let action = std::fs::read_to_string(root()?.join("action.yml"))?;
    let step = action.split("- name: check\n").nth(1).ok_or("no step `check`")?;
    let shell = step.split("run: |\n").nth(1).ok_or("the step has no shell")?;
    let lines = shell.lines().take_while(|line| line.starts_with("        "));
    Ok(lines.map(|line| line[8..].to_owned() + "\n").collect())
}

/// Runs the step as GitHub does, with these inputs.
fn run(dir: &Path, inputs: &[(&str, &str)]) -> Result<Output> {
    let bin = dir.join("bin");
    std::fs::create_dir_all(&bin)?;
    let program = bin.join("mmapcheck");
    if !program.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mmapcheck"), &program)?;
    }
    let others = std::env::var_os("PATH").unwrap_or_default();
    let mut shell = Command::new("bash");
    shell.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &step()?]).current_dir(dir);
    shell.env("PATH", std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&others)))?);
    shell.env("GITHUB_ACTION_PATH", root()?).env("GITHUB_STEP_SUMMARY", dir.join("step summary"));
    shell.env("PYTHONPATH", modules());
    for name in ["MODULE", "PYTHON", "KNOWN", "OPTIONS"] {
        let value = inputs.iter().find(|(input, _)| *input == name).map_or("", |(_, value)| value);
        shell.env(name, value);
    }
    Ok(shell.output()?)
}

#[test]
fn a_module_with_a_fault_fails_with_a_report_in_each_format_and_a_summary() -> Result {
    let dir = tempfile::tempdir()?;
    let options = "--seed date --cases 60 --jobs 1 --ops find,read,seek";
    let done = run(dir.path(), &[("MODULE", "find_ignores_end"), ("OPTIONS", options)])?;
    assert_eq!(done.status.code(), Some(1), "{}{}", text(&done.stdout), text(&done.stderr));
    let report = dir.path().join("mmapcheck-report");
    let read = |name: &str| std::fs::read_to_string(report.join(name)).map_err(|error| format!("{name}: {error}"));
    assert!(read("junit.xml")?.contains("<failure"));
    assert!(read("index.html")?.contains("<html"));
    let summary = std::fs::read_to_string(dir.path().join("step summary"))?;
    assert_eq!(summary, read("summary.md")?);
    for part in ["## mmapcheck: CPython", "| 1 | ", "`find`", "```pycon\n>>> import mmap", "random cases"] {
        assert!(summary.contains(part), "{part} in {summary}");
    }
    let report: serde_json::Value = serde_json::from_str(&read("report.json")?)?;
    assert!(report["seed"].as_u64() > Some(20_260_101), "the seed is the date: {}", report["seed"]);
    Ok(())
}

#[test]
fn a_clean_target_passes_and_a_known_list_is_used() -> Result {
    let dir = tempfile::tempdir()?;
    let options = "--seed 1 --cases 40 --jobs 1 --filter READ-1";
    let done = run(dir.path(), &[("OPTIONS", options)])?;
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    assert!(std::fs::read_to_string(dir.path().join("step summary"))?.contains("without a difference"));
    let done = run(dir.path(), &[("OPTIONS", options), ("KNOWN", "no such list")])?;
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("no such list"), "{}", text(&done.stderr));
    Ok(())
}

#[test]
fn a_target_that_does_not_start_leaves_no_report() -> Result {
    let dir = tempfile::tempdir()?;
    let done = run(dir.path(), &[("MODULE", "no_such_module"), ("OPTIONS", "--cases 1")])?;
    assert_eq!(done.status.code(), Some(2), "{}", text(&done.stdout));
    assert!(!dir.path().join("mmapcheck-report/report.json").exists());
    assert!(!dir.path().join("step summary").exists());
    Ok(())
}
