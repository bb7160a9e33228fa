//! A verdict counts what was compared, and the rest is said: in a replay step by step, in a campaign by reason.

use crate::hostile::fake;
use crate::{Result, modules, text};
use jsonschema::Validator;
use mmapcheck::batch::Batch;
use mmapcheck::generate::{GeneratorOptions, numbered};
use mmapcheck::oracle::{Omissions, Oracle};
use mmapcheck::pattern::Patterns;
use mmapcheck::worker::scratch;
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Profile, TargetInfo};
use mmapcheck_targets::InProcess;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn mmapcheck(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(args).env("PYTHONPATH", modules());
    command
}

/// A session in a file of its own.
struct Saved {
    _dir: TempDir,
    path: PathBuf,
}

impl Saved {
    fn new(lines: &[&str]) -> Result<Saved> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("case.pycon");
        let lines =
            lines.iter().map(|line| if line.starts_with("...") { (*line).to_owned() } else { format!(">>> {line}") });
        std::fs::write(&path, lines.map(|line| line + "\n").collect::<String>())?;
        Ok(Saved { _dir: dir, path })
    }

    fn run(&self, command: &str, more: &[&str]) -> Result<Output> {
        Ok(mmapcheck(&[command]).arg(&self.path).args(more).output()?)
    }

    /// The JSON of a command, which follows its schema.
    fn json(&self, command: &str, more: &[&str]) -> Result<(Option<i32>, Value)> {
        let done = self.run(command, &[&["--format", "json"], more].concat())?;
        let record: Value =
            serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {}", text(&done.stderr)))?;
        let errors: Vec<_> = validator()?.iter_errors(&record).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let left_out = record["left_out"].as_array().ok_or("no list")?.len() as u64;
        assert_eq!(record["steps"].as_u64(), Some(record["compared"].as_u64().unwrap_or(0) + left_out), "{record:#}");
        Ok((done.status.code(), record))
    }
}

fn validator() -> Result<Validator> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/case.schema.json");
    Ok(jsonschema::validator_for(&serde_json::from_str(&std::fs::read_to_string(schema)?)?)?)
}

/// The steps that a replay leaves out, by place; it exits with 2, and says the same as text.
fn left_out(lines: &[&str]) -> Result<Vec<(u64, String)>> {
    let saved = Saved::new(lines)?;
    let (status, record) = saved.json("replay", &[])?;
    assert_eq!((status, &record["verdict"]), (Some(2), &json!("incomplete")), "{record:#}");
    let done = saved.run("replay", &[])?;
    let (out, error) = (text(&done.stdout), text(&done.stderr));
    let extent = format!("{} of {} steps compared", record["compared"], record["steps"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(out.contains(&format!("incomplete: {extent}")), "{out}");
    assert!(error.contains(&extent) && error.lines().count() == 1, "{error}");
    let list = record["left_out"].as_array().ok_or("no list")?;
    let mut found = Vec::new();
    for step in list {
        let number = step["step"].as_u64().ok_or("no number")?;
        let (source, reason) = (step["source"].as_str().ok_or("source")?, step["reason"].as_str().ok_or("reason")?);
        let said = format!("  step {} of {}: {source}\n    not run: {reason}\n", number + 1, record["steps"]);
        assert!(out.contains(&said), "{said} is not in {out}");
        found.push((number, reason.to_owned()));
    }
    Ok(found)
}

/// Asserts that every step is compared and agrees.
fn compares_all(lines: &[&str]) -> Result<Value> {
    let (status, record) = Saved::new(lines)?.json("replay", &[])?;
    assert_eq!((status, &record["verdict"]), (Some(0), &json!("agree")), "{record:#}");
    assert_eq!(record["compared"], record["steps"]);
    Ok(record)
}

#[test]
fn a_replay_iterates_over_long_maps() -> Result {
    let record =
        compares_all(&["import mmap, re", "m = mmap.mmap(-1, 101)", "list(m)", "b'a' in m", "re.findall(b'a', m)"])?;
    assert_eq!(record["steps"], 4);
    Ok(())
}

#[test]
fn a_replay_says_which_iteration_is_too_long() -> Result {
    let found = left_out(&["import mmap", "m = mmap.mmap(-1, 2**20 + 1)", "list(m)", "len(m)"])?;
    assert_eq!(found, [(1, "it iterates over a long map: more than 1048576 bytes".to_owned())]);
    Ok(())
}

#[test]
fn a_replay_that_runs_nothing_does_not_agree() -> Result {
    let found = left_out(&["import mmap", "m = mmap.mmap(-1, 2**31, prot=mmap.PROT_READ)", "m[0] = 1"])?;
    assert_eq!(found.len(), 2);
    assert!(found[0].1.starts_with("the reference has no answer: "), "{found:?}");
    assert_eq!(found[1], (1, "the name is not bound".to_owned()));
    Ok(())
}

/// Real CPython: the child dies of signal 11.
#[test]
fn the_steps_of_a_child_never_run_in_its_parent() -> Result {
    let found = left_out(&[
        "import mmap, os",
        "m = mmap.mmap(-1, 5)",
        "m.madvise(mmap.MADV_DONTFORK)",
        "if os.fork() == 0:",
        "...     len(m)",
        "...     m[0:3]",
        "...     os._exit(0)",
        "...",
        "os.wait()[1]",
        "m.tell()",
    ])?;
    let no_child = "the fork of its child process was left out";
    assert!(found[0].1.starts_with("the reference has no answer: "), "{found:?}");
    assert_eq!(found.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert!(found[1..].iter().all(|(_, reason)| reason == no_child), "{found:?}");
    Ok(())
}

#[test]
fn a_step_is_never_run_on_another_object() -> Result {
    let found =
        left_out(&["import mmap", "m = mmap.mmap(-1, 2**31)", "m2 = mmap.mmap(-1, 5)", "m.read(1)", "m2.tell()"])?;
    assert_eq!(found.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [0, 2]);
    Ok(())
}

#[test]
fn an_exception_in_a_child_is_said() -> Result {
    let found = left_out(&[
        "import mmap, os",
        "m = mmap.mmap(-1, 5)",
        "if os.fork() == 0:",
        "...     m[9]",
        "...     os._exit(0)",
        "...",
        "os.wait()[1]",
    ])?;
    assert_eq!(found, [(2, "it ends the child process: it raises IndexError".to_owned())]);
    Ok(())
}

const DEATH: [&str; 5] = [
    "import mmap",
    "f = open('f', 'w+b', buffering=0)",
    "_ = f.write(b'a' * 5000)",
    "m = mmap.mmap(f.fileno(), 0)",
    "f.truncate(0)",
];

#[test]
fn a_death_is_compared_and_what_follows_it_is_said() -> Result {
    assert_eq!(compares_all(&[&DEATH[..], &["m[0]"]].concat())?["steps"], 3);
    let found = left_out(&[&DEATH[..], &["m[0]", "m.tell()"]].concat())?;
    assert_eq!(found, [(3, "the process died in an earlier step".to_owned())]);
    Ok(())
}

#[test]
fn a_death_in_a_child_is_said() -> Result {
    let lines = ["if os.fork() == 0:", "...     m[0]", "...     os._exit(0)", "...", "os.wait()[1]"];
    let found = left_out(&[&["import os"], &DEATH[..], &lines].concat())?;
    assert_eq!(found.len(), 1);
    assert!(found[0].1.starts_with("it ends the child process: it died of signal 7"), "{found:?}");
    Ok(())
}

#[test]
fn steps_after_a_divergence_are_not_compared() -> Result {
    let saved = Saved::new(&["import mmap", "m = mmap.mmap(-1, 5)", "m.read(2)", "m.tell()", "len(m)"])?;
    let (status, record) = saved.json("replay", &["--module", "read_stays"])?;
    assert_eq!((status, &record["verdict"], &record["compared"]), (Some(1), &json!("diverge"), &json!(2)));
    assert_eq!(record["divergences"][0]["step"], 1, "{record:#}");
    assert_eq!(record["left_out"][0]["reason"], "the comparison ended at a divergence");
    let done = saved.run("replay", &["--module", "read_stays"])?;
    let out = text(&done.stdout);
    assert!(out.contains("(2 of 4 steps compared)") && done.stderr.is_empty(), "{out}");
    Ok(())
}

#[test]
fn a_shrunk_case_is_reported_in_the_same_form() -> Result {
    let saved = Saved::new(&["import mmap", "m = mmap.mmap(-1, 5)", "m.tell()", "m.read(2)", "m.tell()"])?;
    let (status, record) = saved.json("shrink", &["--module", "read_stays"])?;
    assert_eq!((status, &record["verdict"], &record["steps"]), (Some(1), &json!("diverge"), &json!(2)), "{record:#}");
    assert!(record["session"].as_str().is_some_and(|session| session.contains("m.read")), "{record:#}");
    let (status, record) = saved.json("shrink", &[])?;
    assert_eq!((status, &record["verdict"], &record["session"]), (Some(0), &json!("agree"), &Value::Null));
    let none = Saved::new(&["import mmap", "m = mmap.mmap(-1, 2**31)"])?;
    assert_eq!(none.json("shrink", &[])?.0, Some(2));
    Ok(())
}

#[test]
fn a_file_without_a_step_is_refused() -> Result {
    for (lines, line) in
        [(&[][..], 1), (&["import mmap"], 1), (&["import mmap", "f = open('f', 'wb', buffering=0)"], 2)]
    {
        let saved = Saved::new(lines)?;
        for command in ["replay", "shrink"] {
            let done = saved.run(command, &[])?;
            let error = text(&done.stderr);
            assert_eq!(done.status.code(), Some(2), "{error}");
            assert!(error.contains(&format!("case.pycon:{line}: the session has no step")), "{error}");
        }
    }
    Ok(())
}

/// CPython 3.11.7: `ValueError: I/O operation on closed file`.
#[test]
fn a_file_that_is_closed_stays_closed() -> Result {
    let opening = ["import mmap", "f = open('f', 'wb', buffering=0)", "_ = f.write(b'abc')", "f.close()"];
    let found = left_out(&[&opening[..], &["m = mmap.mmap(f.fileno(), 3)"]].concat())?;
    assert_eq!(found, [(1, "the reference has no answer: the file is closed".to_owned())]);
    Ok(())
}

/// The program on a driver that declines.
fn declining(harm: &str, args: &[&str]) -> Result<Output> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let dir = tempfile::tempdir()?;
    let driver = fake(dir.path())?;
    let mut command = mmapcheck(args);
    if args.contains(&"check") {
        command.arg("--report").arg(dir.path().join("found"));
    }
    command.env("PYTHONPATH", tests.join("drivers")).env("FAKE", harm).env("MARK", dir.path().join("mark"));
    Ok(command.arg("--python").arg(&driver).output()?)
}

#[test]
fn a_check_that_compares_nothing_fails() -> Result {
    for part in [&["--pages-only"][..], &["--random-only", "--cases", "50"], &["--cases", "50"]] {
        let done = declining("declines", &[&["check", "--seed", "1"], part].concat())?;
        let error = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{part:?}: {error}");
        assert!(error.contains("nothing was compared: ") && error.lines().count() == 1, "{part:?}: {error}");
    }
    Ok(())
}

#[test]
fn a_declined_step_is_not_counted_as_compared() -> Result {
    let args = ["check", "--seed", "1", "--random-only", "--cases", "50", "--format", "json"];
    let report: Value = serde_json::from_slice(&declining("declines", &args)?.stdout)?;
    assert_eq!((&report["cases"], &report["steps"]), (&json!(50), &json!(0)), "{report:#}");
    assert_eq!(report["left_out"]["the target declined it"], 50, "{report:#}");
    assert!(report["left_out"]["the target declined an earlier step"].as_u64() > Some(500), "{report:#}");
    let text_report = text(&declining("declines", &[&args[..6], &["--verbose"]].concat())?.stdout);
    assert!(text_report.contains("50 × the target declined it\n"), "{text_report}");
    Ok(())
}

#[test]
fn smoke_names_what_is_declined() -> Result {
    let done = declining("declines", &["smoke"])?;
    let (out, error) = (text(&done.stdout), text(&done.stderr));
    assert_eq!(done.status.code(), Some(2), "{out}{error}");
    assert!(out.contains("methods       0 of ") && out.contains("; declines close, closed, find"), "{out}");
    assert!(error.contains("it declined every example"), "{error}");
    let done = declining("declines-methods", &["smoke"])?;
    let out = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{out}");
    assert!(out.contains("; declines close, closed, find") && out.contains("MISS  READ-1"), "{out}");
    Ok(())
}

/// The checks that a report says it could not make.
fn unavailable(report: &Value) -> Vec<&str> {
    report["unavailable"].as_object().into_iter().flatten().map(|(check, _)| check.as_str()).collect()
}

#[test]
fn checks_that_cannot_be_had_are_said() -> Result {
    let args = ["check", "--seed", "1", "--random-only", "--cases", "40", "--format", "json"];
    let report: Value = serde_json::from_slice(&declining("no-leaks", &args)?.stdout)?;
    assert_eq!(unavailable(&report), ["damage to the process", "guard pages", "leaks"], "{report:#}");
    let said = text(&declining("no-leaks", &[&args[..6], &["--verbose"]].concat())?.stdout);
    assert!(said.contains("not checked: leaks: the driver does not count them\n"), "{said}");
    let report: Value = serde_json::from_slice(&declining("none", &args)?.stdout)?;
    assert_eq!(unavailable(&report), ["damage to the process", "guard pages"], "{report:#}");
    let report: Value = serde_json::from_slice(&mmapcheck(&args).output()?.stdout)?;
    assert_eq!(unavailable(&report), [""; 0], "the embedded CPython on Linux can be checked whole: {report:#}");
    Ok(())
}

/// Every generated step is either compared or counted with its reason.
#[test]
fn no_step_of_a_batch_is_lost() -> Result {
    const CASES: u64 = 3000;
    let profile = Profile::cpython(3, 13, 0);
    let dir = scratch()?;
    let info = TargetInfo::of_profile(profile, "the reference on files");
    let mut target = InProcess::new(Reference::new(profile, dir.path())?, info);
    let generator = GeneratorOptions::all(profile);
    let (known, omissions) = (Patterns::default(), Omissions::NONE);
    let batch = Batch { seed: 1, cases: 0..CASES, generator, known, model: Vec::new(), omissions, fresh: None };
    let result = batch.run(&mut Oracle::new(profile)?, &mut target, &mut |_, _| {})?;
    let generated = (0..CASES).map(|case| numbered(1, case, &batch.generator).steps.len() as u64);
    assert_eq!(result.steps + result.left_out.total(), generated.sum::<u64>(), "{:?}", result.left_out.by_text());
    assert!(result.left_out.by_text().len() > 5, "{:?}", result.left_out.by_text());
    Ok(())
}
