//! `mmapcheck check`

use super::{CannotRun, Check, Exit, Format, workers, write_out};
use mmapcheck::campaign::{CampaignConfig, Finding, Listener};
use mmapcheck::divergence::slug;
use mmapcheck::examine::{CheckConfig, CheckResult, Lists, examine};
use mmapcheck::histogram::Histogram;
use mmapcheck::known::{KnownList, KnownListError};
use mmapcheck::pages::Failure;
use mmapcheck::pattern::Patterns;
use mmapcheck::report;
use mmapcheck_spec::Op;
use std::collections::HashMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

impl From<KnownListError> for CannotRun {
    fn from(error: KnownListError) -> CannotRun {
        CannotRun(error.to_string())
    }
}

pub(super) fn check(args: &Check) -> Result<Exit, CannotRun> {
    let config = CampaignConfig {
        target: args.target.subject(),
        profile: args.target.profile,
        seed: args.seed.unwrap_or_else(|| fastrand::u64(..1_000_000_000)),
        jobs: workers(args.jobs),
        ops: args.ops.clone().unwrap_or_else(|| Op::ALL.to_vec()),
        steps: args.max_steps.into(),
        callbacks: !args.no_reentrancy,
        budget: args.budget(),
        shard: args.shard,
        hang: args.hang,
        fail_fast: args.fail_fast,
        severity: args.severity,
        known: Patterns::default(),
    };
    let lists = match &args.known {
        Some(file) => Lists::This(read_known(file)?),
        None if args.no_known => Lists::None,
        None => Lists::BuiltIn,
    };
    let keeper = Keeper::new(args, &config)?;
    let stop = stop_on_interrupt()?;
    let pages = (!args.random_only).then(|| args.filter.clone().unwrap_or_else(|| "*".into()));
    let done = examine(CheckConfig { campaign: config, random: !args.pages_only, pages, lists }, &stop, &keeper);
    keeper.clear();
    let done = done?;
    if let Some(error) = keeper.failed() {
        return Err(CannotRun(error));
    }
    print(args, &done, &keeper)?;
    Ok(if done.agrees() { Exit::Agrees } else { Exit::Diverges })
}

fn read_known(path: &Path) -> Result<KnownList, CannotRun> {
    let text = std::fs::read_to_string(path).map_err(|error| CannotRun::file(path, error))?;
    Ok(KnownList::read(&path.display().to_string(), &text)?)
}

fn print(args: &Check, examined: &CheckResult, keeper: &Keeper) -> Result<(), CannotRun> {
    let CheckResult { pages, suppressions: fates, campaign: done } = examined;
    let replay = |finding: &Finding| keeper.replay(finding);
    let again = |failure: &Failure| failure.again(&keeper.program, &keeper.flags);
    let text = match args.format {
        Format::Text => {
            let seed = if args.pages_only { String::new() } else { format!(" · seed {}", done.seed) };
            let title = format!("{} · judged as {}{seed}\n\n", done.info.name, done.profile);
            let pages = if args.random_only { String::new() } else { report::pages(pages, &again, args.verbose) };
            let known = report::known::text(fates);
            if args.pages_only {
                write_out(&(title + &pages + &known));
                return Ok(());
            }
            let answers = report::answers::text(&done.answers, &done.shown, args.verbose);
            title + &pages + &report::findings(&done.findings, &replay) + &known + &answers + &report::summary(done)
        }
        Format::Json => report::json(done, &replay, pages, &again, fates),
        Format::Junit => {
            report::junit(done, &replay, pages, &again, fates).map_err(|error| CannotRun(error.to_string()))?
        }
    };
    write_out(&text);
    Ok(())
}

/// Ctrl-C ends the campaign; what was found by then is reported.
pub(super) fn stop_on_interrupt() -> Result<Arc<AtomicBool>, CannotRun> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)).map_err(|error| CannotRun(error.to_string()))?;
    Ok(stop)
}

/// Keeps each finding as a file as soon as it is small, so that a killed run loses nothing, and shows progress.
struct Keeper {
    dir: PathBuf,
    origin: String,
    program: String,
    flags: String,
    /// Findings by their session, with the file each is kept in.
    files: Mutex<HashMap<String, PathBuf>>,
    failed: Mutex<Option<String>>,
    began: Instant,
    shown: AtomicU64,
    terminal: bool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keeper {
    fn new(args: &Check, config: &CampaignConfig) -> Result<Keeper, CannotRun> {
        writable(&args.report)?;
        Ok(Keeper {
            dir: args.report.clone(),
            origin: format!("found by mmapcheck check{} --seed {}", args.target.flags(), config.seed),
            program: args.target.program(),
            flags: args.target.flags(),
            files: Mutex::default(),
            failed: Mutex::default(),
            began: Instant::now(),
            shown: AtomicU64::new(0),
            terminal: std::io::stderr().is_terminal(),
        })
    }

    fn failed(&self) -> Option<String> {
        locked(&self.failed).clone()
    }

    fn replay(&self, finding: &Finding) -> String {
        let session = report::session(&finding.compared, Some(&finding.divergence));
        let file = locked(&self.files).get(&session).cloned().unwrap_or_default();
        format!("{} replay {}{}", self.program, file.display(), self.flags)
    }

    fn save(&self, finding: &Finding) -> Result<(), String> {
        std::fs::create_dir_all(&self.dir).map_err(|error| format!("{}: {error}", self.dir.display()))?;
        let session = report::session(&finding.compared, Some(&finding.divergence));
        let path = self.free(&slug(&finding.divergence), &session);
        let origin = format!("{}, case {}", self.origin, finding.case);
        std::fs::write(&path, report::saved(&origin, finding))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        locked(&self.files).insert(session, path);
        Ok(())
    }

    /// A file that is not there yet, or holds the same session: what an earlier run has kept stays.
    fn free(&self, slug: &str, session: &str) -> PathBuf {
        let same = |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.ends_with(session));
        (1..)
            .map(|n| if n == 1 { format!("{slug}.pycon") } else { format!("{slug}-{n}.pycon") })
            .map(|name| self.dir.join(name))
            .find(|path| !path.exists() || same(path))
            .unwrap_or_default()
    }

    /// Clears the line of progress.
    fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }
}

impl Listener for Keeper {
    fn found(&self, finding: &Finding) {
        if let Err(error) = self.save(finding) {
            locked(&self.failed).get_or_insert(error);
        }
    }

    fn progress(&self, cases: u64, steps: u64, answers: &Histogram) {
        let seconds = self.began.elapsed().as_secs();
        if self.terminal && self.shown.swap(seconds, Ordering::Relaxed) != seconds {
            let found = locked(&self.files).len();
            let work = report::answers::work(cases, steps, answers);
            eprint!("\r\x1b[K{seconds} s: {work}, {found} divergences");
        }
    }
}

/// Fails now rather than when the first finding must be kept. Leaves nothing behind.
fn writable(dir: &Path) -> Result<(), CannotRun> {
    let parent = |dir: &Path| dir.parent().filter(|parent| !parent.as_os_str().is_empty()).map(Path::to_owned);
    let mut at = dir.to_owned();
    while !at.exists() {
        at = parent(&at).unwrap_or_else(|| PathBuf::from("."));
    }
    tempfile::tempfile_in(&at)
        .map(drop)
        .map_err(|error| CannotRun::file(dir, format!("cases cannot be saved here: {error}")))
}
