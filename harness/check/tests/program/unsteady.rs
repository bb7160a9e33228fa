//! Divergences that do not show each time are reported with their rate, and replayed until they show.

use crate::{Result, as_text, divergences, modules, python, text};
use mmapcheck::report::junit::junit;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program on a module of the tests.
fn mmapcheck(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(args).env("PYTHONPATH", modules());
    command
}

/// A check with these options; findings go to `found` in the folder.
fn check(module: &str, dir: &Path, ops: &str, more: &[&str]) -> Result<Output> {
    let args =
        ["check", "--random-only", "--no-reentrancy", "--seed", "1", "--cases", "40", "--jobs", "1", "--ops", ops];
    let mut command = mmapcheck(&args);
    Ok(command.args(["--module", module, "--report"]).arg(dir.join("found")).args(more).output()?)
}

fn json_of(done: &Output) -> Result<Value> {
    Ok(serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {}", text(&done.stderr)))?)
}

fn saved(dir: &Path) -> Result<PathBuf> {
    let files = std::fs::read_dir(dir.join("found"))?.flatten().map(|file| file.path());
    Ok(files
        .into_iter()
        .find(|file| file.extension().is_some_and(|ending| ending == "pycon"))
        .ok_or("nothing saved")?)
}

/// The options that select a target: embedded, and behind the driver.
fn targets() -> [Vec<&'static str>; 2] {
    [Vec::new(), vec!["--python", python()]]
}

#[test]
fn a_divergence_in_three_calls_of_ten_has_its_rate() -> Result {
    for target in &targets() {
        let dir = tempfile::tempdir()?;
        let report =
            json_of(&check("wrong_at_times", dir.path(), "find,seek", &[&["--format", "json"][..], target].concat())?)?;
        let found = divergences(&report).first().ok_or(format!("{report:#}"))?;
        let (shown, runs) = (found["rate"]["shown"].as_u64(), found["rate"]["runs"].as_u64());
        // All ten runs show it once in 170,000, and none of thirty once in 40,000; ten more follow where ten show nothing.
        assert!(shown.is_some_and(|shown| (1..10).contains(&shown)), "{found:#}");
        assert!(runs.is_some_and(|runs| [10, 20, 30].contains(&runs)), "{found:#}");
        let says = format!("it showed in {} of {} runs", found["rate"]["shown"], found["rate"]["runs"]);
        assert_eq!(found["unsteady"], says.as_str(), "{found:#}");
        let session = std::fs::read_to_string(saved(dir.path())?)?;
        assert!(session.contains(&format!("\n# unsteady: {says}\n")), "{session}");
        // Shrunk as far as a steady one, where there was time: a file, a map, and a call of `find`.
        let is_small = session.lines().filter(|line| line.starts_with(">>>")).count() <= 6;
        assert!(is_small || session.contains("\n# not shrunk to the end: the time for it was over\n"), "{session}");

        let mut shown_again = 0;
        for _ in 0..5 {
            let file = saved(dir.path())?;
            let done =
                mmapcheck(&["replay", "--module", "wrong_at_times", "--runs", "40"]).arg(file).args(target).output()?;
            let (out, error) = (text(&done.stdout), text(&done.stderr));
            assert_eq!(done.status.code(), Some(1), "forty runs agree once in 1,500,000: {out}{error}");
            shown_again += usize::from(out.contains(" of 40 runs)"));
        }
        assert!(shown_again == 5);
    }
    Ok(())
}

#[test]
fn every_format_says_the_rate() -> Result {
    let dir = tempfile::tempdir()?;
    let report =
        serde_json::from_slice(&check("wrong_at_times", dir.path(), "find,seek", &["--format", "json"])?.stdout)?;
    let out = as_text(&report);
    assert!(out.contains("\n  unsteady: it showed in ") && out.contains("0 runs\n"), "{out}");
    let out = junit(&report)?;
    assert!(out.contains("0 runs)\""), "{out}");
    Ok(())
}

#[test]
fn a_divergence_of_the_first_call_in_a_process_is_found_in_new_processes() -> Result {
    for target in &targets() {
        let dir = tempfile::tempdir()?;
        let more = [&["--max-steps", "6", "--format", "json"][..], target].concat();
        let report = json_of(&check("wrong_at_first", dir.path(), "rfind,seek", &more)?)?;
        let found = divergences(&report).first().ok_or(format!("{report:#}"))?;
        assert_eq!((&found["op"], &found["actual"]), (&json!("rfind"), &json!("-1000")), "{found:#}");
        let why = found["unsteady"].as_str().unwrap_or_default();
        assert!(why.starts_with("it shows only in the first run of a process"), "{found:#}");
        let done = mmapcheck(&["replay", "--module", "wrong_at_first", "--format", "json"])
            .arg(saved(dir.path())?)
            .args(target)
            .output()?;
        let record = json_of(&done)?;
        assert_eq!((done.status.code(), &record["verdict"]), (Some(1), &json!("diverge")), "{record:#}");
        assert_eq!(record["rate"], json!({"shown": 1, "runs": 10}), "{record:#}");
    }
    Ok(())
}

#[test]
fn a_steady_divergence_shows_in_ten_runs_of_ten() -> Result {
    let dir = tempfile::tempdir()?;
    let report = json_of(&check("read_stays", dir.path(), "read,tell", &["--format", "json"])?)?;
    let found = divergences(&report).first().ok_or(format!("{report:#}"))?;
    assert_eq!((&found["rate"], &found["unsteady"]), (&json!({"shown": 10, "runs": 10}), &Value::Null), "{found:#}");
    let done = mmapcheck(&["replay", "--module", "read_stays"]).arg(saved(dir.path())?).output()?;
    let out = text(&done.stdout);
    assert!(done.status.code() == Some(1) && out.contains(" steps compared)"), "{out}");
    Ok(())
}

#[test]
fn a_shrunk_case_of_an_unsteady_divergence_still_shows() -> Result {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("case.pycon");
    let steps =
        ["import mmap", "m = mmap.mmap(-1, 9)", "m.seek(3)", "len(m)", "m.find(b'a')", "m.find(b'b')", "m.read(2)"];
    std::fs::write(&file, steps.map(|step| format!(">>> {step}\n")).concat())?;
    let args = ["shrink", "--module", "wrong_at_times", "--format", "json"];
    let record = json_of(&mmapcheck(&args).arg(&file).output()?)?;
    let session = record["session"].as_str().ok_or(format!("{record:#}"))?;
    assert!(session.contains("m.find(") && !session.contains("m.read"), "{session}");
    assert!(record["rate"]["shown"].as_u64().is_some_and(|shown| shown > 0), "{record:#}");
    Ok(())
}
