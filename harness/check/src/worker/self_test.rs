//! The reference against itself: on real files as the target, in memory as the oracle. What one store foresees the other must
//! do; neither dies where a process would, but says so.

use super::{Worker, WorkerLoss, scratch};
use crate::batch::{Batch, BatchResult};
use crate::limits;
use crate::oracle::Oracle;
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Case, Detail, Profile, Target, TargetError, TargetInfo, Trace};
use mmapcheck_targets::InProcess;
use std::time::Duration;
use tempfile::TempDir;

/// The reference on real files, in this process.
pub struct SelfTest {
    target: InProcess<Reference>,
    oracle: Oracle,
    _dir: TempDir,
}

impl SelfTest {
    /// Both under one profile.
    ///
    /// # Errors
    /// Where there is no folder for files, or the reference does not know this system.
    pub fn start(profile: Option<Profile>) -> Result<SelfTest, TargetError> {
        let profile = profile.unwrap_or(Profile::NEWEST);
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

    /// It never hangs.
    fn set_hang(&mut self, _: Duration) {}
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
