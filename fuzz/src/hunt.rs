//! The fuzz target `ops`: runs a case on the reference and on the embedded CPython, and aborts the process at a divergence.

use crate::{case, generator_options};
use mmapcheck::campaign::{Finding, shrink_to};
use mmapcheck::differential::DifferentialRun;
use mmapcheck::divergence::{Divergence, Severity, slug};
use mmapcheck::generate::GeneratorOptions;
use mmapcheck::histogram::Histogram;
use mmapcheck::known::KnownList;
use mmapcheck::limits;
use mmapcheck::oracle::{AnswerOptions, Omissions, Oracle};
use mmapcheck::pages::shown_answers;
use mmapcheck::pattern::Patterns;
use mmapcheck::repeat::{Rate, in_time, repeat, shows, until_shown};
use mmapcheck::report::command::{Invocation, environment};
use mmapcheck::report::{FindingRecord, OutcomeCounts, saved, text};
use mmapcheck::text::grouped;
use mmapcheck::worker::scratch;
use mmapcheck_spec::{Case, Detail, Target, TargetError, pages};
use std::cell::RefCell;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The folder for findings, in the repository of this build. `MMAPCHECK_FOUND` names another one.
const FOUND: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus/found");

/// The interval between two progress lines on a terminal.
const PERIOD: Duration = Duration::from_secs(5);

/// Starts the target, so that its coverage counters are loaded before the first input.
pub fn start() {
    HUNTER.set(Some(started(Hunter::start())));
}

/// Runs the case of an input. At an unknown divergence it prints and saves the shrunk case and aborts the process, so that
/// libFuzzer saves the input.
pub fn hunt(input: &[u8]) {
    HUNTER.with_borrow_mut(|hunter| {
        let Some(hunter) = hunter else { return };
        if let Some(finding) = started(hunter.look(case(input, &hunter.generator))) {
            hunter.end(&finding);
        }
    });
}

/// The result, or an exit with the status of a program that could not run.
fn started<T>(result: Result<T, TargetError>) -> T {
    result.unwrap_or_else(|error| {
        eprintln!("mmapcheck: {error}");
        std::process::exit(2)
    })
}

thread_local! {
    /// The interpreter stays on its thread. libFuzzer has one thread.
    static HUNTER: RefCell<Option<Hunter>> = const { RefCell::new(None) };
}

/// The statistics of the run.
struct Work {
    began: Instant,
    /// The time of the last progress line.
    reported: Instant,
    cases: u64,
    steps: u64,
    answers: Histogram,
}

struct Hunter {
    target: Box<dyn Target>,
    oracle: Oracle,
    known: Patterns,
    generator: GeneratorOptions,
    least: Severity,
    dir: TempDir,
    work: Work,
}

impl Hunter {
    fn start() -> Result<Hunter, TargetError> {
        let dir = scratch()?;
        let target = target(dir.path())?;
        let info = target.info();
        let oracle = Oracle::new(info.profile)?;
        let known = KnownList::built_in(info, "mmap")?.patterns(info.source);
        let (generator, least) = (generator_options(info.profile), Severity::least(None, info));
        let now = Instant::now();
        let work = Work { began: now, reported: now, cases: 0, steps: 0, answers: Histogram::default() };
        Ok(Hunter { target, oracle, known, generator, least, dir, work })
    }

    /// The first unknown divergence of a case, shrunk. As in a campaign, only a case with a divergence is run again in detail.
    fn look(&mut self, case: Case) -> Result<Option<Finding>, TargetError> {
        let quick = self.compare(case.clone(), Detail::Quick)?;
        self.work.count(&quick);
        if quick.comparison.first(self.least).is_none() {
            return Ok(None);
        }
        let runs = self.runs(&case)?;
        let first = runs.iter().find_map(|run| Some((run, run.comparison.first(self.least)?)));
        let Some((close, seen)) = first else {
            let explained = runs.iter().any(|run| !run.comparison.known.is_empty());
            let seen = quick.comparison.first(self.least).filter(|_| !explained).cloned();
            let rate = Rate { shown: 0, runs: runs.len() };
            return Ok(seen.map(|divergence| Finding::of(divergence, quick).with_rate(rate)));
        };
        let bucket = seen.bucket.clone();
        let rate = Rate::among(&runs, |run| shows(run, &bucket));
        let (options, deadline) = (answer_options(&self.known, Detail::Full), Instant::now() + limits::SHRINK);
        let small = shrink_to(&mut self.oracle, self.target.as_mut(), case, &bucket, rate, &options, deadline);
        let small = until_shown(&bucket, || self.runs(&small.case))?;
        let of_bucket = |divergence: &&Divergence| divergence.bucket == bucket;
        let shown = small.iter().find_map(|run| Some((run, run.comparison.divergences.iter().find(of_bucket)?)));
        Ok(Some(match shown {
            Some((run, divergence)) => {
                Finding::of(divergence.clone(), run.clone()).with_rate(Rate::among(&small, |run| shows(run, &bucket)))
            }
            None => Finding::of(seen.clone(), close.clone()).with_rate(rate),
        }))
    }

    /// Runs a case as often as its rate needs.
    fn runs(&mut self, case: &Case) -> Result<Vec<DifferentialRun>, TargetError> {
        let options = answer_options(&self.known, Detail::Full);
        let (oracle, target) = (&mut self.oracle, self.target.as_mut());
        repeat(case, limits::REPEATS, oracle, target, &options, Some(in_time(None)))
    }

    fn compare(&mut self, case: Case, detail: Detail) -> Result<DifferentialRun, TargetError> {
        let options = answer_options(&self.known, detail);
        DifferentialRun::of(case, &mut self.oracle, self.target.as_mut(), &options)
    }

    /// Prints and saves the finding, and aborts the process.
    fn end(&mut self, finding: &Finding) -> ! {
        let file = place(&format!("{}.pycon", slug(&finding.divergence)));
        let origin = format!("Found by fuzz/, target ops, on {}.", self.target.info().name);
        let record = FindingRecord::new(finding, replay(&file));
        let written = fs::write(&file, saved::write(&record, &origin));
        let _ = anstream::stderr().write_all(text::finding(&record).as_bytes());
        eprintln!("  found after {}", self.work.line());
        match written {
            Ok(()) => eprintln!("  saved as {}", file.display()),
            Err(error) => eprintln!("  cannot save {}: {error}", file.display()),
        }
        let _ = fs::remove_dir_all(self.dir.path());
        std::process::abort()
    }
}

/// The options of the oracle. They leave out steps that are known to kill, since a death would end this process.
fn answer_options(known: &Patterns, detail: Detail) -> AnswerOptions<'_> {
    AnswerOptions { detail, omissions: Omissions::KNOWN_DEATHS, known }
}

impl Work {
    fn count(&mut self, compared: &DifferentialRun) {
        let steps = compared.actual.steps.len().min(compared.expected.steps.len());
        self.cases += 1;
        self.steps += steps as u64;
        self.answers.count(&compared.case, &compared.expected, steps);
        if self.reported.elapsed() >= PERIOD && std::io::stderr().is_terminal() {
            self.reported = Instant::now();
            eprintln!("{}", self.line());
        }
    }

    fn line(&self) -> String {
        let seconds = self.began.elapsed().as_secs_f64();
        let rate = |many: u64| grouped((many as f64 / seconds.max(0.001)) as u64);
        let work = text::progress(self.cases, self.steps, &self.answers);
        format!("{work}, in {seconds:.0} s: {} cases/s, {} steps/s", rate(self.cases), rate(self.steps))
    }
}

impl Drop for Hunter {
    /// Prints the statistics of the run: the outcomes of each operation, and the outcomes that never occurred.
    fn drop(&mut self) {
        if self.work.cases == 0 {
            return;
        }
        let shown =
            pages::all().ok().and_then(|pages| shown_answers(pages, &mut self.oracle, &self.generator.ops).ok());
        eprint!("{}", text::outcomes(&OutcomeCounts::new(&self.work.answers, &shown.unwrap_or_default()), true));
        eprintln!("{}", self.work.line());
    }
}

/// The path of a finding, which leads to it from any folder.
fn place(name: &str) -> PathBuf {
    let path = std::env::var_os("MMAPCHECK_FOUND").map_or_else(|| FOUND.into(), PathBuf::from).join(name);
    std::path::absolute(&path).unwrap_or(path)
}

/// The command that runs a saved finding again, from any folder and with the class that this process has run.
fn replay(file: &Path) -> String {
    const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let words = ["cargo", "run", "--release", "--manifest-path", MANIFEST, "--"];
    Invocation::new(&words, &environment(), Vec::new()).replay(file)
}

#[cfg(not(feature = "mutant"))]
fn target(dir: &Path) -> Result<Box<dyn Target>, TargetError> {
    use mmapcheck_targets::InProcess;
    mmapcheck_targets::check_interpreter()?;
    let stepper = mmapcheck_targets::Embedded::new("mmap", "mmap", dir)?;
    let info = stepper.info().clone();
    Ok(Box::new(InProcess::new(stepper, info)))
}

#[cfg(feature = "mutant")]
use crate::mutant::target;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    const NAME: &str = "hunt::tests::the_printed_command_runs_as_it_stands_from_any_folder";
    const WHICH: &str = "MMAPCHECK_PRINTS_COMMAND";

    /// The test runs itself in a process with an environment of its own, and the command that it prints with a `cargo` that shows
    /// what it is given.
    #[test]
    fn the_printed_command_runs_as_it_stands_from_any_folder() -> Result {
        if std::env::var_os(WHICH).is_some() {
            println!("command: {}", replay(&place("it's found.pycon")));
            return Ok(());
        }
        let dir = tempfile::tempdir()?;
        let mut again = Command::new(std::env::current_exe()?);
        again.args(["--exact", NAME, "--nocapture"]).current_dir(dir.path());
        again.env("PYTHONPATH", "/my modules").env("MMAPCHECK_FOUND", "found").env(WHICH, "1");
        let printed = String::from_utf8(again.output()?.stdout)?;
        let command = printed.lines().find_map(|line| line.split_once("command: ")).ok_or("no command")?.1;
        let cargo = dir.path().join("cargo");
        fs::write(&cargo, "#!/bin/sh\nprintf '%s\\n' \"$PYTHONPATH\" \"$@\"\n")?;
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755))?;
        let path = format!("{}:/usr/bin:/bin", dir.path().display());
        let shell = Command::new("/bin/sh").args(["-c", command]).current_dir("/").env("PATH", path).output()?;
        let given = String::from_utf8(shell.stdout)?;
        let file = dir.path().canonicalize()?.join("found/it's found.pycon").display().to_string();
        let words: Vec<_> = given.lines().collect();
        assert_eq!(words[..4], ["/my modules", "run", "--release", "--manifest-path"], "{command}");
        assert!(Path::new(words[4]).is_file(), "{command}");
        assert_eq!(words[5..], ["--", "replay", &file], "{command}");
        Ok(())
    }
}
