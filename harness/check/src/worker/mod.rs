//! What runs and judges ranges of cases for a campaign, apart from it: what can die runs in a process of its own.
//!
//! For the embedded CPython this is a [`ProcessWorker`]: this program run again as `mmapcheck worker`, which answers one JSON line
//! for each JSON line it is sent ([`wire`]). When it dies or hangs, the page of marks it shares with the campaign says at
//! which case and step, and a new one takes its place. Another interpreter is a process already: [`DriverWorker`]. The reference
//! on real files cannot die: [`SelfTest`].

mod child;
mod driven;
mod remote;
mod self_test;
mod wire;

pub use child::serve;
pub use driven::DriverWorker;
pub use remote::{ProcessWorker, scratch};
pub use self_test::SelfTest;

use crate::batch::{Batch, BatchResult};
use mmapcheck_spec::{End, Profile, Target, TargetError};
use mmapcheck_targets::driver::Capabilities;
use mmapcheck_targets::progress::Marks;
use std::path::PathBuf;
use std::time::Duration;

/// What runs and judges cases for a campaign.
pub trait Worker: Target {
    /// How many cases to ask for at once: about a tenth of a second, so that time limits and Ctrl-C are noticed.
    fn at_once(&self) -> u64;

    /// Generates, runs and compares a range of cases.
    ///
    /// # Errors
    /// The outer error where the worker cannot be used, the inner one where it died or hung.
    fn batch(&mut self, batch: &Batch) -> Result<Result<BatchResult, WorkerLoss>, TargetError>;

    /// From now on the target is taken for hung after this long.
    fn set_hang(&mut self, hang: Duration);

    /// What the target said of itself when it started, where it is behind a driver.
    fn capabilities(&self) -> Option<&Capabilities> {
        None
    }
}

/// A worker that is gone, and what it was doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerLoss {
    /// How it ended.
    pub end: End,
    /// The case and step it was at.
    pub marks: Marks,
}

/// What runs the cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded CPython.
    Embedded,
    /// This interpreter.
    Python(PathBuf),
    /// The reference itself, on real files.
    Reference,
}

/// Which class is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSpec {
    /// What runs it.
    pub engine: Engine,
    /// The module it is imported from.
    pub module: String,
    /// Its name there.
    pub attr: String,
}

impl Default for TargetSpec {
    fn default() -> TargetSpec {
        TargetSpec { engine: Engine::Embedded, module: "mmap".into(), attr: "mmap".into() }
    }
}

impl TargetSpec {
    /// A class by its module's name, or by `MODULE:CLASS`.
    #[must_use]
    pub fn named(engine: Engine, class: &str) -> TargetSpec {
        let (module, attr) = class.split_once(':').unwrap_or((class, "mmap"));
        TargetSpec { engine, module: module.to_owned(), attr: attr.to_owned() }
    }

    /// Starts a worker for it. Where it shows no progress for `hang`, it is taken for hung.
    ///
    /// # Errors
    /// Where it does not start: no such interpreter, no such module.
    pub fn start(&self, profile: Option<Profile>, hang: Duration) -> Result<Box<dyn Worker>, TargetError> {
        Ok(match &self.engine {
            Engine::Embedded => Box::new(ProcessWorker::start(self, profile, hang)?),
            Engine::Python(python) => Box::new(DriverWorker::start(python, self, profile, hang)?),
            Engine::Reference => Box::new(SelfTest::start(profile)?),
        })
    }
}

/// What a worker process is told when it starts.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The class to drive.
    pub subject: TargetSpec,
    /// Oracle by this profile instead of the one of the running interpreter.
    pub profile: Option<Profile>,
    /// The folder for files.
    pub dir: PathBuf,
}
