//! Whatever a driver does, the campaign goes on: the fault is named, in the case and at the step it belongs to.

use mmapcheck::choices::seeded;
use mmapcheck::generate::{GeneratorOptions, generate};
use mmapcheck::oracle::{AnswerOptions, Omissions, Oracle};
use mmapcheck_spec::{Detail, Op, Profile};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The operations of these campaigns; the fake driver does its harm at `readline`.
const OPS: [Op; 4] = [Op::ReadLine, Op::Tell, Op::Len, Op::Write];
const CASES: u64 = 20;
const STEPS: usize = 6;
const SEED: u64 = 5;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The interpreter itself, where `python3` is a script that looks for one.
fn python() -> Result<String> {
    let asked = std::env::var("PYO3_PYTHON").unwrap_or_else(|_| "python3".into());
    let done = Command::new(asked).args(["-c", "import sys; print(sys.executable)"]).output()?;
    Ok(text(&done.stdout).trim().to_owned())
}

/// A driver that does this harm, as a program of its own.
fn fake(dir: &Path) -> Result<PathBuf> {
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drivers/fake.py"))?;
    let path = dir.join("fake");
    std::fs::write(&path, format!("#!{}\n{source}", python()?))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

fn mmapcheck(harm: &str, dir: &Path, args: &[&str]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(args).arg("--python").arg(fake(dir)?);
    Ok(command.env("FAKE", harm).env("MARK", dir.join("mark")).output()?)
}

/// A campaign on a driver that does this harm.
fn check(harm: &str, dir: &TempDir, more: &[&str]) -> Result<(Output, Value)> {
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
    let done = mmapcheck(harm, dir.path(), &args)?;
    let parsed = serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {}", text(&done.stderr)))?;
    Ok((done, parsed))
}

/// How many of the cases come to `readline`.
fn guilty(profile: &str) -> Result<u64> {
    let profile: Profile = profile.parse()?;
    let mut oracle = Oracle::new(profile)?;
    let mix = GeneratorOptions { ops: OPS.to_vec(), steps: STEPS, ..GeneratorOptions::all(profile) };
    let mut found = 0;
    for number in 0..CASES {
        let options = AnswerOptions { omissions: Omissions::of_case(number), ..AnswerOptions::new(Detail::Quick) };
        let answered = oracle.answer(generate(&mut seeded(SEED, number), &mix), &options)?;
        found += u64::from(answered.case.steps.iter().any(|step| step.op == Op::ReadLine));
    }
    Ok(found)
}

/// The fault is named so, at each `readline` and nowhere else; every case is done, and counted once.
fn is_named(harm: &str, name: &str) -> Result {
    is_named_at(harm, name, &Value::from("readline"))
}

fn is_named_at(harm: &str, name: &str, op: &Value) -> Result {
    let dir = tempfile::tempdir()?;
    let began = Instant::now();
    let hang = if harm == "hang" { "2s" } else { "20s" };
    let (done, report) = check(harm, &dir, &["--hang", hang])?;
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
    let counted: u64 = found.iter().filter_map(|divergence| divergence["count"].as_u64()).sum();
    assert_eq!(counted, guilty(report["profile"].as_str().ok_or("no profile")?)?, "{report:#}");
    assert!(began.elapsed() < Duration::from_secs(300), "{:?}", began.elapsed());
    Ok(())
}

#[test]
fn a_death_by_a_signal_is_named() -> Result {
    is_named("segfault", "died of signal 11 (SIGSEGV)")
}

#[test]
fn an_exit_is_named() -> Result {
    is_named("exit", "exited with status 3")
}

#[test]
fn a_hang_is_named_and_costs_less_each_time() -> Result {
    is_named("hang", "hung")
}

#[test]
fn garbage_is_named() -> Result {
    is_named("garbage", "sent a malformed reply: no JSON")
}

#[test]
fn a_flood_without_an_end_of_line_is_named() -> Result {
    is_named("endless-line", "bytes without an end of line")
}

#[test]
fn a_flood_of_lines_is_named() -> Result {
    is_named("endless-lines", "sent a malformed reply: no JSON")
}

#[test]
fn a_flood_of_errors_does_not_fill_the_disk() -> Result {
    is_named("errors", "died of signal 25 (SIGXFSZ)")
}

#[test]
fn hunger_for_memory_is_named() -> Result {
    is_named("memory", "exited with status 1: MemoryError")
}

#[test]
fn an_output_that_is_closed_is_named() -> Result {
    is_named("close", "sent a malformed reply: it closed its output and lives on")
}

#[test]
fn an_answer_to_another_case_is_named() -> Result {
    is_named_at("another-case", "when it was asked for case", &Value::Null)
}

#[test]
fn an_answer_that_leaves_out_the_files_is_named() -> Result {
    is_named_at("no-files", "it did not look at the", &Value::Null)
}

/// What happens once, and not when the case is run again, is said of the case it happened in.
fn belongs_to_its_case(harm: &str, name: &str) -> Result {
    // The first question of all is whether the driver does anything, so that case 0 has number 2.
    const CASE: u64 = 12;
    let dir = tempfile::tempdir()?;
    let (done, report) = check(&format!("{harm}@{}", CASE + 2), &dir, &[])?;
    assert_eq!((done.status.code(), report["cases"].as_u64()), (Some(1), Some(CASES)), "{report:#}");
    let found = report["divergences"].as_array().ok_or("no list")?;
    assert!(found.len() == 1 && found[0]["count"] == 1 && found[0]["unsteady"] != Value::Null, "{report:#}");
    assert!(found[0]["actual"].as_str().is_some_and(|actual| actual.contains(name)), "{report:#}");
    let saved = std::fs::read_dir(dir.path().join("found"))?.next().ok_or("nothing saved")??;
    let saved = std::fs::read_to_string(saved.path())?;
    assert!(saved.contains(&format!(", case {CASE}\n")), "{saved}");
    Ok(())
}

#[test]
fn a_death_that_comes_once_belongs_to_its_case() -> Result {
    belongs_to_its_case("segfault", "signal 11")
}

#[test]
fn garbage_that_comes_once_belongs_to_its_case() -> Result {
    belongs_to_its_case("garbage", "malformed reply")
}

#[test]
fn an_answer_that_is_short_once_belongs_to_its_case() -> Result {
    belongs_to_its_case("short", "malformed reply")
}

#[test]
fn a_stall_that_comes_once_is_counted_and_blamed_on_nobody() -> Result {
    let dir = tempfile::tempdir()?;
    let (done, report) = check("hang@12", &dir, &["--hang", "5s"])?;
    assert!(dir.path().join("mark").exists(), "it has stalled");
    assert_eq!((done.status.code(), report["cases"].as_u64()), (Some(0), Some(CASES)), "{report:#}");
    Ok(())
}

/// Exit status 2 and one line on standard error that says this, from `check` and from `smoke`.
fn is_refused(harm: &str, says: &str) -> Result {
    for command in [&["check", "--hang", "5s"], &["smoke", "--hang", "5s"]] {
        let dir = tempfile::tempdir()?;
        let done = mmapcheck(harm, dir.path(), command)?;
        let error = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{harm}: {}{error}", text(&done.stdout));
        assert!(error.contains(says) && error.lines().count() == 1 && done.stdout.is_empty(), "{harm}: {error}");
    }
    Ok(())
}

#[test]
fn who_introduces_itself_wrongly_is_refused() -> Result {
    is_refused("version", "speaks version 1 of the protocol, and this is version 2")?;
    is_refused("platform", "the reference knows no platform 'plan9'")?;
    is_refused("python-4", "the reference knows Python 2.7 and 3.6")?;
    is_refused("no-introduction", "no line of the protocol: \"{\\\"id\\\":1}\"")?;
    is_refused("no-json", "is no driver: no JSON")
}

#[test]
fn who_says_nothing_is_refused() -> Result {
    let dir = tempfile::tempdir()?;
    let done = mmapcheck("silent", dir.path(), &["smoke", "--hang", "1s"])?;
    let error = text(&done.stderr);
    assert!(done.status.code() == Some(2) && error.contains("hung while it was being started"), "{error}");
    Ok(())
}

#[test]
fn who_claims_that_everything_passes_is_seen_through() -> Result {
    is_refused("nothing", "answers None to everything it is asked: it does nothing")
}

#[test]
fn what_can_be_driven_is_told_from_what_cannot() -> Result {
    let dir = tempfile::tempdir()?;
    let good = mmapcheck("", dir.path(), &["smoke"])?;
    let out = text(&good.stdout);
    assert_eq!(good.status.code(), Some(0), "{out}{}", text(&good.stderr));
    assert!(out.contains("pass  READ-1") && out.contains("it can be driven"), "{out}");
    assert!(out.contains("references    counted") && !out.contains("lacks"), "{out}");
    let wrong = Command::new(env!("CARGO_BIN_EXE_mmapcheck"))
        .args(["smoke", "--module", "read_stays"])
        .env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modules"))
        .output()?;
    let out = text(&wrong.stdout);
    assert_eq!(wrong.status.code(), Some(1), "{out}{}", text(&wrong.stderr));
    assert!(out.contains("FAIL  READ-1") && out.contains("pass  OPEN-1"), "{out}");
    Ok(())
}
