//! The end of a check: at its first divergence, at its time, by Ctrl-C, by a kill, and because the target can no longer be used.

use crate::{Result, as_text, divergences, modules, python, text};
use mmapcheck::choices::{Choices, seeded};
use mmapcheck_spec::notation;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Much longer than any check here takes on a busy machine, and much shorter than the waits that are cut short.
const PATIENCE: Duration = Duration::from_secs(60);

/// `mmapcheck check` on a module of the tests. Findings go to `found` in the folder.
fn check(module: &str, dir: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(["check", "--module", module, "--seed", "1", "--report"]).arg(dir.join("found")).args(more);
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let path = std::env::join_paths([tests.join("modules"), tests.join("drivers")]).unwrap_or_default();
    command.env("PYTHONPATH", path).env("FAKE", "hang").env("MARK", dir.join("mark")).env("STARTS", dir.join("starts"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn report(done: &Output) -> Result<Value> {
    Ok(serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {}", text(&done.stderr)))?)
}

fn saved(dir: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(dir.join("found")).into_iter().flatten().flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "pycon")).collect()
}

#[test]
fn a_check_that_fails_fast_reports_one_divergence() -> Result {
    let dir = tempfile::tempdir()?;
    let args = ["--random-only", "--fail-fast", "--jobs", "3", "--time", "10m", "--format", "json"];
    let done = check("shouts", dir.path(), &args).output()?;
    let random = report(&done)?;
    assert_eq!((done.status.code(), divergences(&random).len()), (Some(1), 1), "{random:#}");
    assert_eq!(saved(dir.path()).len(), 1);
    let done = check("shouts", dir.path(), &["--fail-fast", "--format", "json"]).output()?;
    let pages = report(&done)?;
    assert_eq!(done.status.code(), Some(1), "{pages:#}");
    assert_eq!((&pages["pages"]["failed"], &pages["cases"], divergences(&pages).len()), (&1.into(), &0.into(), 0));
    Ok(())
}

#[test]
fn the_time_of_a_check_includes_making_its_findings_small() -> Result {
    let dir = tempfile::tempdir()?;
    let args = ["--random-only", "--jobs", "1", "--time", "6s", "--ops", "size,tell", "--format", "json"];
    let done = check("slow_and_wrong", dir.path(), &args).output()?;
    let found = report(&done)?;
    assert_eq!((done.status.code(), divergences(&found).len()), (Some(1), 1), "{found:#}");
    let unshrunk = &divergences(&found)[0]["unshrunk"];
    assert!(unshrunk.as_str().is_some_and(|why| why.contains("the time")), "{found:#}");
    let session = std::fs::read_to_string(saved(dir.path()).first().ok_or("nothing saved")?)?;
    assert!(session.contains("\n# not shrunk to the end: "), "{session}");
    // A bug of a fast map is made small at once, and the finding does not say otherwise.
    let args = ["--random-only", "--cases", "200", "--ops", "read,tell", "--format", "json"];
    let found = report(&check("read_stays", dir.path(), &args).output()?)?;
    assert!(divergences(&found).iter().any(|found| found["unshrunk"] == Value::Null), "{found:#}");
    Ok(())
}

#[test]
fn a_check_ends_in_time_although_its_target_hangs() -> Result {
    for target in [&[][..], &["--python", python()]] {
        let dir = tempfile::tempdir()?;
        let args =
            [&["--random-only", "--time", "2s", "--hang", "10m", "--ops", "readline", "--format", "json"], target];
        let began = Instant::now();
        let done = check("hangs", dir.path(), &args.concat()).output()?;
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
        assert!(report(&done)?["cases"].is_u64());
    }
    Ok(())
}

/// Interrupts a check as soon as its target hangs, and returns its output.
fn interrupted(dir: &Path, args: &[&str]) -> Result<Output> {
    let running = check("hostile", dir, args).spawn()?;
    let hangs = || {
        std::fs::read_dir(dir)
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("mark-"))
    };
    let began = Instant::now();
    while !hangs() {
        assert!(began.elapsed() < PATIENCE, "nothing hangs: {args:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_raw(running.id() as i32).ok_or("a process id")?, Signal::INT)?;
    let began = Instant::now();
    let done = running.wait_with_output()?;
    assert!(began.elapsed() < PATIENCE, "{args:?}: {:?}", began.elapsed());
    Ok(done)
}

#[test]
fn an_interrupted_check_ends_although_its_target_hangs() -> Result {
    for target in [&[][..], &["--python", python()]] {
        for part in ["--random-only", "--pages-only"] {
            let dir = tempfile::tempdir()?;
            let args = [&[part, "--time", "1h", "--hang", "10m", "--format", "json"], target].concat();
            let done = interrupted(dir.path(), &args)?;
            let found = report(&done)?;
            assert!(done.status.code().is_some() && found["interrupted"] == true, "{found:#}");
        }
    }
    Ok(())
}

#[test]
fn a_check_that_is_interrupted_while_it_shrinks_keeps_the_divergence() -> Result {
    let dir = tempfile::tempdir()?;
    // The first hang is a finding, and each of the many runs that would make it small hangs as well.
    let args =
        ["--random-only", "--jobs", "1", "--time", "1h", "--hang", "1s", "--ops", "readline,seek,write,tell,len"];
    let mut running = check("hostile", dir.path(), &[&args[..], &["--format", "json"]].concat()).spawn()?;
    let processes = || {
        std::fs::read_dir(dir.path())
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("mark-"))
    };
    let began = Instant::now();
    while processes().count() < 3 {
        assert!(began.elapsed() < PATIENCE && running.try_wait()?.is_none(), "nothing hangs again");
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_raw(running.id() as i32).ok_or("a process id")?, Signal::INT)?;
    let found = report(&running.wait_with_output()?)?;
    let hung = divergences(&found).iter().any(|found| found["op"] == "readline" && found["actual"] == "hung");
    assert!(hung, "{found:#}");
    assert_eq!(saved(dir.path()).len(), divergences(&found).len());
    Ok(())
}

#[test]
fn a_check_that_is_interrupted_without_a_divergence_has_no_verdict() -> Result {
    for target in [&[][..], &["--python", python()]] {
        let dir = tempfile::tempdir()?;
        let args = [&["--random-only", "--time", "1h", "--ops", "mmap,seek,tell"], target].concat();
        let mut running = check("counts_runs", dir.path(), &args).spawn()?;
        let began = Instant::now();
        while !dir.path().join("mark").exists() {
            assert!(began.elapsed() < PATIENCE && running.try_wait()?.is_none(), "no case is run");
            std::thread::sleep(Duration::from_millis(20));
        }
        kill_process(Pid::from_raw(running.id() as i32).ok_or("a process id")?, Signal::INT)?;
        let done = running.wait_with_output()?;
        let (out, said) = (text(&done.stdout), text(&done.stderr));
        assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{out}{said}");
        assert!(said.contains("interrupted: no divergence until then") && out.contains("stopped early"), "{out}{said}");
    }
    Ok(())
}

#[test]
fn a_check_that_is_killed_at_any_moment_leaves_only_whole_findings() -> Result {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64;
    killed_at_random_moments(seed).map_err(|error| format!("seed {seed}: {error}").into())
}

/// Kills ten checks, each up to a second after its first finding.
fn killed_at_random_moments(seed: u64) -> Result {
    let mut choices = seeded(seed, 0);
    let (mut dirs, mut files) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let dir = tempfile::tempdir()?;
        let args = ["--random-only", "--jobs", "1", "--time", "10m", "--ops", "mmap,read,readline,tell,seek"];
        let mut running = check("read_stays", dir.path(), &args).spawn()?;
        let began = Instant::now();
        while saved(dir.path()).is_empty() {
            assert!(began.elapsed() < PATIENCE, "nothing found");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(choices.below(1000).into()));
        running.kill()?;
        running.wait()?;
        files.extend(saved(dir.path()));
        dirs.push(dir);
    }
    let mut replay = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    replay.args(["replay", "--module", "read_stays", "--runs", "1", "--format", "json"]).args(&files);
    replay.env("PYTHONPATH", modules());
    let out = text(&replay.output()?.stdout);
    let records = out.lines().map(serde_json::from_str::<Value>).collect::<std::result::Result<Vec<_>, _>>()?;
    let diverging = records.iter().filter(|record| record["verdict"] == "diverge").count();
    if files.len() < 10 || (records.len(), diverging) != (files.len(), files.len()) {
        return Err(format!("{diverging} of {} saved findings diverge: {records:#?}", files.len()).into());
    }
    Ok(())
}

#[test]
fn a_target_that_no_longer_starts_ends_the_check_and_keeps_what_was_found() -> Result {
    let dir = tempfile::tempdir()?;
    let ops = ["--random-only", "--jobs", "2", "--time", "10m", "--ops", "read,resize,tell", "--format", "json"];
    let began = Instant::now();
    let done = check("starts_thrice", dir.path(), &ops).output()?;
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    let (said, found) = (text(&done.stderr), report(&done)?);
    assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("ended early") && said.contains("no more starts"), "{said}");
    assert!(found["failure"].as_str().is_some_and(|why| why.contains("no more starts")), "{found:#}");
    assert!(!divergences(&found).is_empty(), "{found:#}");
    assert_eq!(saved(dir.path()).len(), divergences(&found).len());
    Ok(())
}

#[test]
fn the_last_words_of_a_dying_target_are_part_of_the_finding() -> Result {
    let args = ["--random-only", "--cases", "4", "--max-steps", "6", "--ops", "find,seek"];
    for target in [&[][..], &["--python", python()]] {
        let dir = tempfile::tempdir()?;
        let more = [&["--jobs", "1", "--format", "json"], target].concat();
        let done = check("asserts", dir.path(), &[&args[..], &more].concat()).output()?;
        let found = report(&done)?;
        let death = divergences(&found).iter().find(|found| found["op"] == "find").ok_or(format!("{found:#}"))?;
        let words = "a line before\nmodule.c:123: find: Assertion `str_len >= 0' failed.";
        assert_eq!(death["stderr"], words, "{found:#}");
        assert_eq!(death["kind"]["actual"], "died of signal 6 (SIGABRT)", "{found:#}");
        let session = std::fs::read_to_string(saved(dir.path()).first().ok_or("nothing saved")?)?;
        assert!(session.contains("\n# standard error: module.c:123: find: Assertion `str_len"), "{session}");
        notation::parse(&session, 1)?;
        let shown = as_text(&serde_json::from_slice(&done.stdout)?);
        assert!(shown.contains("standard error: module.c:123: find: Assertion"), "{shown}");
    }
    Ok(())
}

#[test]
fn a_resize_that_changes_the_file_and_fails_is_a_finding_and_ends_no_campaign() -> Result {
    for target in [&[][..], &["--python", python()]] {
        let dir = tempfile::tempdir()?;
        let args =
            ["--random-only", "--jobs", "1", "--cases", "400", "--ops", "mmap,open,resize,read", "--format", "json"];
        let done = check("resizes_in_place", dir.path(), &[&args[..], target].concat()).output()?;
        let found = report(&done)?;
        assert_eq!((done.status.code(), &found["cases"], &found["failure"]), (Some(1), &400.into(), &Value::Null));
        assert!(divergences(&found).iter().any(|found| found["op"] == "resize"), "{found:#}");
        // Each session says all that its case needs.
        for file in saved(dir.path()) {
            let session = std::fs::read_to_string(&file)?;
            notation::parse(&session, 1).map_err(|error| format!("{error}: {session}"))?;
        }
    }
    Ok(())
}
