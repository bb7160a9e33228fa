//! The result of a C function of an embedded target is judged as the interpreter judges it: a failure without an exception, and
//! a success with one, are a `SystemError` of the step.

use crate::{Result, python, text};
use std::path::Path;
use std::process::{Command, Output};

/// Classes of `tests/modules/wrong_results.c`, and the statements that call the wrong function of each.
const WRONG: [(&str, &str); 23] = [
    ("silent_item", "m[0]"),
    ("loud_item", "m[0]"),
    ("silent_assign", "m[0] = 1"),
    ("silent_assign", "m[0:2] = b'ab'"),
    ("loud_assign", "m[0] = 1"),
    ("silent_length", "len(m)"),
    ("loud_length", "len(m)"),
    ("silent_contains", "0 in m"),
    ("loud_contains", "b'a' in m"),
    ("silent_iter", "i = iter(m)"),
    ("loud_iter", "i = iter(m)"),
    ("loud_next", "i = iter(m)\n>>> next(i)"),
    ("silent_buffer", "v = memoryview(m)"),
    ("loud_buffer", "v = memoryview(m)"),
    ("silent_compare", "m == m"),
    ("loud_compare", "m == m"),
    ("silent_hash", "hash(m) == hash(m)"),
    ("silent_repr", "repr(m)"),
    ("silent_method", "m.flush()"),
    ("loud_method", "m.flush()"),
    ("silent_get", "m.closed"),
    ("loud_get", "m.closed"),
    ("loud_finalize", "del m"),
];

fn printed(command: &mut Command) -> Result<String> {
    let done = command.output()?;
    if done.status.success() { Ok(text(&done.stdout).trim().to_owned()) } else { Err(text(&done.stderr).into()) }
}

/// Builds the module for the interpreter that is embedded. The error says what the machine lacks.
fn build(dir: &Path) -> Result {
    let include =
        printed(Command::new(python()).args(["-c", "import sysconfig; print(sysconfig.get_path('include'))"]))?;
    if !Path::new(&include).join("Python.h").exists() {
        return Err(format!("{include} has no Python.h").into());
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modules/wrong_results.c");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-I", &include, "-o"]).arg(dir.join("wrong_results.so")).arg(source);
    printed(&mut cc).map(drop).map_err(|error| format!("cc: {error}").into())
}

fn replay(dir: &Path, class: &str, statement: &str) -> Result<Output> {
    let session = dir.join("session.pycon");
    std::fs::write(&session, format!(">>> import mmap\n>>> m = mmap.mmap(-1, 9)\n>>> {statement}\n"))?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.arg("replay").arg(&session).args(["--module", &format!("wrong_results:{class}")]);
    Ok(command.env("PYTHONPATH", dir).output()?)
}

#[test]
fn a_result_that_breaks_the_rule_of_the_interface_is_a_system_error() -> Result {
    let dir = tempfile::tempdir()?;
    if let Err(error) = build(dir.path()) {
        eprintln!("skipped: no C module can be built: {error}");
        return Ok(());
    }
    for (class, statement) in WRONG {
        let done = replay(dir.path(), class, statement)?;
        let said = text(&done.stdout) + &text(&done.stderr);
        assert!(done.status.code() == Some(1) && said.contains("SystemError"), "{class}: {said}");
    }
    Ok(())
}

#[test]
fn a_buffer_without_an_address_is_not_read() -> Result {
    let dir = tempfile::tempdir()?;
    if let Err(error) = build(dir.path()) {
        eprintln!("skipped: no C module can be built: {error}");
        return Ok(());
    }
    // The bytes are looked at after each step, and before a step that is expected to die.
    let shrunk = "f = open('f', 'w+b', buffering=0)\n>>> f.write(b'a')\n>>> m = mmap.mmap(f.fileno(), 0)\n>>> f.truncate(0)\n>>> m[0]";
    for statement in ["m.seek(2)", "m[0] = 1", "m[0:2] = b'ab'", "del m", shrunk] {
        let done = replay(dir.path(), "null_buffer", statement)?;
        let said = text(&done.stdout) + &text(&done.stderr);
        assert!(done.status.code() == Some(0) && said.contains("agree: "), "{statement}: {said}");
    }
    Ok(())
}

/// The snapshots of the tool export the buffer too. If they did not release it, the map would never go.
#[test]
fn a_buffer_that_comes_with_an_exception_is_released() -> Result {
    let dir = tempfile::tempdir()?;
    if let Err(error) = build(dir.path()) {
        eprintln!("skipped: no C module can be built: {error}");
        return Ok(());
    }
    let done = replay(dir.path(), "loud_buffer", "del m")?;
    let said = text(&done.stdout) + &text(&done.stderr);
    assert!(done.status.success(), "{said}");
    Ok(())
}
