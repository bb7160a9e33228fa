//! The command line as its users run it: planted bugs, deaths, interrupts and wrong input.

use crate::{Result, divergences, find_dies, modules, python, text};
use mmapcheck::report::junit::junit;
use mmapcheck_spec::{Op, notation};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn mmapcheck(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(args).env("PYTHONPATH", modules());
    command
}

/// Checks a module with a planted bug in one job, since the tests share the cores. Returns the report.
fn check(module: &str, dir: &Path, more: &[&str]) -> Result<(Output, Value)> {
    check_in_jobs("1", module, dir, more)
}

fn check_in_jobs(jobs: &str, module: &str, dir: &Path, more: &[&str]) -> Result<(Output, Value)> {
    let report = dir.join("found");
    let report = report.to_str().ok_or("a path")?;
    let args = ["check", "--module", module, "--seed", "1", "--random-only", "--format", "json", "--report", report];
    let done = mmapcheck(&args).args(["--jobs", jobs]).args(more).output()?;
    let parsed = serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {}", text(&done.stderr)))?;
    Ok((done, parsed))
}

fn steps_of(divergence: &Value) -> Result<usize> {
    let session = divergence["session"].as_str().ok_or("no session")?;
    Ok(notation::parse(session, 1)?.case.steps.len())
}

/// The classes of the planted modules derive from CPython's own, and inherit its known divergences.
const INHERITED: &str = include_str!("../../../../reports/known/cpython.toml");

/// Asserts that a planted bug is found with its operation and severity, in a session of at most eight steps.
fn finds(module: &str, severity: &str, op: &str) -> Result {
    let ops = format!("mmap,read,seek,write,resize,close,memoryview,{op}");
    let known = if op == "find" { std::fs::read_to_string(find_dies())? } else { String::new() };
    let known = INHERITED.to_owned() + &known;
    finds_among(module, severity, op, &known, &["--cases", "500", "--severity", severity, "--ops", &ops])
}

fn finds_among(module: &str, severity: &str, op: &str, known: &str, more: &[&str]) -> Result {
    let dir = tempfile::tempdir()?;
    let list = dir.path().join("known.toml");
    std::fs::write(&list, known)?;
    let list = ["--known", list.to_str().ok_or("a path")?];
    let (done, report) = check(module, dir.path(), &[&list, more].concat())?;
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    // A death that comes once is a finding as well, and its case is not shrunk.
    let is_it = |d: &&Value| d["severity"] == severity && d["op"] == op && d["unsteady"].is_null();
    let found = divergences(&report).iter().find(is_it);
    let found = found.ok_or_else(|| format!("no steady {severity} of {op} in {report:#}"))?;
    let steps = steps_of(found)?;
    assert!(steps <= 8, "{steps} steps: {found:#}");
    passes_doctest(&dir.path().join("found"))
}

/// Runs the doctests of each file in a child process of its own, since a limit of a session stays in its process.
const DOCTESTS: &str = "
import doctest, os, sys
folder = sys.argv[1]
for name in sorted(name for name in os.listdir(folder) if name.endswith('.pycon')):
    os.mkdir(name)
    child = os.fork()
    if child == 0:
        os.chdir(name)
        os._exit(doctest.testfile(os.path.join(folder, name), module_relative=False).failed)
    if os.wait()[1] != 0:
        sys.exit(name + ' does not pass')
";

/// Asserts that CPython's doctest passes every saved session.
pub(crate) fn passes_doctest(saved: &Path) -> Result {
    for folder in [saved, &saved.join("inherited")].into_iter().filter(|folder| folder.is_dir()) {
        let dir = tempfile::tempdir()?;
        let done = Command::new(python()).args(["-c", DOCTESTS]).arg(folder).current_dir(dir.path()).output()?;
        assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
    }
    Ok(())
}

#[test]
fn find_that_ignores_its_end_is_found() -> Result {
    finds("find_ignores_end", "value", "find")
}

#[test]
fn a_write_on_a_read_only_map_is_found() -> Result {
    finds("write_on_read_only", "bytes", "write")
}

#[test]
fn copied_bytes_that_reach_the_file_are_found() -> Result {
    // Another operation would explain it first.
    let more = ["--cases", "500", "--severity", "bytes", "--ops", "mmap,setslice"];
    finds_among("copy_reaches_the_file", "bytes", "setslice", INHERITED, &more)
}

#[test]
fn a_read_that_stays_is_found() -> Result {
    finds("read_stays", "value", "read")
}

#[test]
fn a_move_that_copies_the_wrong_way_is_found() -> Result {
    finds("move_forward", "bytes", "move")
}

#[test]
fn a_close_that_ignores_views_is_found() -> Result {
    finds("close_with_views", "value", "close")
}

/// Asserts that a leak is found, in a session with just these operations. Maps that are open at the end are closed then.
fn finds_leak(class: &str, field: &str, ops: &[Op], more: &[&str]) -> Result {
    let dir = tempfile::tempdir()?;
    let wanted = ["--severity", "value", "--ops", "close,find,resize,read,write"];
    let (_, report) = check(&format!("leaks:{class}"), dir.path(), &[&wanted, more].concat())?;
    let found = divergences(&report).iter().find(|d| d["field"] == field).ok_or_else(|| format!("no {field}"))?;
    let session = notation::parse(found["session"].as_str().ok_or("no session")?, 1)?;
    assert_eq!(session.case.steps.iter().map(|step| step.op).collect::<Vec<_>>(), ops, "{found:#}");
    Ok(())
}

fn finds_leaks(more: &[&str]) -> Result {
    finds_leak("Descriptor", "descriptors left open", &[Op::New], more)?;
    finds_leak("Memory", "pages left mapped", &[Op::New, Op::Find], more)?;
    finds_leak("File", "files left behind", &[Op::New, Op::Resize], more)
}

#[test]
fn leaks_are_found() -> Result {
    finds_leaks(&["--cases", "500"])
}

#[test]
fn leaks_are_found_behind_the_driver() -> Result {
    finds_leaks(&["--cases", "200", "--python", python()])
}

/// The memory after the last page of a map is often mapped, so that a read past the end goes unnoticed without a guard page.
#[test]
fn a_search_that_reads_past_the_end_of_its_map_is_found() -> Result {
    finds_among("reads_behind_map", "death", "find", INHERITED, &["--cases", "400", "--ops", "mmap,find,resize"])
}

#[test]
fn a_search_that_reads_past_the_end_of_its_needle_is_found() -> Result {
    finds_among("reads_behind_needle", "death", "find", INHERITED, &["--cases", "40", "--ops", "mmap,find"])
}

/// Asserts that a target that survives an expected death diverges, and that CPython's own map does not.
fn survives_death(target: &[&str]) -> Result {
    let dir = tempfile::tempdir()?;
    let args = ["--cases", "300", "--ops", "mmap,read_byte,getitem,file-truncate"];
    let (done, report) = check("lives_on", dir.path(), &[&args, target].concat())?;
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    assert!(report["deaths"].as_u64() > Some(0), "{report:#}");
    let found = divergences(&report).iter().find(|d| d["op"] == "read_byte" && d["severity"] == "death");
    let found = found.ok_or_else(|| format!("{report:#}"))?;
    assert_eq!((&found["expected"], &found["actual"]), (&"died of signal 7 (SIGBUS)".into(), &"0".into()));
    assert!(steps_of(found)? <= 3, "{found:#}");
    let session = found["session"].as_str().ok_or("no session")?;
    assert!(session.ends_with("m.read_byte()  # died of signal 7 (SIGBUS)\n"), "{session}");
    let file = dir.path().join("session");
    std::fs::write(&file, session)?;
    let replay = |module: &str| -> Result<Output> {
        Ok(mmapcheck(&["replay", file.to_str().ok_or("a path")?, "--module", module]).args(target).output()?)
    };
    let wrong = replay("lives_on")?;
    let said = text(&wrong.stdout);
    assert!(wrong.status.code() == Some(1) && said.contains("DEATH  read_byte: expected died of signal 7"), "{said}");
    assert!(replay("mmap")?.status.success());
    Ok(())
}

#[test]
fn a_target_that_survives_an_expected_death_is_found() -> Result {
    survives_death(&[])
}

#[test]
fn a_target_that_survives_an_expected_death_is_found_behind_the_driver() -> Result {
    survives_death(&["--python", python()])
}

#[test]
fn a_death_is_found_and_shrunk() -> Result {
    // Each death costs the start of a new worker.
    finds_among("dies", "death", "resize", INHERITED, &["--cases", "30", "--ops", "resize,read,write,memoryview"])
}

#[test]
fn a_hang_is_found() -> Result {
    let dir = tempfile::tempdir()?;
    let (done, report) = check("hangs", dir.path(), &["--cases", "60", "--hang", "300ms", "--ops", "readline,read"])?;
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    let hung = divergences(&report).iter().find(|d| d["op"] == "readline" && d["actual"] == "hung");
    assert!(steps_of(hung.ok_or_else(|| format!("{report:#}"))?)? <= 8);
    Ok(())
}

#[test]
fn cpython_has_no_unknown_divergence() -> Result {
    let dir = tempfile::tempdir()?;
    for seed in ["1", "2", "3"] {
        let report = dir.path().join("found");
        let args = ["--seed", seed, "--cases", "20000", "--random-only", "--report", report.to_str().ok_or("a path")?];
        let done = mmapcheck(&args).output()?;
        assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
        assert!(!report.exists(), "nothing found, nothing written");
    }
    Ok(())
}

#[test]
fn the_same_seed_does_the_same_steps() -> Result {
    let dir = tempfile::tempdir()?;
    let steps = |jobs: &str| -> Result<Value> {
        Ok(check_in_jobs(jobs, "mmap", dir.path(), &["--cases", "4500"])?.1["steps"].clone())
    };
    assert_eq!(steps("1")?, steps("2")?);
    Ok(())
}

#[test]
fn a_saved_case_replays_to_the_same_divergence() -> Result {
    let dir = tempfile::tempdir()?;
    let known = find_dies();
    let known = ["--known", known.to_str().ok_or("a path")?, "--cases", "400", "--ops", "find,seek,write"];
    let (_, report) = check("find_ignores_end", dir.path(), &known)?;
    let found = divergences(&report).iter().find(|found| found["severity"] == "value").ok_or("no divergence")?;
    let command = found["replay"].as_str().ok_or("no command")?;
    let done = Command::new("sh").args(["-c", command]).output()?;
    assert_eq!(done.status.code(), Some(1), "{command}: {}", text(&done.stderr));
    let (wanted, given) = (found["expected"].as_str().ok_or("expected")?, found["actual"].as_str().ok_or("actual")?);
    let out = text(&done.stdout);
    assert!(out.contains(wanted) && out.contains(given) && out.contains("VALUE"), "{out}");
    let file = command.split_whitespace().skip_while(|word| *word != "replay").nth(1).ok_or("no file")?;
    let agrees = mmapcheck(&["replay", file]).output()?;
    assert_eq!(agrees.status.code(), Some(0), "CPython's own mmap has no such bug: {}", text(&agrees.stdout));
    let small = mmapcheck(&["shrink", file, "--module", "find_ignores_end"]).output()?;
    assert_eq!(small.status.code(), Some(1));
    notation::parse(&text(&small.stdout), 1)?;
    Ok(())
}

#[test]
fn junit_names_each_divergence() -> Result {
    let dir = tempfile::tempdir()?;
    let report = dir.path().join("found");
    let args = [
        "check",
        "--module",
        "read_stays",
        "--seed",
        "1",
        "--cases",
        "500",
        "--random-only",
        "--format",
        "junit",
        "--report",
    ];
    let done = mmapcheck(&args).arg(&report).output()?;
    let xml = text(&done.stdout);
    assert!(
        xml.contains("<testsuite ") && xml.contains("type=\"value\"") && xml.contains("random cases, seed 1"),
        "{xml}"
    );
    Ok(())
}

/// Asserts exit status 2 and one line on standard error with this text.
fn refuses(args: &[&str], says: &str) -> Result {
    let done = mmapcheck(args).output()?;
    let error = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{args:?}: {error}");
    assert!(error.contains(says), "{args:?}: {error}");
    assert_eq!(error.lines().count(), 1, "{args:?}: {error}");
    assert!(done.stdout.is_empty());
    Ok(())
}

#[test]
fn bad_input_is_refused_with_one_clear_line() -> Result {
    let dir = tempfile::tempdir()?;
    let broken = dir.path().join("broken.pycon");
    std::fs::write(&broken, "# a case\n>>> import mmap\n>>> m = mmap.mmap(-1, 5)\n>>> m.reed(3)\n")?;
    let broken = broken.to_str().ok_or("a path")?;
    refuses(&["replay", broken], &format!("{broken}:4: not a statement of the notation"))?;
    refuses(&["shrink", broken], &format!("{broken}:4:"))?;
    refuses(&["replay", "no-such-file.pycon"], "no-such-file.pycon: No such file")?;
    refuses(&["matrix", "--in", "no-such-folder"], "no-such-folder: No such file")?;
    refuses(&["check", "--module", "no_such_module"], "No module named 'no_such_module'")?;
    refuses(&["check", "--module", "os:nothing"], "nothing")?;
    refuses(&["check", "--colour", "blue"], "--colour")?;
    refuses(&["check", "--ops", "reed"], "unknown operation 'reed'")?;
    refuses(&["check", "--severity", "awful"], "unknown severity 'awful'")?;
    refuses(&["check", "--profile", "cpython-2.6-linux"], "cpython-2.6-linux")?;
    refuses(&["check", "--time", "soon"], "invalid duration 'soon': expected a number and a unit")?;
    for time in ["3000000000000000h", "1e400", "-1s", "0"] {
        refuses(&["check", &format!("--time={time}")], &format!("invalid duration '{time}'"))?;
        refuses(&["check", &format!("--hang={time}")], &format!("invalid duration '{time}'"))?;
        refuses(&["smoke", &format!("--hang={time}")], &format!("invalid duration '{time}'"))?;
        refuses(&["matrix", &format!("--time={time}")], &format!("invalid duration '{time}'"))?;
    }
    for number in ["-1", "18446744073709551616", "1.5", "", "x"] {
        refuses(&["check", &format!("--seed={number}")], &format!("invalid seed '{number}'"))?;
        for option in ["--cases", "--jobs", "--max-steps"] {
            refuses(
                &["check", &format!("{option}={number}")],
                &format!("invalid value '{number}' for '{option} <N>'"),
            )?;
        }
    }
    for (option, number) in [("--jobs", "0"), ("--jobs", "1025"), ("--max-steps", "0"), ("--cases", "0")] {
        refuses(&["check", option, number], &format!("invalid value '{number}' for '{option} <N>'"))?;
    }
    for shard in ["0/1", "2/1", "1/0", "1/4294967296", "1", "-1/2", "a/b"] {
        refuses(&["check", &format!("--shard={shard}")], &format!("invalid shard '{shard}'"))?;
    }
    refuses(&["check", "--cases", "10", "--report", &format!("{broken}/x")], "cannot save cases in this directory")?;
    Ok(())
}

fn start(args: &[&str], dir: &Path) -> Result<Child> {
    let report = dir.join("found");
    let args = [args, &["--report", report.to_str().ok_or("a path")?]].concat();
    Ok(mmapcheck(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
}

/// The child processes of a process.
fn children(parent: u32) -> Vec<i32> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect()
}

fn wait_for<T>(mut ready: impl FnMut() -> Option<T>) -> Result<T> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        if let Some(found) = ready() {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err("nothing happened in 30 s".into())
}

fn signal(id: i32, signal: Signal) -> Result {
    Ok(kill_process(Pid::from_raw(id).ok_or("a process id")?, signal)?)
}

#[test]
fn a_killed_worker_is_a_death_of_its_step_and_the_campaign_continues() -> Result {
    let dir = tempfile::tempdir()?;
    let args = ["check", "--module", "slow", "--random-only", "--cases", "150", "--jobs", "1", "--seed", "3"];
    let running = start(&[&args[..], &["--ops", "seek,read,write,getitem,tell"]].concat(), dir.path())?;
    // The worker is now in the middle of its cases, which take several seconds.
    wait_for(|| children(running.id()).first().copied())?;
    std::thread::sleep(Duration::from_millis(2000));
    let worker = *children(running.id()).first().ok_or("no worker")?;
    signal(worker, Signal::KILL)?;
    let done = running.wait_with_output()?;
    let out = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{out}{}", text(&done.stderr));
    assert!(out.contains("died of signal 9 (SIGKILL)") && out.contains("killed from outside?"), "{out}");
    assert!(out.contains("1 divergence: 150 cases"), "{out}");
    Ok(())
}

#[test]
fn files_of_a_target_stay_in_a_folder_of_their_own() -> Result {
    let dir = tempfile::tempdir()?;
    let args = ["check", "--random-only", "--module", "litters", "--cases", "50", "--jobs", "1", "--seed", "1"];
    let done = mmapcheck(&args).current_dir(dir.path()).output()?;
    assert!(done.status.code() < Some(2), "{}", text(&done.stderr));
    let left: Vec<_> = std::fs::read_dir(dir.path())?.flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| name == "mmapcheck-found"), "{left:?}");
    Ok(())
}

#[test]
fn an_interrupted_campaign_reports_its_findings() -> Result {
    let dir = tempfile::tempdir()?;
    let running =
        start(&["check", "--module", "read_stays", "--random-only", "--time", "10m", "--seed", "1"], dir.path())?;
    let found: PathBuf = dir.path().join("found");
    wait_for(|| std::fs::read_dir(&found).ok()?.flatten().next())?;
    signal(running.id() as i32, Signal::INT)?;
    let interrupted = Instant::now();
    let done = running.wait_with_output()?;
    let out = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{out}");
    assert!(interrupted.elapsed() < Duration::from_secs(60));
    assert!(out.contains("stopped early") && out.contains("VALUE"), "{out}");
    Ok(())
}

#[test]
fn a_killed_campaign_has_saved_its_findings() -> Result {
    let dir = tempfile::tempdir()?;
    let mut running =
        start(&["check", "--module", "read_stays", "--random-only", "--time", "10m", "--seed", "1"], dir.path())?;
    let found: PathBuf = dir.path().join("found");
    let saved = wait_for(|| std::fs::read_dir(&found).ok()?.flatten().find(|file| file.path().extension().is_some()))?;
    running.kill()?;
    running.wait()?;
    notation::parse(&std::fs::read_to_string(saved.path())?, 1)?;
    Ok(())
}

#[test]
fn every_step_is_counted_by_its_outcome() -> Result {
    let dir = tempfile::tempdir()?;
    let (_, report) = check("mmap", dir.path(), &["--cases", "3000", "--ops", "read,seek,resize"])?;
    let ways = |op: &str| report["answers"][op].as_object().cloned().unwrap_or_default();
    let all = ["mmap", "read", "seek", "resize"].map(ways);
    let steps = |way: &Value| way.as_u64().unwrap_or_default();
    let (values, total): (u64, u64) = all.iter().fold((0, 0), |(values, total), ways| {
        (values + ways.get("a value").map_or(0, steps), total + ways.values().map(steps).sum::<u64>())
    });
    assert_eq!(Some(total), report["steps"].as_u64());
    let refused = report["refused"].as_f64().ok_or("no share")?;
    assert!((refused - (1.0 - values as f64 / total as f64)).abs() < 1e-9, "{refused} {values} {total}");
    // The missing outcomes are of these operations only, and none of them occurred.
    let never = report["never"].as_array().ok_or("no list")?;
    assert!(
        never.iter().all(|pair| ["mmap", "read", "seek", "resize"].contains(&pair[0].as_str().unwrap_or_default()))
    );
    assert!(
        !never
            .iter()
            .any(|pair| ways(pair[0].as_str().unwrap_or_default()).contains_key(pair[1].as_str().unwrap_or_default()))
    );
    Ok(())
}

#[test]
fn the_words_of_a_target_have_no_effect_on_a_session_a_report_or_a_file_name() -> Result {
    let dir = tempfile::tempdir()?;
    let args = ["--cases", "60", "--ops", "flush"];
    let (done, report) = check("shouts", dir.path(), &args)?;
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    assert!(!divergences(&report).is_empty(), "{report:#}");
    for found in divergences(&report) {
        for key in ["headline", "expected", "actual"] {
            let words = found[key].as_str().ok_or("no text")?;
            assert!(!words.chars().any(char::is_control), "{key}: {words}");
        }
    }
    let shouted =
        |found: &Value| found["actual"].as_str().is_some_and(|actual| actual.contains("no\\n>>> import os\\n"));
    assert!(divergences(&report).iter().any(shouted), "{report:#}");
    let mut saved: Vec<_> = std::fs::read_dir(dir.path().join("found"))?.collect::<std::io::Result<_>>()?;
    saved.retain(|file| file.path().extension().is_some_and(|ending| ending == "pycon"));
    assert_eq!(saved.len(), divergences(&report).len());
    for file in saved {
        let session = std::fs::read_to_string(file.path())?;
        assert!(!session.contains("\n>>> os.getcwd()") && !session.contains('\u{1b}'), "{session}");
        let ops: Vec<_> = notation::parse(&session, 1)?.case.steps.iter().map(|step| step.op).collect();
        assert_eq!(ops, [Op::New, Op::Flush], "{session}");
    }
    let xml = junit(&serde_json::from_value(report)?)?;
    assert!(xml.contains("ValueError: no\\n") && !xml.contains("<b>"), "{xml}");
    assert!(!xml.chars().any(|c| c.is_control() && c != '\n'), "{xml}");
    Ok(())
}
