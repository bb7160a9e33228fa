//! A part of a case replayed, and bytes traced through it.

use crate::{Result, modules, text};
use std::process::{Command, Output};

const CASE: &str = "\
>>> import mmap
>>> f = open('f', 'w+b', buffering=0)
>>> f.write(b'hello world')
11

>>> m = mmap.mmap(f.fileno(), 0)
>>> m.find(b'o', 0, 3)
>>> m.seek(3)
>>> m.write(b'XY')
>>> m.find(b'l', 0, 2)
>>> m[0] = 65
";

/// The replay of a case whose steps 2 and 5 diverge on a class whose `find` ignores its end.
fn replay(options: &[&str]) -> Result<Output> {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("case.pycon"), CASE)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(["replay", "case.pycon", "--runs", "1", "--module", "find_ignores_end"]).args(options);
    Ok(command.current_dir(dir.path()).env("PYTHONPATH", modules()).output()?)
}

#[test]
fn a_replay_compares_from_a_step_on_and_ends_at_another() -> Result {
    let done = replay(&["--from", "3"])?;
    let out = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{out}");
    assert!(
        out.contains("  steps 1 to 2\n    not shown: the comparison begins at a later step\n  step 3 of 6"),
        "{out}"
    );
    assert!(out.contains("VALUE  find: expected -1, got 2 (4 of 6 steps compared"), "{out}");

    let done = replay(&["--from", "3", "--until", "4"])?;
    let out = text(&done.stdout);
    assert_eq!(done.status.code(), Some(2), "{out}");
    assert!(out.contains("step 4 of 6") && !out.contains("step 5 of 6"), "{out}");
    assert!(out.contains("  steps 5 to 6\n    not run: the run ends at an earlier step\n"), "{out}");
    assert!(out.contains("incomplete: 2 of 6 steps compared"), "{out}");

    let done = replay(&["--until", "1"])?;
    assert!(text(&done.stdout).contains("incomplete: 1 of 6 steps compared"), "{}", text(&done.stdout));
    Ok(())
}

#[test]
fn a_replay_traces_bytes_of_maps_and_files() -> Result {
    let done = replay(&["--from", "3", "--trace-bytes", "2..5"])?;
    let out = text(&done.stdout);
    let traced: Vec<_> = out
        .lines()
        .filter(|line| line.contains("[2:5]"))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let of_step = |bytes: &str| [format!("m[2:5] {bytes} {bytes}"), format!("file f[2:5] {bytes} {bytes}")];
    let wanted: Vec<_> = ["b'llo'", "b'lXY'", "b'lXY'", "b'lXY'"].iter().flat_map(|bytes| of_step(bytes)).collect();
    assert_eq!(traced, wanted, "{out}");
    Ok(())
}

#[test]
fn a_part_that_is_no_part_of_the_case_is_refused() -> Result {
    for (options, said) in [
        (&["--from", "7"][..], "--from 7: the last step of case.pycon is 6"),
        (&["--until", "9"], "--until 9: the last step of case.pycon is 6"),
        (&["--from", "3", "--until", "2"], "--from 3 is after --until 2"),
        (&["--trace-bytes", "5..4"], "invalid range '5..4': expected A..B"),
        (&["--trace-bytes", "0..4", "--format", "json"], "--trace-bytes has no effect on --format json"),
    ] {
        let done = replay(options)?;
        let error = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{options:?}");
        assert!(error.contains(said) && error.lines().count() == 1, "{error}");
    }
    Ok(())
}
