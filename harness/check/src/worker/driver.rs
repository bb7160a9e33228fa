//! A worker for a target behind a driver: the driver's process runs the cases, and this process compares them.

use super::interface::{DAMAGE, GUARD_PAGES, LEAKS, Unavailable, declined_steps};
use super::pace::Pace;
use super::{TargetSpec, Worker, WorkerLoss, scratch};
use crate::batch::{Batch, BatchResult};
use crate::divergence::outcome_text;
use crate::limits;
use crate::oracle::Oracle;
use mmapcheck_spec::{Case, Detail, NextCase, Profile, Target, TargetError, TargetInfo, Trace, notation};
use mmapcheck_targets::driver::{Capabilities, Driver};
use mmapcheck_targets::stop::Stop;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A case whose five outcomes differ, whatever the target.
const FIVE_ANSWERS: &str = ">>> import mmap
>>> m = mmap.mmap(-1, 5)
>>> len(m)
5
>>> m.tell()
0
>>> m.find(b'x')
-1
>>> m.closed
False
>>> m[0:2]
b'\\x00\\x00'
";

/// A driver, and the oracle for its profile.
pub struct DriverWorker {
    driver: Driver,
    oracle: Oracle,
    pace: Pace,
    /// Removes the folder when the worker is dropped.
    _dir: TempDir,
}

impl DriverWorker {
    /// Starts a driver on the class.
    ///
    /// # Errors
    /// The driver does not start, gives the same outcome to every step, or claims a version that the reference does not model.
    pub fn start(
        python: &Path,
        subject: &TargetSpec,
        profile: Option<Profile>,
        hang: Duration,
        stop: &Stop,
    ) -> Result<DriverWorker, TargetError> {
        let dir = scratch()?;
        // Python looks for modules in the folder of the driver script first.
        subject.write_module(dir.path())?;
        let mut driver = Driver::start(python, &subject.module, &subject.attr, dir.path(), hang, stop)?;
        refuse_what_does_nothing(&mut driver)?;
        let claimed = driver.info().profile;
        if profile.is_none() && !claimed.version().is_known() {
            return Err(TargetError(format!(
                "{}: {}; choose a profile with --profile",
                driver.info().name,
                Profile::known()
            )));
        }
        let oracle = Oracle::new(driver.info().judged_by(profile))?;
        Ok(DriverWorker { driver, oracle, pace: Pace::new(limits::FIRST, limits::DRIVEN), _dir: dir })
    }
}

/// Refuses a driver that gives the same outcome to every step: it does not run them.
fn refuse_what_does_nothing(driver: &mut Driver) -> Result<(), TargetError> {
    let session = notation::parse(FIVE_ANSWERS, 1).map_err(|error| TargetError(error.to_string()))?;
    // The answer also says whether the driver counts leaks.
    let trace = driver.run(&session.case, Detail::Every)?;
    let answers: Vec<_> = trace.steps.iter().skip(1).filter_map(|step| step.result.as_ref().ok()).collect();
    match answers.as_slice() {
        [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|answer| answer == first) => Err(TargetError(
            format!("{} answers every step with {}: it does not run cases", driver.info().name, outcome_text(first)),
        )),
        _ => Ok(()),
    }
}

impl Worker for DriverWorker {
    fn at_once(&self) -> u64 {
        self.pace.at_once()
    }

    fn batch(&mut self, batch: &Batch) -> Result<Result<BatchResult, WorkerLoss>, TargetError> {
        let began = Instant::now();
        let mut result = batch.run(&mut self.oracle, &mut self.driver, &mut |_, _| {})?;
        let stalls = self.driver.take_stalls();
        if stalls > 0 {
            result.incomparable.push((STALL.into(), stalls));
        }
        self.pace.note(result.cases, began.elapsed());
        Ok(Ok(result))
    }

    fn set_hang(&mut self, hang: Duration) {
        self.driver.set_hang(hang);
    }

    fn restart(&mut self) {
        self.driver.restart();
    }

    fn unavailable(&self) -> Vec<Unavailable> {
        let mut found = vec![
            Unavailable::new(GUARD_PAGES, "behind a driver, none are placed"),
            Unavailable::new(DAMAGE, "a driver watches only its working folder"),
        ];
        if !self.driver.counts_leaks() {
            found.insert(0, Unavailable::new(LEAKS, "the driver does not count them"));
        }
        found.extend(declined_steps(self.driver.info()));
        found
    }

    fn capabilities(&self) -> Option<&Capabilities> {
        Some(self.driver.capabilities())
    }
}

/// The reason under which a case is counted that hung once and did not hang when it was run again.
const STALL: &str = "it gave no answer in time once, and did when it was run again";

impl Target for DriverWorker {
    fn info(&self) -> &TargetInfo {
        self.driver.info()
    }

    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.driver.run(case, detail)
    }

    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.driver.run_to_death(case, detail)
    }

    fn run_with_next(&mut self, case: &Case, detail: Detail, next: Option<NextCase<'_>>) -> Result<Trace, TargetError> {
        self.driver.run_with_next(case, detail, next)
    }
}
