//! The program as it is installed: completions, man pages, and a build without an embedded CPython.

use crate::{Result, text};
use std::process::Command;

fn mmapcheck(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(args);
    command
}

#[test]
fn completions_know_every_command_and_option() -> Result {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = mmapcheck(&["completions", shell]).output()?;
        let printed = text(&done.stdout);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        for word in ["check", "explain", "bisect", "severity", "fail-fast"] {
            assert!(printed.contains(word), "{shell}: no {word}");
        }
        assert!(!printed.contains("Internal"), "{shell}: the internal command is offered");
    }
    let wrong = mmapcheck(&["completions", "cmd"]).output()?;
    assert_eq!(wrong.status.code(), Some(2));
    Ok(())
}

#[test]
fn the_doctor_finds_interpreters_and_says_what_a_missing_program_switches_off() -> Result {
    let dir = tempfile::tempdir()?;
    let python = which::which("python3")?.canonicalize()?;
    std::os::unix::fs::symlink(&python, dir.path().join("python3"))?;
    let done = mmapcheck(&["doctor"]).env("PATH", dir.path()).output()?;
    let printed = text(&done.stdout);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    for line in [
        "ok       page size: ",
        "ok       embedded CPython: ",
        "missing  clang: ",
        "missing  wine64: CPython for Windows",
    ] {
        assert!(printed.contains(line), "no line with {line} in\n{printed}");
    }
    assert!(printed.contains(": Python 3."), "{printed}");
    Ok(())
}

#[test]
fn man_pages_are_written_for_each_command() -> Result {
    let dir = tempfile::tempdir()?;
    let folder = dir.path().join("man/man1");
    let done = mmapcheck(&["man"]).arg(&folder).output()?;
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let page = std::fs::read_to_string(folder.join("mmapcheck-check.1"))?;
    assert!(page.contains("fail\\-fast") && page.contains("Seed of the random cases"), "{page}");
    assert!(folder.join("mmapcheck.1").exists() && !folder.join("mmapcheck-worker.1").exists());
    let file = dir.path().join("file");
    std::fs::write(&file, "")?;
    let refused = mmapcheck(&["man"]).arg(&file).output()?;
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("file"), "{}", text(&refused.stderr));
    Ok(())
}

/// A machine whose only programs are those that the scripts cannot do without.
#[test]
fn the_scripts_of_coverage_say_what_to_install() -> Result {
    let dir = tempfile::tempdir()?;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    for name in ["bash", "env", "dirname", "sed", "mktemp", "mkdir", "rm", "cat"] {
        std::os::unix::fs::symlink(which::which(name)?, dir.path().join(name))?;
    }
    std::fs::create_dir(dir.path().join("Modules"))?;
    std::fs::write(dir.path().join("Modules/mmapmodule.c"), "")?;
    for (script, says) in
        [("instrument", "instrument: no clang: install clang"), ("coverage", "coverage: no clang: install clang")]
    {
        let mut command = Command::new(root.join("fuzz").join(script));
        let done =
            command.arg(dir.path()).arg(dir.path().join("out")).env("PATH", dir.path()).env_remove("CC").output()?;
        let said = text(&done.stderr);
        assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{script}: {said}");
        assert!(said.starts_with(says) && said.contains("apt-get install"), "{script}: {said}");
    }
    Ok(())
}
