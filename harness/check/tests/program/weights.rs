//! The weights of operations: what is drawn, what a saved case says of them, and wrong ones.

use crate::{Result, modules, text};
use std::path::Path;
use std::process::{Command, Output};

fn check(dir: &Path, options: &[&str]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(["check", "--random-only", "--cases", "400", "--seed", "5", "--jobs", "1"]).args(options);
    Ok(command.current_dir(dir).env("PYTHONPATH", modules()).output()?)
}

#[test]
fn a_saved_case_says_the_options_that_generate_it() -> Result {
    let dir = tempfile::tempdir()?;
    let options = "--ops 'mmap,find,read' --weight 'find=2.5' --weight 'read=0' --max-steps 9 --no-reentrancy";
    let words: Vec<_> = options
        .split([' ', '\''])
        .filter(|word| !word.is_empty())
        .chain(["--module", "find_ignores_end", "--verbose"])
        .collect();
    let done = check(dir.path(), &words)?;
    let out = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{out}{}", text(&done.stderr));
    let saved = std::fs::read_dir(dir.path().join("mmapcheck-found"))?.filter_map(|file| Some(file.ok()?.path()));
    let saved: Vec<_> = saved.filter(|path| path.extension().is_some_and(|extension| extension == "pycon")).collect();
    assert!(!saved.is_empty());
    for path in saved {
        let case = std::fs::read_to_string(&path)?;
        let origin = format!("found by mmapcheck check --module find_ignores_end {options} --seed 5, case ");
        assert!(case.contains(&origin) && !case.contains("m.read("), "{case}");
    }
    let steps = |op: &str| out.lines().find(|line| line.trim_start().starts_with(op)).unwrap_or_default().to_owned();
    assert!(steps("read ").ends_with("no step") && !steps("find ").ends_with("no step"), "{out}");
    Ok(())
}

#[test]
fn a_wrong_weight_is_one_error() -> Result {
    let dir = tempfile::tempdir()?;
    for (weight, said) in [
        ("raed=2", "unknown operation 'raed', did you mean 'read'?"),
        ("read", "invalid weight 'read': expected OP=N with 0 <= N <= 1000"),
        ("read=1001", "invalid weight 'read=1001'"),
        ("wait=2", "give a weight to 'fork'"),
    ] {
        let done = check(dir.path(), &["--weight", weight])?;
        let error = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{weight}");
        assert!(error.contains(said) && error.lines().count() == 1, "{error}");
    }
    Ok(())
}
