//! Starts the worker that a target needs.

use super::{DriverWorker, Engine, ProcessWorker, SelfTest, TargetSpec, Worker};
use mmapcheck_spec::{Profile, TargetError, TargetInfo};
use mmapcheck_targets::stop::Stop;
use std::time::Duration;

impl TargetSpec {
    /// Starts a worker for this class. The target is hung when it shows no progress for `hang`. It is judged by `profile`, or by
    /// the profile that it claims. Once `stop` is due, every wait for it ends, and nothing is run any more.
    ///
    /// # Errors
    /// The target does not start, for instance because the interpreter or the module is missing.
    pub fn start(&self, profile: Option<Profile>, hang: Duration, stop: &Stop) -> Result<Box<dyn Worker>, TargetError> {
        let worker: Box<dyn Worker> = match &self.engine {
            Engine::Embedded | Engine::Program => Box::new(ProcessWorker::start(self, profile, hang, stop)?),
            Engine::Python(python) => Box::new(DriverWorker::start(python, self, profile, hang, stop)?),
            Engine::Reference => Box::new(SelfTest::start(profile)?),
        };
        check_pages(worker.info(), profile)?;
        Ok(worker)
    }
}

/// Refuses a target whose pages are not those of the profile that it is judged by: the reference would expect deaths, lengths and
/// offsets that do not apply to it.
fn check_pages(info: &TargetInfo, profile: Option<Profile>) -> Result<(), TargetError> {
    let profile = info.judged_by(profile);
    let expected = profile.facts().page.bytes();
    if usize::try_from(info.page) == Ok(expected) {
        return Ok(());
    }
    Err(TargetError(format!(
        "{} has pages of {} bytes, and {profile} has pages of {expected} bytes: the reference cannot judge it",
        info.name, info.page
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_with_other_pages_than_its_profile_is_refused() {
        let info = TargetInfo::of_profile(Profile::NEWEST, "a target");
        assert_eq!(check_pages(&info, None), Ok(()));
        for page in [0, 1, 8192, 16384, 65536] {
            let says = check_pages(&TargetInfo { page, ..info.clone() }, None).map_err(|error| error.0);
            assert!(
                says.is_err_and(|says| says.starts_with(&format!("a target has pages of {page} bytes, and cpython")))
            );
        }
    }
}
