//! A hostile driver or worker does not stop a campaign: its harm is a finding, with its case and step, or a clear error. No
//! process that the campaign started survives it.

use crate::{Result, interpreter, modules, text};
use mmapcheck::generate::{GeneratorOptions, numbered};
use mmapcheck::oracle::{AnswerOptions, Omissions, Oracle};
use mmapcheck_spec::{Detail, Op, Profile};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The process that does harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Culprit {
    /// `tests/drivers/fake.py`.
    Driver,
    /// The worker process, by the module `tests/modules/hostile.py`.
    Worker,
}

/// The operations of these campaigns; harm is done at `readline`.
const OPS: [Op; 4] = [Op::ReadLine, Op::Tell, Op::Len, Op::Write];
const CASES: u64 = 6;
const STEPS: usize = 5;
const SEED: u64 = 5;

/// Writes the fake driver as a program into a folder; returns its path. Packages of the site have no part in it.
pub(crate) fn fake(dir: &Path) -> Result<PathBuf> {
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drivers/fake.py"))?;
    let path = dir.join("fake");
    std::fs::write(&path, format!("#!{} -S\n{source}", interpreter()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// The program on a target that does this harm. Processes that do harm leave a file `mark-PID` in the folder.
fn command(culprit: Culprit, harm: &str, dir: &Path, args: &[&str]) -> Result<Command> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(args);
    match culprit {
        Culprit::Driver => command.arg("--python").arg(fake(dir)?),
        Culprit::Worker => command.args(["--module", "hostile"]),
    };
    command.env("PYTHONPATH", std::env::join_paths([tests.join("drivers"), tests.join("modules")])?);
    command.env("FAKE", harm).env("MARK", dir.join("mark"));
    Ok(command)
}

fn mmapcheck(culprit: Culprit, harm: &str, dir: &Path, args: &[&str]) -> Result<Output> {
    let done = command(culprit, harm, dir, args)?.output()?;
    all_die(dir).map_err(|error| format!("{harm}: {error}"))?;
    Ok(done)
}

/// Waits for the end of the processes that did harm, which were killed with the campaign.
fn all_die(dir: &Path) -> Result {
    const MOMENT: Duration = Duration::from_millis(20);
    let began = Instant::now();
    while let Some((pid, _)) = culprits(dir)?.into_iter().find(|(_, is_alive)| *is_alive) {
        if began.elapsed() > Duration::from_secs(60) {
            return Err(format!("process {pid} has outlived the campaign").into());
        }
        std::thread::sleep(MOMENT);
    }
    Ok(())
}

/// The processes that did harm, and whether they are alive.
fn culprits(dir: &Path) -> Result<Vec<(u32, bool)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name().into_string().map_err(|_| "a name that is not text")?;
        if let Some(pid) = name.strip_prefix("mark-") {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
            found.push((pid.parse()?, state.is_some_and(|state| state != 'Z')));
        }
    }
    Ok(found)
}

/// A campaign on a target that does this harm.
fn check(culprit: Culprit, harm: &str, dir: &TempDir, more: &[&str]) -> Result<(Output, Value)> {
    let report = dir.path().join("found");
    let ops: Vec<_> = OPS.iter().map(ToString::to_string).collect();
    let ops = ops.join(",");
    let (cases, steps, seed) = (CASES.to_string(), STEPS.to_string(), SEED.to_string());
    let mut args = vec!["check", "--random-only", "--format", "json", "--jobs", "1", "--ops", &ops];
    args.extend([
        "--cases",
        &cases,
        "--max-steps",
        &steps,
        "--seed",
        &seed,
        "--report",
        report.to_str().ok_or("a path")?,
    ]);
    args.extend(more);
    let done = mmapcheck(culprit, harm, dir.path(), &args)?;
    let parsed = serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {}", text(&done.stderr)))?;
    Ok((done, parsed))
}

/// The number of cases that run `readline`.
fn guilty(profile: &str) -> Result<u64> {
    let profile: Profile = profile.parse()?;
    let mut oracle = Oracle::new(profile)?;
    let generator = GeneratorOptions { ops: OPS.to_vec(), steps: STEPS, ..GeneratorOptions::all(profile) };
    let mut found = 0;
    for number in 0..CASES {
        let options = AnswerOptions { omissions: Omissions::of_case(number), ..AnswerOptions::new(Detail::Quick) };
        let answered = oracle.answer(numbered(SEED, number, &generator), &options)?;
        found += u64::from(answered.case.steps.iter().any(|step| step.op == Op::ReadLine));
    }
    Ok(found)
}

/// The harm is named so, at each `readline` and nowhere else; every case is done, and counted once.
fn is_named(culprit: Culprit, harm: &str, name: &str) -> Result {
    is_named_at(culprit, harm, name, &Value::from("readline"))
}

fn is_named_at(culprit: Culprit, harm: &str, name: &str, op: &Value) -> Result {
    let dir = tempfile::tempdir()?;
    let began = Instant::now();
    let hang = if harm == "hang" { "2s" } else { "20s" };
    let (done, report) = check(culprit, harm, &dir, &["--hang", hang])?;
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    assert_eq!(report["cases"], CASES, "{report:#}");
    let found = report["divergences"].as_array().ok_or("no list")?;
    assert!(!found.is_empty(), "{report:#}");
    for divergence in found {
        let actual = divergence["actual"].as_str().ok_or("no text")?;
        assert!(
            actual.contains(name) && divergence["op"] == *op && divergence["severity"] == "death",
            "{divergence:#}"
        );
        assert_eq!(divergence["unsteady"], Value::Null, "{divergence:#}");
        assert!(divergence["session"].as_str().is_some_and(|session| session.contains("readline")), "{divergence:#}");
    }
    // What is explained is a cause, and no further divergence where it is met again.
    let causes = report["causes"].as_array().ok_or("no list")?;
    let counted: u64 = causes.iter().filter_map(|cause| cause["count"].as_u64()).sum();
    assert_eq!(counted, guilty(report["profile"].as_str().ok_or("no profile")?)?, "{report:#}");
    assert!(began.elapsed() < Duration::from_secs(300), "{:?}", began.elapsed());
    Ok(())
}

/// Tests of the same harms, done by a driver and by a worker.
macro_rules! harms_of_both {
    ($($(#[$note:meta])* $test:ident: $harm:literal, $driver:literal, $worker:literal;)*) => {
        mod driver {
            $($(#[$note])* #[test] fn $test() -> super::Result { super::is_named(super::Culprit::Driver, $harm, $driver) })*
        }
        mod worker {
            $($(#[$note])* #[test] fn $test() -> super::Result { super::is_named(super::Culprit::Worker, $harm, $worker) })*
        }
    };
}

harms_of_both! {
    a_death_by_a_signal_is_named: "segfault", "died of signal 11 (SIGSEGV)", "died of signal 11 (SIGSEGV)";
    an_exit_is_named: "exit", "exited with status 3", "exited with status 3";
    a_hang_is_named_and_costs_less_each_time: "hang", "hung", "hung";
    garbage_is_named: "garbage", "sent a malformed reply: not JSON", "sent a malformed reply: its reply cannot be read";
    half_a_line_of_garbage_is_named: "half-line", "a malformed reply: not JSON", "a malformed reply: its reply cannot be read";
    a_deep_nesting_is_named: "nesting", "a malformed reply: not JSON", "a malformed reply: its reply cannot be read: invalid type: map";
    a_flood_without_an_end_of_line_is_named:
        "endless-line", "bytes without an end of line", "bytes without an end of line";
    a_flood_of_lines_is_named: "endless-lines", "a malformed reply: not JSON", "a malformed reply: its reply cannot be read";
    a_flood_of_errors_does_not_fill_the_disk: "errors",
        "bytes of standard error and no reply", "bytes of standard error and no reply";
    a_flood_of_output_does_not_fill_the_disk: "output",
        "bytes of standard error and no reply", "bytes of standard error and no reply";
    an_output_that_is_closed_is_named:
        "close", "a malformed reply: it closed its output and keeps running",
        "a malformed reply: it closed its output and keeps running";
    a_child_that_holds_the_pipes_hides_no_exit: "child", "exited with status 3", "exited with status 3";
    a_line_of_the_other_pipe_is_named:
        "another-request", "a malformed reply: not a line of the protocol", "a malformed reply: its reply is to request 999";
}

#[test]
fn a_fault_of_memory_of_a_worker_is_named() -> Result {
    is_named(Culprit::Worker, "fault", "died of signal 11 (SIGSEGV)")
}

#[test]
fn hunger_for_memory_of_a_driver_is_named() -> Result {
    is_named(Culprit::Driver, "memory", "exited with status 1: MemoryError")
}

/// In a worker process, the exception is the outcome of the step.
#[test]
fn hunger_for_memory_of_a_worker_is_an_exception() -> Result {
    let dir = tempfile::tempdir()?;
    let (done, report) = check(Culprit::Worker, "memory", &dir, &[])?;
    assert_eq!((done.status.code(), report["cases"].as_u64()), (Some(1), Some(CASES)), "{report:#}");
    let found = report["divergences"].as_array().ok_or("no list")?;
    let is_memory_error = |divergence: &Value| divergence["actual"].as_str().is_some_and(|s| s.contains("MemoryError"));
    assert!(!found.is_empty() && found.iter().all(is_memory_error), "{report:#}");
    Ok(())
}

#[test]
fn an_answer_to_another_case_is_named() -> Result {
    is_named_at(Culprit::Driver, "another-case", "expected an answer to case", &Value::Null)
}

#[test]
fn an_answer_that_leaves_out_the_files_is_named() -> Result {
    is_named_at(Culprit::Driver, "no-files", "a snapshot does not have the", &Value::Null)
}

/// Asserts that the report names the case of a harm that does not repeat.
fn belongs_to_its_case(harm: &str, name: &str) -> Result {
    // The driver first runs a probe, which tells whether it does anything: case 0 has the number 2.
    const CASE: u64 = 5;
    let dir = tempfile::tempdir()?;
    let (done, report) = check(Culprit::Driver, &format!("{harm}@{}", CASE + 2), &dir, &[])?;
    assert_eq!((done.status.code(), report["cases"].as_u64()), (Some(1), Some(CASES)), "{report:#}");
    let found = report["divergences"].as_array().ok_or("no list")?;
    assert!(found.len() == 1 && found[0]["count"] == 1 && found[0]["unsteady"] != Value::Null, "{report:#}");
    assert!(found[0]["actual"].as_str().is_some_and(|actual| actual.contains(name)), "{report:#}");
    let mut saved = std::fs::read_dir(dir.path().join("found"))?.flatten().map(|entry| entry.path());
    let saved = saved.find(|path| path.extension().is_some_and(|extension| extension == "pycon"));
    let saved = std::fs::read_to_string(saved.ok_or("nothing saved")?)?;
    assert!(saved.contains(&format!(", case {CASE}\n")), "{saved}");
    Ok(())
}

#[test]
fn a_single_death_belongs_to_its_case() -> Result {
    belongs_to_its_case("segfault", "signal 11")
}

#[test]
fn a_single_reply_that_is_not_json_belongs_to_its_case() -> Result {
    belongs_to_its_case("garbage", "malformed reply")
}

#[test]
fn a_single_incomplete_reply_belongs_to_its_case() -> Result {
    belongs_to_its_case("short", "malformed reply")
}

/// A harm that a worker does once is a finding of one case, and the case cannot show it again.
fn is_found_once(harm: &str, name: &str) -> Result {
    let dir = tempfile::tempdir()?;
    let (done, report) = check(Culprit::Worker, &format!("{harm}@3"), &dir, &[])?;
    assert!(dir.path().join("mark").exists(), "the harm was done");
    assert_eq!((done.status.code(), report["cases"].as_u64()), (Some(1), Some(CASES)), "{report:#}");
    let found = report["divergences"].as_array().ok_or("no list")?;
    assert!(found.len() == 1 && found[0]["count"] == 1 && found[0]["unsteady"] != Value::Null, "{report:#}");
    assert!(found[0]["actual"].as_str().is_some_and(|actual| actual.contains(name)), "{report:#}");
    Ok(())
}

#[test]
fn a_death_of_a_worker_that_comes_once_is_found() -> Result {
    is_found_once("segfault", "signal 11")
}

#[test]
fn a_single_malformed_reply_of_a_worker_is_found() -> Result {
    is_found_once("garbage", "malformed reply")
}

#[test]
fn a_worker_that_closes_its_pipes_once_is_found() -> Result {
    is_found_once("close", "closed its output")
}

#[test]
fn a_stall_of_a_worker_that_comes_once_is_counted_and_blamed_on_nobody() -> Result {
    let dir = tempfile::tempdir()?;
    let (done, report) = check(Culprit::Worker, "hang@3", &dir, &["--hang", "2s"])?;
    assert!(dir.path().join("mark").exists(), "it has stalled");
    assert_eq!((done.status.code(), report["cases"].as_u64()), (Some(0), Some(CASES)), "{report:#}");
    Ok(())
}

#[test]
fn a_single_stall_is_not_a_divergence() -> Result {
    let dir = tempfile::tempdir()?;
    let (done, report) = check(Culprit::Driver, "hang@7", &dir, &["--hang", "5s"])?;
    assert!(dir.path().join("mark").exists(), "it has stalled");
    assert_eq!((done.status.code(), report["cases"].as_u64()), (Some(0), Some(CASES)), "{report:#}");
    Ok(())
}

/// Exit status 2 and one line on standard error that says this, from `check` and from `smoke`.
fn is_refused(culprit: Culprit, harm: &str, says: &str) -> Result {
    for command in ["check", "smoke"] {
        let dir = tempfile::tempdir()?;
        let began = Instant::now();
        // A start of Python takes seconds on a busy machine.
        let hang = if harm.ends_with("hang") { "5s" } else { "20s" };
        let done = mmapcheck(culprit, harm, dir.path(), &[command, "--hang", hang])?;
        let error = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{harm}: {}{error}", text(&done.stdout));
        assert!(error.contains(says) && error.lines().count() == 1 && done.stdout.is_empty(), "{harm}: {error}");
        assert!(began.elapsed() < Duration::from_secs(120), "{harm}: {:?}", began.elapsed());
    }
    Ok(())
}

#[test]
fn a_worker_that_ends_before_its_first_word_is_refused() -> Result {
    is_refused(Culprit::Worker, "import-exit", "the target exited with status 3 while it was being started")?;
    is_refused(
        Culprit::Worker,
        "import-segfault",
        "the target died of signal 11 (SIGSEGV) while it was being started",
    )?;
    is_refused(Culprit::Worker, "import-child", "the target exited with status 3 while it was being started")
}

#[test]
fn a_worker_whose_first_word_is_malformed_is_refused() -> Result {
    is_refused(Culprit::Worker, "import-garbage", "its reply cannot be read")?;
    is_refused(Culprit::Worker, "import-endless-line", "bytes without an end of line")?;
    is_refused(Culprit::Worker, "import-close", "it closed its output and keeps running")
}

#[test]
fn a_worker_that_says_nothing_is_refused() -> Result {
    is_refused(Culprit::Worker, "import-hang", "hung while it was being started")
}

/// Kills a campaign, and waits for the process that hangs in it.
fn dies_with_its_campaign(culprit: Culprit) -> Result {
    const MOMENT: Duration = Duration::from_millis(50);
    let dir = tempfile::tempdir()?;
    let args = ["check", "--random-only", "--jobs", "1", "--ops", "readline", "--hang", "10m"];
    let mut campaign = command(culprit, "hang", dir.path(), &args)?.stdout(Stdio::null()).spawn()?;
    let began = Instant::now();
    while culprits(dir.path())?.is_empty() {
        assert!(campaign.try_wait()?.is_none() && began.elapsed() < Duration::from_secs(120), "nothing hangs");
        std::thread::sleep(MOMENT);
    }
    campaign.kill()?;
    campaign.wait()?;
    all_die(dir.path())
}

#[test]
fn a_driver_dies_with_its_campaign() -> Result {
    dies_with_its_campaign(Culprit::Driver)
}

#[test]
fn a_worker_dies_with_its_campaign() -> Result {
    dies_with_its_campaign(Culprit::Worker)
}

#[test]
fn a_driver_with_an_invalid_handshake_is_refused() -> Result {
    is_refused(Culprit::Driver, "version", "speaks version 1 of the driver protocol; expected version 2")?;
    is_refused(Culprit::Driver, "pages", "has pages of 16384 bytes, and cpython-")?;
    is_refused(Culprit::Driver, "platform", "the reference knows no platform 'plan9'")?;
    is_refused(Culprit::Driver, "python-4", "the reference knows Python 2.7 and 3.6")?;
    is_refused(Culprit::Driver, "no-introduction", "not a line of the protocol: expected one of the keys `platform`")?;
    is_refused(Culprit::Driver, "no-json", "does not speak the driver protocol: not JSON")
}

#[test]
fn a_driver_without_a_handshake_is_refused() -> Result {
    let dir = tempfile::tempdir()?;
    let done = mmapcheck(Culprit::Driver, "silent", dir.path(), &["smoke", "--hang", "1s"])?;
    let error = text(&done.stderr);
    assert!(done.status.code() == Some(2) && error.contains("hung while it was being started"), "{error}");
    Ok(())
}

#[test]
fn a_driver_that_returns_none_for_every_step_is_refused() -> Result {
    is_refused(Culprit::Driver, "nothing", "answers every step with None: it does not run cases")
}

#[test]
fn smoke_tells_whether_a_target_can_be_driven() -> Result {
    let dir = tempfile::tempdir()?;
    let good = mmapcheck(Culprit::Driver, "", dir.path(), &["smoke"])?;
    let out = text(&good.stdout);
    assert_eq!(good.status.code(), Some(0), "{out}{}", text(&good.stderr));
    assert!(out.contains("pass  READ-1") && out.contains("it can be driven"), "{out}");
    assert!(out.contains("references    counted") && !out.contains("lacks"), "{out}");
    let wrong = Command::new(env!("CARGO_BIN_EXE_mmapcheck"))
        .args(["smoke", "--module", "read_stays"])
        .env("PYTHONPATH", modules())
        .output()?;
    let out = text(&wrong.stdout);
    assert_eq!(wrong.status.code(), Some(1), "{out}{}", text(&wrong.stderr));
    assert!(out.contains("FAIL  READ-1") && out.contains("pass  OPEN-1"), "{out}");
    Ok(())
}

/// The files below a folder, with their content.
fn contents(dir: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(contents(&path)?);
        } else {
            found.push((path.clone(), std::fs::read_to_string(path)?));
        }
    }
    found.sort();
    Ok(found)
}

#[test]
fn the_name_of_a_driver_leads_to_a_folder_of_its_own_and_has_no_effect_on_a_page() -> Result {
    let names = ["..", "../..", "known", "a\n# b\n>>> import os\u{1b}[31m", "<b>x</b> `y` [z](/z) | _"];
    let marks = tempfile::tempdir()?;
    for name in names {
        let dir = tempfile::tempdir()?;
        let out = dir.path().join("reports");
        std::fs::create_dir_all(out.join("known"))?;
        for theirs in ["README.md", "theirs.py", "theirs.pycon", "reports/known/README.md", "reports/known/theirs.py"] {
            std::fs::write(dir.path().join(theirs), "theirs")?;
        }
        let driver = fake(dir.path())?;
        let before = contents(dir.path())?;
        let mut matrix = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
        matrix.args(["matrix", "--cases", "20", "--out"]).arg(&out).arg(&driver);
        matrix.env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drivers"));
        let done = matrix.env("FAKE", "name").env("NAME", name).env("MARK", marks.path().join("mark")).output()?;
        let said = text(&done.stderr);
        assert!(
            done.status.code() < Some(2) && said.lines().count() == 1 && !said.contains('\u{1b}'),
            "{name}: {said}"
        );
        let after = contents(dir.path())?;
        assert!(before.iter().all(|file| after.contains(file)), "{name}: {before:?} {after:?}");
        let ours: Vec<_> = after.iter().filter(|file| !before.contains(file)).map(|(path, _)| path).collect();
        assert!(ours.len() >= 3 && ours.iter().all(|path| path.starts_with(&out)), "{name}: {ours:?}");
        for (path, page) in
            after.iter().filter(|(path, _)| ours.contains(&path) && path.extension() == Some("md".as_ref()))
        {
            let has_effect = ["\n# b", "\n>>> import os", "<b>", " `y`", " [z](/z)", "\u{1b}"];
            assert!(!has_effect.iter().any(|mark| page.contains(mark)), "{}: {page}", path.display());
        }
    }
    Ok(())
}
