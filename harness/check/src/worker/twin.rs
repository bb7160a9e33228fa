//! The reference against itself: on real files as the target, in memory as the judge. What one store foresees the other must
//! do; neither dies where a process would, but says so.

use super::{Gone, SweepOrder, Worker, scratch};
use crate::limits;
use crate::run::{Judge, Stepwise};
use crate::sweep::{Swept, sweep};
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Case, Host, Profile, Target, TargetError, Trace, Watch};
use std::time::Duration;
use tempfile::TempDir;

/// The profile it has unless another is asked for: of the newest version, which has the most operations.
const NEWEST: Profile = Profile::cpython(3, 15, 2);

/// The reference on real files, in this process.
pub struct Twin {
    target: Stepwise<Reference>,
    judge: Judge,
    _dir: TempDir,
}

impl Twin {
    /// Both under one profile.
    ///
    /// # Errors
    /// Where there is no folder for files, or the reference does not know this system.
    pub fn start(profile: Option<Profile>) -> Result<Twin, TargetError> {
        let profile = profile.unwrap_or(NEWEST);
        let dir = scratch()?;
        let host = Host { profile, name: "the reference on real files".into(), is_cpython_mmap: true, page: 4096 };
        let target = Stepwise::new(Reference::new(profile, dir.path())?, host);
        Ok(Twin { target, judge: Judge::new(profile)?, _dir: dir })
    }
}

impl Worker for Twin {
    fn at_once(&self) -> u64 {
        limits::SWEEP
    }

    fn sweep(&mut self, order: SweepOrder) -> Result<Result<Swept, Gone>, TargetError> {
        let mix = order.mix(self.judge.profile())?;
        self.judge.set_rules(order.rules()?);
        sweep(&mut self.judge, &mut self.target, &mix, order.seed, order.range(), &mut |_, _| {}).map(Ok)
    }

    /// It never hangs.
    fn set_hang(&mut self, _: Duration) {}
}

impl Target for Twin {
    fn host(&self) -> &Host {
        self.target.host()
    }

    fn run(&mut self, case: &Case, watch: Watch) -> Result<Trace, TargetError> {
        self.target.run(case, watch)
    }

    fn run_to_death(&mut self, case: &Case, watch: Watch) -> Result<Trace, TargetError> {
        self.target.run_to_death(case, watch)
    }
}
