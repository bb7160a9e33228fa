//! The campaign's side: starts a worker, asks it, and notices when it is gone.

use super::wire::{BatchRequest, Reply, Request};
use super::{TargetSpec, Worker, WorkerConfig, WorkerLoss};
use crate::batch::{Batch, BatchResult};
use crate::limits;
use mmapcheck_spec::{
    Case, Detail, End, Leaks, Profile, Snapshot, StepTrace, Target, TargetError, TargetInfo, Trace, notation,
};
use mmapcheck_targets::progress::{Progress, Stall};
use mmapcheck_targets::supervisor::{Limit, Process};
use rustix::process::Resource;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A worker process, started again whenever it is gone.
pub struct ProcessWorker {
    orders: WorkerConfig,
    hang: Duration,
    info: TargetInfo,
    running: Option<Running>,
    /// Keeps the folder while the worker uses it; removed with it.
    _dir: TempDir,
}

struct Running {
    process: Process,
    progress: Progress,
}

/// The most that a worker may take of files and of address space, in bytes.
const LIMITS: [Limit; 3] =
    [(Resource::Core, 0), (Resource::Fsize, limits::FILE_BYTES), (Resource::As, limits::ADDRESS_SPACE)];

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Failure {
    WorkerLoss(WorkerLoss),
    Refused(TargetError),
}

impl ProcessWorker {
    /// Starts a worker for this class. Where it shows no progress for `hang`, it is taken for hung.
    ///
    /// # Errors
    /// Where it does not start: no such module, the wrong interpreter library.
    pub fn start(subject: &TargetSpec, profile: Option<Profile>, hang: Duration) -> Result<ProcessWorker, TargetError> {
        let dir = scratch()?;
        let orders = WorkerConfig { subject: subject.clone(), profile, dir: dir.path().to_owned() };
        let (running, info) = Running::start(&orders)?;
        Ok(ProcessWorker { orders, hang, info, running: Some(running), _dir: dir })
    }

    /// The process id of the worker, while there is one.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.process.id())
    }

    fn try_run(
        &mut self,
        case: &Case,
        detail: Detail,
        to_death: bool,
    ) -> Result<Result<Trace, WorkerLoss>, TargetError> {
        match self.ask(&Request::Run { session: notation::print(case), full: detail == Detail::Full, to_death }) {
            Ok(Reply::Ran(trace)) => trace.trace().map(Ok).map_err(TargetError),
            Ok(_) => Err(TargetError("the worker answered another question".into())),
            Err(Failure::WorkerLoss(gone)) => Ok(Err(gone)),
            Err(Failure::Refused(error)) => Err(error),
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, Failure> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(&self.orders).map_err(Failure::Refused)?.0,
        };
        let reply = running.ask(request, self.hang).map_err(Failure::WorkerLoss)?;
        self.running = Some(running);
        match reply {
            Reply::Failed(message) => Err(Failure::Refused(TargetError(message))),
            reply => Ok(reply),
        }
    }
}

impl Worker for ProcessWorker {
    fn at_once(&self) -> u64 {
        limits::BATCH
    }

    fn batch(&mut self, batch: &Batch) -> Result<Result<BatchResult, WorkerLoss>, TargetError> {
        match self.ask(&Request::Batch(BatchRequest::from(batch))) {
            Ok(Reply::BatchResult(batch)) => batch.batch().map(Ok).map_err(TargetError),
            Ok(_) => Err(TargetError("the worker answered another question".into())),
            Err(Failure::WorkerLoss(gone)) => Ok(Err(gone)),
            Err(Failure::Refused(error)) => Err(error),
        }
    }

    fn set_hang(&mut self, hang: Duration) {
        self.hang = hang;
    }
}

impl Target for ProcessWorker {
    fn info(&self) -> &TargetInfo {
        &self.info
    }

    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        match self.try_run(case, detail, false)? {
            Ok(trace) => Ok(trace),
            Err(gone) => self.up_to(&gone, case, detail),
        }
    }

    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        match self.try_run(case, detail, true)? {
            Ok(trace) => Ok(trace),
            Err(gone) => self.up_to(&gone, case, detail),
        }
    }
}

impl ProcessWorker {
    /// The trace of a case in which the worker died: the steps before are run once more in a new one, so that it is whole.
    fn up_to(&mut self, gone: &WorkerLoss, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        let Some(step) = gone.marks.step.map(|step| step as usize) else {
            return Err(TargetError(format!("the worker {} outside any step", gone.end)));
        };
        if step >= case.steps.len() {
            return Ok(Trace { end: Some(gone.end.clone()), ..Trace::default() });
        }
        let before = case.without(step..case.steps.len());
        let mut trace = if step == 0 { Trace::default() } else { self.run(&before, detail)? };
        trace.steps.truncate(step);
        if trace.steps.len() == step {
            (trace.closing, trace.files, trace.leaks) = (Vec::new(), Vec::new(), Leaks::default());
            trace.steps.push(StepTrace { result: Err(gone.end.clone()), snapshot: Snapshot::default() });
        }
        Ok(trace)
    }
}

impl Running {
    fn start(orders: &WorkerConfig) -> Result<(Running, TargetInfo), TargetError> {
        let wrong = |what: &str, error: std::io::Error| TargetError(format!("{what}: {error}"));
        let marks = orders.dir.join("progress");
        let progress = Progress::create(&marks).map_err(|error| wrong("the page of marks cannot be made", error))?;
        let program = std::env::current_exe().map_err(|error| wrong("this program cannot be found", error))?;
        let process = Process::start(command(&program, orders), &LIMITS, &orders.dir.join("stderr"))?;
        let mut running = Running { process, progress };
        match running.reply(limits::HANG) {
            Ok(Reply::Ready { profile, name, cpython_mmap, page }) => {
                let profile = profile.parse().map_err(|error| TargetError(format!("{name}: {error}")))?;
                Ok((running, TargetInfo { profile, name, is_cpython_mmap: cpython_mmap, page }))
            }
            Ok(Reply::Failed(message)) => Err(TargetError(message)),
            Ok(_) => Err(TargetError("the worker did not introduce itself".into())),
            Err(gone) => {
                let (end, words) = match gone.end {
                    End::Exited(status, words) => (End::Exited(status, String::new()), words),
                    end => (end, running.process.last_words()),
                };
                let words = if words.is_empty() { words } else { format!(": {words}") };
                Err(TargetError(format!("the target {end} while it was being started{words}")))
            }
        }
    }

    fn ask(&mut self, request: &Request, hang: Duration) -> Result<Reply, WorkerLoss> {
        let line = serde_json::to_vec(request).map_err(|error| self.loss(End::Malformed(error.to_string())))?;
        self.process.send(&line, &mut Stall::new(&self.progress, hang)).map_err(|end| self.loss(end))?;
        self.reply(hang)
    }

    /// Waits for a reply. A worker that marks no progress for `hang` is killed.
    fn reply(&mut self, hang: Duration) -> Result<Reply, WorkerLoss> {
        let line = self.process.line(&mut Stall::new(&self.progress, hang)).map_err(|end| self.loss(end))?;
        serde_json::from_slice(&line)
            .map_err(|error| self.loss(End::Malformed(format!("no reply of a worker: {error}"))))
    }

    fn loss(&self, end: End) -> WorkerLoss {
        WorkerLoss { end, marks: self.progress.read() }
    }
}

fn command(program: &Path, orders: &WorkerConfig) -> Command {
    let mut command = Command::new(program);
    command.arg("worker").arg("--module").arg(&orders.subject.module).arg("--attr").arg(&orders.subject.attr);
    command.arg("--dir").arg(&orders.dir);
    if let Some(profile) = orders.profile {
        command.arg("--profile").arg(profile.to_string());
    }
    command
}

/// A fresh temporary folder, in memory where that is to be had: cases make and sync files by the thousand.
/// `TMPDIR` decides where it is set.
///
/// # Errors
/// Where none can be made.
pub fn scratch() -> Result<TempDir, TargetError> {
    let memory = PathBuf::from("/dev/shm");
    let mut builder = tempfile::Builder::new();
    builder.prefix("mmapcheck-");
    let made = if std::env::var_os("TMPDIR").is_none() && memory.is_dir() {
        builder.tempdir_in(memory).or_else(|_| builder.tempdir())
    } else {
        builder.tempdir()
    };
    made.map_err(|error| TargetError(format!("no temporary folder can be made: {error}")))
}
