//! Harm that a target does to its own process is a finding with its case and step, or harmless: no campaign ends for it.

use crate::{Result, modules, python, text};
use serde_json::Value;
use std::process::{Command, Output};

const CASES: u64 = 6;

/// A campaign on a class of `tests/modules/self_harm.py`. A file that stands where the class goes is still there afterwards.
fn check(class: &str, more: &[&str]) -> Result<(Output, Value)> {
    let dir = tempfile::tempdir()?;
    let bystander = dir.path().join("bystander");
    std::fs::write(&bystander, "here")?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(["check", "--random-only", "--no-reentrancy", "--format", "json", "--jobs", "1", "--seed", "3"]);
    command.args(["--module", &format!("self_harm:{class}"), "--report"]).arg(dir.path().join("found"));
    command.args(["--ops", "mmap,readline,tell,write,file-size"]).args(more);
    command.env("PYTHONPATH", modules());
    let done = command.env("ANOTHER_FOLDER", dir.path()).output()?;
    assert!(bystander.exists(), "{class} had a file removed that is not the target's");
    let report =
        serde_json::from_slice(&done.stdout).map_err(|error| format!("{class}: {error}: {}", text(&done.stderr)))?;
    Ok((done, report))
}

fn cases(many: u64) -> [String; 2] {
    ["--cases".into(), many.to_string()]
}

/// Asserts that each finding is a death of `readline` that says this.
fn is_found(class: &str, says: &str) -> Result {
    is_found_at(class, says, &"readline".into())
}

fn is_found_at(class: &str, says: &str, op: &Value) -> Result {
    let [option, many] = cases(CASES);
    let (done, report) = check(class, &[&option, &many, "--max-steps", "12"])?;
    assert_eq!((done.status.code(), &report["cases"]), (Some(1), &CASES.into()), "{class}: {report:#}");
    let found = report["divergences"].as_array().ok_or("no list")?;
    assert!(!found.is_empty(), "{class}: {report:#}");
    for divergence in found {
        let actual = divergence["actual"].as_str().ok_or("no text")?;
        assert!(actual.contains(says), "{class}: {divergence:#}");
        assert_eq!((&divergence["op"], &divergence["severity"]), (op, &"death".into()), "{divergence:#}");
        assert_eq!(divergence["unsteady"], Value::Null, "{class}: {divergence:#}");
    }
    Ok(())
}

#[test]
fn a_descriptor_that_is_closed_is_found() -> Result {
    is_found("CloseDescriptor", "was damaged: the target closed or replaced the descriptor of the file object f")
}

#[test]
fn a_descriptor_that_is_replaced_is_found() -> Result {
    is_found("ReplaceDescriptor", "was damaged: the target closed or replaced the descriptor of the file object f")
}

#[test]
fn a_working_folder_that_is_changed_is_found() -> Result {
    is_found("ChangeFolder", "was damaged: the target changed or removed the working folder")
}

#[test]
fn a_handler_of_signals_that_is_set_is_found() -> Result {
    is_found("HandleSignals", "was damaged: the target changed the handling of signals")
}

#[test]
fn a_limit_that_is_set_is_found() -> Result {
    is_found("LimitFiles", "was damaged: the target changed the limit of open files")?;
    is_found("LimitSizes", "was damaged: the target changed the limit of file size")
}

#[test]
fn files_that_are_removed_are_found() -> Result {
    is_found("RemoveFiles", "was damaged: the target removed or replaced the file 'f")?;
    is_found("RemoveFolder", "was damaged: the target ")
}

#[test]
fn memory_of_the_tool_that_is_unmapped_is_found() -> Result {
    is_found("UnmapMarks", "died of signal 11 (SIGSEGV)")?;
    // Without marks, the step is not known.
    is_found_at("TruncateMarks", "was damaged: the target truncated a file of the tool", &Value::Null)
}

/// Each case takes a few descriptors more, until none are left.
#[test]
fn descriptors_that_are_kept_are_found() -> Result {
    let [option, many] = cases(400);
    let (done, report) = check("KeepDescriptors", &[&option, &many])?;
    assert_eq!((done.status.code(), &report["cases"]), (Some(1), &400.into()), "{report:#}");
    let found = report["divergences"].as_array().ok_or("no list")?;
    assert!(found.iter().any(|divergence| divergence["field"] == "descriptors left open"), "{report:#}");
    Ok(())
}

/// Harm that a driver does not find is harmless to it.
#[test]
fn no_harm_to_a_driver_ends_a_campaign() -> Result {
    let harms = [
        ("CloseDescriptor", 1),
        ("ReplaceDescriptor", 0),
        ("ChangeFolder", 1),
        ("HandleSignals", 0),
        ("LimitFiles", 1),
        ("LimitSizes", 1),
        ("RemoveFiles", 1),
        ("RemoveFolder", 1),
    ];
    for (class, least) in harms {
        let [option, many] = cases(2 * CASES);
        let (done, report) = check(class, &[&option, &many, "--max-steps", "6", "--python", python()])?;
        let status = done.status.code().ok_or("no status")?;
        assert!((least..2).contains(&status), "{class}: {status}: {}", text(&done.stderr));
        assert_eq!(report["cases"], 2 * CASES, "{class}: {report:#}");
    }
    let [option, many] = cases(120);
    let (done, report) = check("KeepDescriptors", &[&option, &many, "--python", python()])?;
    assert_eq!((done.status.code(), &report["cases"]), (Some(1), &120.into()), "{report:#}");
    Ok(())
}
