//! Another interpreter, which is a process of its own: judged from this one.

use super::wire::SweepOrder;
use super::{Gone, Subject, Worker, scratch};
use crate::limits;
use crate::run::Judge;
use crate::sweep::{Swept, sweep};
use mmapcheck_spec::{Case, Host, Profile, Target, TargetError, Trace, Watch};
use mmapcheck_targets::driver::Driver;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// An interpreter that runs cases by the driver script, and the judge of what it does.
pub struct Driven {
    driver: Driver,
    judge: Judge,
    /// Keeps the folder while it is used; removed with it.
    _dir: TempDir,
}

impl Driven {
    /// Starts this interpreter on the class.
    ///
    /// # Errors
    /// Where it does not start, or the reference does not answer for what it claims to be.
    pub fn start(
        python: &Path,
        subject: &Subject,
        profile: Option<Profile>,
        hang: Duration,
    ) -> Result<Driven, TargetError> {
        let dir = scratch()?;
        let driver = Driver::start(python, &subject.module, &subject.attr, dir.path(), hang)?;
        let claimed = driver.host().profile;
        if profile.is_none() && !claimed.known() {
            return Err(TargetError(format!(
                "{}: {}; --profile names another to judge by",
                driver.host().name,
                Profile::KNOWN
            )));
        }
        let judge = Judge::new(profile.unwrap_or(claimed))?;
        Ok(Driven { driver, judge, _dir: dir })
    }
}

impl Worker for Driven {
    fn at_once(&self) -> u64 {
        limits::DRIVEN
    }

    fn sweep(&mut self, order: SweepOrder) -> Result<Result<Swept, Gone>, TargetError> {
        let mix = order.mix(self.judge.profile())?;
        self.judge.set_rules(order.rules()?);
        sweep(&mut self.judge, &mut self.driver, &mix, order.seed, order.range(), &mut |_, _| {}).map(Ok)
    }

    fn set_hang(&mut self, hang: Duration) {
        self.driver.set_hang(hang);
    }
}

impl Target for Driven {
    fn host(&self) -> &Host {
        self.driver.host()
    }

    fn run(&mut self, case: &Case, watch: Watch) -> Result<Trace, TargetError> {
        self.driver.run(case, watch)
    }
}
