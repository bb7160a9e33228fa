//! Inherited divergences: what the interpreter's own `mmap`, or an empty subclass of it, shows as well is not the module's.

use crate::{Result, as_text, interpreter, modules, python};
use mmapcheck::report::junit::junit;
use serde_json::Value;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

/// Checks a module of the tests in a folder of its own.
fn check(module: &str, more: &[&str]) -> Result<Output> {
    let dir = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(["check", "--module", module, "--seed", "1", "--jobs", "1", "--report"]);
    command.arg(dir.path().join("found")).args(more);
    // The base must be found where Python does not look for modules beside a script.
    command.env("PYTHONSAFEPATH", "1");
    Ok(command.env("PYTHONPATH", modules()).output()?)
}

fn report(done: &Output) -> Result<Value> {
    Ok(serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {:?}", done.stderr))?)
}

fn list<'a>(report: &'a Value, key: &str) -> &'a [Value] {
    report[key].as_array().map_or(&[], Vec::as_slice)
}

/// Asserts that a class which changes nothing has inherited divergences only.
fn has_nothing_of_its_own(target: &[&str], cases: &str) -> Result {
    let args = ["--cases", cases, "--format", "json"];
    let done = check("subclass", &[&args, target].concat())?;
    let report = report(&done)?;
    assert_eq!(done.status.code(), Some(0), "{:#} {:#}", report["divergences"], report["pages"]["failures"]);
    let sentences: Vec<_> = list(&report, "causes").iter().filter_map(|cause| cause["sentence"].as_str()).collect();
    let is_subclass = |sentence: &&str| sentence.starts_with("the class acts as any subclass of CPython's `mmap` does");
    assert!(sentences.iter().any(is_subclass), "{sentences:#?}");
    assert!(!list(&report["pages"], "inherited_failures").is_empty(), "the pages show it, too");
    assert_eq!(report["pages"]["inherited"], list(&report["pages"], "inherited_failures").len());
    assert_eq!(report["unavailable"]["inherited divergences"], Value::Null);
    Ok(())
}

#[test]
fn an_empty_subclass_has_nothing_of_its_own() -> Result {
    has_nothing_of_its_own(&[], "4000")
}

#[test]
fn an_empty_subclass_has_nothing_of_its_own_behind_the_driver() -> Result {
    has_nothing_of_its_own(&["--python", python()], "1500")
}

#[test]
fn a_bug_of_a_subclass_is_its_own() -> Result {
    let args = ["--random-only", "--cases", "2000", "--ops", "mmap,read,in", "--format", "json"];
    let done = check("subclass_that_stays", &args)?;
    let report = report(&done)?;
    assert_eq!(done.status.code(), Some(1));
    let operations = |key| list(&report, key).iter().filter_map(|found| found["op"].as_str()).collect::<Vec<_>>();
    assert!(operations("divergences").iter().all(|op| *op == "read"), "{report:#}");
    assert!(operations("inherited").iter().all(|op| *op == "in"), "{report:#}");
    assert!(!operations("divergences").is_empty() && !operations("inherited").is_empty(), "{report:#}");
    Ok(())
}

#[test]
fn inherited_divergences_are_listed_apart_in_every_format() -> Result {
    let args = ["--cases", "1000", "--ops", "mmap,in"];
    let done = check("subclass", &[&args[..], &["--format", "json"]].concat())?;
    let report = serde_json::from_slice(&done.stdout)?;
    let text = as_text(&report);
    assert_eq!(done.status.code(), Some(0), "{text}");
    assert!(text.contains("inherited, not counted as divergence") && text.contains("× in: expected "), "{text}");
    assert!(text.contains(" failed as inherited") && text.contains("no divergence: "), "{text}");
    let xml = junit(&report)?;
    assert!(xml.contains("inherited from the interpreter: in") && xml.contains("failures=\"0\""), "{xml}");
    Ok(())
}

/// A driver that runs the same class whatever module it is asked for, as one of another language would.
const DEAF: &str = r#"
import io, sys
with io.open(sys.argv[1], encoding="utf-8") as script:
    source = script.read().replace('hello["module"]', '"find_ignores_end"')
exec(compile(source, "driver.py", "exec"), {"__name__": "__main__"})
"#;

#[test]
fn a_driver_that_ignores_the_module_has_no_base() -> Result {
    let dir = tempfile::tempdir()?;
    let driver = dir.path().join("driver");
    std::fs::write(&driver, format!("#!{} -S\n{DEAF}", interpreter()))?;
    std::fs::set_permissions(&driver, Permissions::from_mode(0o755))?;
    let driver = driver.to_str().ok_or("a path")?;
    let args = ["--random-only", "--cases", "200", "--ops", "mmap,find,write,seek", "--format", "json"];
    let done = check("other", &[&args[..], &["--python", driver]].concat())?;
    let report = report(&done)?;
    assert_eq!(done.status.code(), Some(1), "{report:#}");
    assert!(list(&report, "inherited").is_empty() && !list(&report, "divergences").is_empty(), "{report:#}");
    let missing = report["unavailable"]["inherited divergences"].as_str().ok_or("no reason")?;
    assert!(missing.ends_with("does not run Python modules"), "{missing}");
    Ok(())
}
