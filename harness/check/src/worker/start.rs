//! Starts the worker that a target needs.

use super::{DriverWorker, Engine, ProcessWorker, SelfTest, TargetSpec, Worker};
use mmapcheck_spec::{Profile, TargetError};
use std::time::Duration;

impl TargetSpec {
    /// Starts a worker for this class. The target is hung when it shows no progress for `hang`. It is judged by `profile`, or by
    /// the profile that it claims.
    ///
    /// # Errors
    /// The target does not start, for instance because the interpreter or the module is missing.
    pub fn start(&self, profile: Option<Profile>, hang: Duration) -> Result<Box<dyn Worker>, TargetError> {
        Ok(match &self.engine {
            Engine::Embedded => Box::new(ProcessWorker::start(self, profile, hang)?),
            Engine::Python(python) => Box::new(DriverWorker::start(python, self, profile, hang)?),
            Engine::Reference => Box::new(SelfTest::start(profile)?),
        })
    }
}
