//! The reference against itself: on real files as the target, in memory as the oracle. Each predicts a death where a process
//! would die.

use super::interface::{DAMAGE, GUARD_PAGES, LEAKS, Unavailable};
use super::{Worker, WorkerLoss, scratch};
use crate::batch::{Batch, BatchResult};
use crate::limits;
use crate::oracle::Oracle;
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Case, Detail, Profile, Target, TargetError, TargetInfo, Trace};
use mmapcheck_targets::InProcess;
use mmapcheck_targets::supervisor::{LEAST, Limit, check_limits, raise_limits};
use rustix::process::Resource;
use std::time::Duration;
use tempfile::TempDir;

/// The reference on real files, as a target in this process.
pub struct SelfTest {
    target: InProcess<Reference>,
    oracle: Oracle,
    _dir: TempDir,
}

impl SelfTest {
    /// Starts both under one profile, by default under [`Profile::NEWEST`].
    ///
    /// # Errors
    /// No temporary folder can be made, a limit of this process is too low, or the reference does not model the profile.
    pub fn start(profile: Option<Profile>) -> Result<SelfTest, TargetError> {
        let profile = profile.unwrap_or(Profile::NEWEST);
        let needed: [Limit; 3] = [(Resource::Fsize, limits::FILE_BYTES), LEAST[0], LEAST[1]];
        check_limits(&needed)?;
        raise_limits(&needed).map_err(|error| TargetError(format!("a limit cannot be raised: {error}")))?;
        let dir = scratch()?;
        let info = TargetInfo::of_profile(profile, "the reference on real files");
        let target = InProcess::new(Reference::new(profile, dir.path())?, info);
        Ok(SelfTest { target, oracle: Oracle::new(profile)?, _dir: dir })
    }
}

impl Worker for SelfTest {
    fn at_once(&self) -> u64 {
        limits::BATCH
    }

    fn batch(&mut self, batch: &Batch) -> Result<Result<BatchResult, WorkerLoss>, TargetError> {
        batch.run(&mut self.oracle, &mut self.target, &mut |_, _| {}).map(Ok)
    }

    fn unavailable(&self) -> Vec<Unavailable> {
        let checks = [LEAKS, GUARD_PAGES, DAMAGE];
        checks.map(|check| Unavailable::new(check, "the reference runs in the process of the campaign")).into()
    }

    /// Has no effect: the reference does not hang.
    fn set_hang(&mut self, _: Duration) {}

    /// Has no effect: the reference has no process of its own.
    fn restart(&mut self) {}
}

impl Target for SelfTest {
    fn info(&self) -> &TargetInfo {
        self.target.info()
    }

    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.target.run(case, detail)
    }

    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.target.run_to_death(case, detail)
    }
}
