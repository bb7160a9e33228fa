//! The base of a class under test: a class of the interpreter itself. A divergence that the base shows as well is inherited: it
//! is not the class's own.

use crate::differential::DifferentialRun;
use crate::divergence::{Bucket, Severity};
use crate::oracle::{AnswerOptions, Oracle};
use crate::pages::{Failure, on_target};
use crate::worker::{TargetSpec, Worker};
use mmapcheck_spec::pages::{Page, examples};
use mmapcheck_spec::{Case, Detail, Profile, TargetError};
use mmapcheck_targets::stop::Stop;
use std::time::Duration;

/// The base of a class, which is started when it is first asked.
///
/// It is an empty subclass of the interpreter's own `mmap` if the class under test derives from that `mmap`, else that `mmap`
/// itself.
pub struct Base {
    /// None without a base: the class under test is the interpreter's own, or the base did not start.
    spec: Option<TargetSpec>,
    profile: Profile,
    hang: Duration,
    stop: Stop,
    worker: Option<Box<dyn Worker>>,
    missing: Option<String>,
}

impl Base {
    /// The base of a class that is judged by this profile. It is hung when it shows no progress for `hang`, and
    /// not asked any more once `stop` is due.
    #[must_use]
    pub fn of(target: &TargetSpec, profile: Profile, hang: Duration, stop: &Stop) -> Base {
        Base { spec: target.base(), profile, hang, stop: stop.clone(), worker: None, missing: None }
    }

    /// Whether the base shows a divergence of this bucket in this case.
    ///
    /// # Errors
    /// Where the oracle or the base could not be used at all.
    pub fn shows(&mut self, oracle: &mut Oracle, case: &Case, bucket: &Bucket) -> Result<bool, TargetError> {
        self.stop.check()?;
        let Some(worker) = self.worker() else { return Ok(false) };
        let run = DifferentialRun::of(case.clone(), oracle, worker, &AnswerOptions::new(Detail::Full))?;
        Ok(run.comparison.divergences.iter().any(|divergence| divergence.bucket == *bucket))
    }

    /// Whether an example of these pages fails on the base as it did on the class: at the same place, with the same answer.
    ///
    /// # Errors
    /// As for [`Base::shows`].
    pub fn fails(
        &mut self,
        pages: &[Page],
        failure: &Failure,
        oracle: &mut Oracle,
        least: Severity,
    ) -> Result<bool, TargetError> {
        let Some(worker) = self.worker() else { return Ok(false) };
        let Some((page, _, example)) = examples(pages).find(|(_, _, example)| example.id == failure.id) else {
            return Ok(false);
        };
        Ok(on_target(&page.path, example, oracle, worker, least)?.is_some_and(|shown| shown == *failure))
    }

    /// Why the base could not be asked, if it could not.
    #[must_use]
    pub fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    fn worker(&mut self) -> Option<&mut dyn Worker> {
        if let (Some(spec), None) = (&self.spec, &self.worker) {
            match start(spec, self.profile, self.hang, &self.stop) {
                Ok(worker) => self.worker = Some(worker),
                Err(TargetError(why)) => (self.spec, self.missing) = (None, Some(why)),
            }
        }
        Some(self.worker.as_mut()?.as_mut())
    }
}

/// Starts a base. A driver that is not Python may run the class under test whatever the module, and then has no base.
fn start(spec: &TargetSpec, profile: Profile, hang: Duration, stop: &Stop) -> Result<Box<dyn Worker>, TargetError> {
    let worker = spec.start(Some(profile), hang, stop)?;
    match worker.capabilities() {
        Some(driver) if !driver.constants.iter().any(|name| name == TargetSpec::BASE_MARK) => {
            Err(TargetError(format!("{} does not run Python modules", worker.info().name)))
        }
        _ => Ok(worker),
    }
}
