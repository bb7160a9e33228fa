//! The interface of a worker to a campaign.

use crate::batch::{Batch, BatchResult};
use mmapcheck_spec::{Declined, End, Target, TargetError, TargetInfo};
use mmapcheck_targets::driver::Capabilities;
use mmapcheck_targets::progress::Marks;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A check that cannot be had on this machine, or for this target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unavailable {
    /// The check, such as `leaks`.
    pub check: String,
    /// Why it cannot be had.
    pub reason: String,
}

impl Unavailable {
    /// A check that cannot be had for this reason.
    pub fn new(check: &str, reason: impl Into<String>) -> Unavailable {
        Unavailable { check: check.to_owned(), reason: reason.into() }
    }
}

/// The check for resources that a case leaks.
pub const LEAKS: &str = "leaks";
/// The check for reads behind a map or an argument.
pub const GUARD_PAGES: &str = "guard pages";
/// The steps that a target declines.
pub const DECLINED: &str = "steps that the target declines";
/// The check for what a target does to its process.
pub const DAMAGE: &str = "damage to the process";

/// A target that runs and compares batches of cases, apart from the campaign.
pub trait Worker: Target {
    /// The number of cases to put into one batch: as many as take about a tenth of a second, so that the campaign notices
    /// Ctrl-C and the end of its time.
    fn at_once(&self) -> u64;

    /// Runs a batch.
    ///
    /// # Errors
    /// The outer error if the worker cannot be used, the inner one if its process was lost during the batch. A batch without a
    /// result can be run again in parts.
    fn batch(&mut self, batch: &Batch) -> Result<Result<BatchResult, WorkerLoss>, TargetError>;

    /// Sets the time without progress after which the target is hung.
    fn set_hang(&mut self, hang: Duration);

    /// Ends the process. The next request starts another.
    fn restart(&mut self);

    /// The checks that cannot be had.
    fn unavailable(&self) -> Vec<Unavailable>;

    /// The capabilities that the driver reported in its handshake; `None` without a driver.
    fn capabilities(&self) -> Option<&Capabilities> {
        None
    }
}

/// The steps that a worker's target declines.
pub fn declined(worker: &dyn Worker) -> Declined {
    worker.info().declined.clone()
}

/// The steps that a target declines, as a check that cannot be had.
pub(super) fn declined_steps(info: &TargetInfo) -> Option<Unavailable> {
    (!info.declined.is_empty()).then(|| Unavailable::new(DECLINED, info.declined.to_string()))
}

/// The loss of a worker process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerLoss {
    /// How the process ended.
    pub end: End,
    /// The case and step that it was running.
    pub marks: Marks,
    /// The last that it wrote on standard error since the request.
    pub last_words: String,
}
