//! The worker process of a type: the test program itself, started once more.

use crate::adapter::Adapter;
use crate::guarded::note_panics;
use crate::mapping::Mapping;
use mmapcheck::worker::{Engine, GUARD_PAGES, Served, TargetSpec, Unavailable, WORKER, Worker, serve_stepper};
use mmapcheck_spec::{Profile, TargetError, TargetInfo};
use mmapcheck_targets::stop::Stop;
use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// The time without progress after which the type is hung. A call takes microseconds, but a loaded machine may stop a process.
pub const HANG: Duration = Duration::from_secs(5);

/// The same for a campaign of this time: a hang must leave time for other cases.
pub fn hang_within(time: Duration) -> Duration {
    (time / 2).clamp(Duration::from_secs(2), HANG)
}

/// The folder of the worker that this process is; `None` in the process that the user started.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os(WORKER).map(PathBuf::from)
}

/// Serves requests until the process that started this one ends.
///
/// # Errors
/// The pipe breaks.
pub fn serve<M: Mapping + 'static>(dir: PathBuf, name: &str) -> std::io::Result<()> {
    note_panics();
    serve_stepper(&dir, None, |dir| {
        let unavailable = vec![Unavailable::new(GUARD_PAGES, "a type in Rust places its maps itself")];
        Ok(Served {
            stepper: Adapter::<M>::new(dir)?,
            info: info(name),
            guards: Rc::new(Cell::new(false)),
            unavailable,
        })
    })
}

/// The description of a type. It is judged by the newest version of Python.
pub fn info(name: &str) -> TargetInfo {
    TargetInfo { is_cpython_mmap: false, ..TargetInfo::of_profile(Profile::NEWEST, name) }
}

/// The type as the target of a campaign.
pub fn spec(name: &str) -> TargetSpec {
    TargetSpec { engine: Engine::Program, module: name.to_owned(), attr: String::new(), source: None }
}

/// Starts a worker.
///
/// # Errors
/// If no process can be started, or the type ends it at once.
pub fn start(name: &str, hang: Duration, stop: &Stop) -> Result<Box<dyn Worker>, TargetError> {
    spec(name).start(None, hang, stop)
}
