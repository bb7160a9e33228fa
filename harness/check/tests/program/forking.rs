//! A child process that ends before its last step: the report names the step, and the campaign continues.

use crate::{Result, modules, python};
use std::process::Command;

/// Replays a case whose child runs this step on a planted module. `engine`: the options of the target. Returns the output.
fn replayed(module: &str, step: &str, engine: &[&str]) -> Result<String> {
    let dir = tempfile::tempdir()?;
    let session = dir.path().join("session.pycon");
    let child = format!("...     m.tell()\n...     {step}\n...     m.tell()\n...     os._exit(0)\n...\n");
    let opening = ">>> import mmap, os\n>>> m = mmap.mmap(-1, 9)\n>>> if os.fork() == 0:\n";
    std::fs::write(&session, format!("{opening}{child}>>> os.wait()[1]\n0\n"))?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.arg("replay").arg(&session).args(["--module", module]).args(engine);
    command.env("PYTHONPATH", modules());
    let done = command.output()?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    Ok(said)
}

/// The result of the step in the table of the replay.
fn came_of<'a>(said: &'a str, step: &str) -> Option<&'a str> {
    let (_, table) = said.split_once(&format!("step 4 of 6: {step}"))?;
    table.lines().find(|line| line.contains("answer"))
}

fn is_named(module: &str, step: &str, words: &str, engine: &[&str]) -> Result {
    let said = replayed(module, step, engine)?;
    assert!(came_of(&said, step).is_some_and(|line| line.contains(words)), "{said}");
    Ok(())
}

#[test]
fn a_death_in_a_child_is_named() -> Result {
    is_named("dies", "m.resize(5)", "died of signal 6 (SIGABRT)", &[])
}

#[test]
fn a_death_in_a_child_of_another_interpreter_is_named() -> Result {
    is_named("dies", "m.resize(5)", "died of signal 6 (SIGABRT)", &["--python", python()])
}

#[test]
fn a_child_that_exits_is_named() -> Result {
    is_named("exits", "m.resize(5)", "exited with status 3", &[])?;
    is_named("exits", "m.resize(5)", "exited with status 3", &["--python", python()])
}

#[test]
fn a_child_that_hangs_is_named() -> Result {
    is_named("hangs", "m.readline()", "hung", &[])
}

#[test]
fn a_child_of_another_interpreter_that_hangs_is_named() -> Result {
    is_named("hangs", "m.readline()", "hung", &["--python", python()])
}
