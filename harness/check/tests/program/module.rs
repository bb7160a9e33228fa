//! A module in place of `mmap`: its constants, its exception, and whether its class can be subclassed.

use super::{Result, modules, text};
use serde_json::Value;
use std::process::Command;

/// Each fault of `module_faults.py`, with the start and the end of the sentence of its one cause, and the clause.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    ("PROT_READ is missing", "the module lacks `PROT_READ`", "", "CONST-10"),
    ("PROT_READ is PROT_WRITE", "the module has 2 and not 1 for `PROT_READ`", "", "CONST-10"),
    ("MADV_* and MAP_* are missing", "the module lacks `MAP_ANONYMOUS`, `MAP_ANON`, ", "`MADV_HWPOISON`", "CONST-17"),
    ("PAGESIZE is wrong", "the module has 65536 and not 4096 for `PAGESIZE`", "", "MODULE-1"),
    ("ALLOCATIONGRANULARITY is wrong", "the module has 1 and not 4096 for `ALLOCATIONGRANULARITY`", "", "MODULE-1"),
    ("error is missing", "`mmap.error == OSError` raises `AttributeError", "`", "MODULE-3"),
    ("error is another class", "`mmap.error == OSError` returns `False`", "", "MODULE-3"),
    ("the class is final", "`issubclass(type(\"M\", (mmap.mmap,), {}), mmap.mmap)` raises `TypeError", "`", "MODULE-4"),
];

/// The causes that are the module's own in a short campaign of random cases.
fn causes(class: &str, fault: &str) -> Result<Vec<Value>> {
    let dir = tempfile::tempdir()?;
    let done = Command::new(env!("CARGO_BIN_EXE_mmapcheck"))
        .args(["check", "--module", class, "--random-only", "--format", "json", "--report"])
        .arg(dir.path().join("found"))
        .args(["--cases", "400", "--seed", "1", "--jobs", "1", "--no-reentrancy"])
        .env("PYTHONPATH", modules())
        .env("FAULT", fault)
        .output()?;
    let report: Value = serde_json::from_slice(&done.stdout).map_err(|_| text(&done.stderr))?;
    let all = report["causes"].as_array().cloned().unwrap_or_default();
    Ok(all.into_iter().filter(|cause| cause["inherited"] == false).collect())
}

#[test]
fn each_fault_of_a_module_is_one_cause() -> Result {
    for (fault, start, end, clause) in FAULTS {
        let causes = causes("module_faults", fault)?;
        let sentences: Vec<_> = causes.iter().filter_map(|cause| cause["sentence"].as_str()).collect();
        assert!(
            matches!(sentences[..], [one] if one.starts_with(start) && one.ends_with(end)),
            "{fault}: {sentences:#?}"
        );
        assert_eq!(causes[0]["clause"], *clause, "{fault}");
    }
    Ok(())
}

#[test]
fn a_module_without_a_fault_has_no_cause_nor_has_the_module_of_a_class_of_another_name() -> Result {
    assert_eq!(causes("module_faults", "")?, Vec::<Value>::new());
    assert_eq!(causes("module_faults:_OtherName", "PROT_READ is missing")?, Vec::<Value>::new());
    Ok(())
}
