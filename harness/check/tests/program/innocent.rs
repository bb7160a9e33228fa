//! A target is not charged with anything that the tool does to it, nor with what it may do: reading its state, printing,
//! and maps of every size that the notation takes.

use crate::{Result, modules, python};
use mmapcheck::interpreters::find;
use std::path::PathBuf;
use std::process::{Command, Output};

fn mmapcheck(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(args).env("PYTHONPATH", modules());
    command
}

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
}

/// Replays a session on a module of `tests/modules`. `engine`: the options of the target.
fn replayed(session: &str, module: &str, engine: &[&str]) -> Result<Output> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("session.pycon");
    std::fs::write(&file, session)?;
    Ok(mmapcheck(&["replay", "--runs", "1", "--module", module]).arg(&file).args(engine).output()?)
}

/// A campaign that truncates files behind their maps, and in which a faithful module has no divergence.
fn has_no_divergence(module: &str, engine: &[&str]) -> Result {
    let dir = tempfile::tempdir()?;
    let ops = ["check", "--random-only", "--ops", "mmap,file-truncate,resize,read,seek,tell", "--seed", "1"];
    let mut check = mmapcheck(&ops);
    check.args(["--module", module, "--cases", "600", "--jobs", "1", "--report"]).arg(dir.path().join("found"));
    let done = check.args(engine).output()?;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    // Its own deaths are those that are expected.
    assert!(said(&done).contains("expected deaths: "), "{}", said(&done));
    Ok(())
}

#[test]
fn a_wrapper_that_does_not_export_its_memory_is_faithful() -> Result {
    has_no_divergence("wraps", &[])
}

#[test]
fn anonymous_memory_as_long_as_a_file_is_read_to_its_end() -> Result {
    const SESSION: &str = ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n>>> f.write(b'a' * 4097)\n4097\n\
        >>> f.truncate(1)\n1\n>>> m = mmap.mmap(f.fileno(), 0, mmap.MAP_SHARED | mmap.MAP_ANON)\n>>> m[:]\nb'\\x00'\n";
    let done = replayed(SESSION, "wraps", &[])?;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    Ok(())
}

/// A CPython that lets a Python class export memory.
fn with_buffers() -> Result<Option<PathBuf>> {
    const ASK: &str = "import sys; sys.exit(sys.implementation.name != 'cpython' or sys.version_info < (3, 12))";
    let can =
        |python: &PathBuf| Command::new(python).args(["-c", ASK]).output().is_ok_and(|done| done.status.success());
    Ok(find(None)?.into_iter().find(can))
}

#[test]
fn a_wrapper_that_exports_its_memory_is_faithful() -> Result {
    let Some(python) = with_buffers()? else {
        eprintln!("skipped: no CPython 3.12 or later was found");
        return Ok(());
    };
    has_no_divergence("wraps_buffer", &["--python", python.to_str().ok_or("a path")?])
}

#[test]
fn a_death_while_the_state_is_read_is_no_death_of_a_step() -> Result {
    for engine in [&[][..], &["--python", python()]] {
        let done = replayed(">>> import mmap\n>>> m = mmap.mmap(-1, 9)\n>>> m.flush()\n", "dies_when_read", engine)?;
        let said = said(&done);
        assert_eq!(done.status.code(), Some(1), "{said}");
        let death = said.lines().find(|line| line.starts_with("DEATH")).ok_or_else(|| said.clone())?;
        assert!(death.contains("died of signal 11 (SIGSEGV)") && !death.contains("flush"), "{said}");
    }
    Ok(())
}

#[test]
fn a_target_may_print_under_a_limit_on_file_size() -> Result {
    const SESSION: &str = ">>> import mmap, resource\n>>> m = mmap.mmap(-1, 9)\n\
        >>> resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))\n>>> m.tell()\n";
    for engine in [&[][..], &["--python", python()]] {
        let done = replayed(SESSION, "prints", engine)?;
        assert_eq!(done.status.code(), Some(0), "{engine:?}: {}", said(&done));
    }
    Ok(())
}

#[test]
fn a_map_of_four_megabytes_can_be_read_on_every_path() -> Result {
    const SESSION: &str = ">>> import mmap\n>>> m = mmap.mmap(-1, 4194304)\n>>> m[4194303] = 1\n>>> m.tell()\n\
        >>> m[0:4194304]\n>>> m.seek(5)\n>>> m.read()\n";
    for engine in [&[][..], &["--python", python()]] {
        let done = replayed(SESSION, "mmap", engine)?;
        let last: String = said(&done).chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
        assert_eq!(done.status.code(), Some(0), "{engine:?}: {last}");
    }
    Ok(())
}
