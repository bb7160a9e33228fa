//! The campaign's side of a worker process: starts it, asks it, and replaces it when it is lost.

use super::interface::{Unavailable, Worker, WorkerLoss};
use super::messages::{Numbered, Reply, Request, WorkerConfig};
use super::pace::Pace;
use super::{Engine, TargetSpec, scratch};
use crate::batch::{Batch, BatchResult};
use crate::limits;
use mmapcheck_spec::{Case, Detail, End, Leaks, Profile, Snapshot, StepTrace, Target, TargetError, TargetInfo, Trace};
use mmapcheck_targets::progress::{Marks, Progress, Stall};
use mmapcheck_targets::reply_size::longest_reply;
use mmapcheck_targets::stop::Stop;
use mmapcheck_targets::supervisor::{LONGEST, Limit, Process, UntilStop, persistently};
use rustix::process::Resource;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The most that a worker may have of files and of address space, in bytes.
const LIMITS: [Limit; 3] =
    [(Resource::Core, 0), (Resource::Fsize, limits::FILE_BYTES), (Resource::As, limits::ADDRESS_SPACE)];

/// The environment variable that makes a program with a target of its own a worker: the folder of the worker.
pub const WORKER: &str = "MMAPCHECK_WORKER";

/// The embedded CPython, or a type of this program, in a worker process, which is replaced whenever it is lost.
pub struct ProcessWorker {
    config: WorkerConfig,
    hang: Duration,
    stop: Stop,
    info: TargetInfo,
    pace: Pace,
    running: Option<Running>,
    unavailable: Vec<Unavailable>,
    /// The folder of the running process, removed with the worker.
    dir: TempDir,
}

impl ProcessWorker {
    /// Starts a worker process for this class. The target is hung when it shows no progress for `hang`. Once `stop` is due, every
    /// wait ends, and nothing is run any more.
    ///
    /// # Errors
    /// The worker does not start, for instance because the module is missing, or because the loader chose another
    /// interpreter library.
    pub fn start(
        target: &TargetSpec,
        profile: Option<Profile>,
        hang: Duration,
        stop: &Stop,
    ) -> Result<ProcessWorker, TargetError> {
        let dir = scratch()?;
        target.write_module(dir.path())?;
        let config = WorkerConfig { subject: target.clone(), profile, dir: dir.path().to_owned() };
        let (running, info, unavailable) = Running::start(&config, stop)?;
        Ok(ProcessWorker {
            config,
            hang,
            stop: stop.clone(),
            info,
            pace: Pace::new(limits::FIRST, limits::BATCH),
            running: Some(running),
            unavailable,
            dir,
        })
    }

    /// The process id of the worker; none between a loss and the next request.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.process.id())
    }

    /// Replaces a lost process. It gets a folder of its own: the lost one may have removed or filled the old.
    fn replacement(&mut self) -> Result<Running, TargetError> {
        self.dir = scratch()?;
        self.config.dir = self.dir.path().to_owned();
        Ok(persistently(|| Running::start(&self.config, &self.stop))?.0)
    }

    /// Sends a request. The inner error: the worker was lost.
    fn ask(&mut self, request: Request) -> Result<Result<Reply, WorkerLoss>, TargetError> {
        self.stop.check()?;
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self.replacement()?,
        };
        match running.ask(request, self.hang, &self.stop) {
            Ok(Reply::Failed(message)) => {
                self.running = Some(running);
                Err(TargetError(message))
            }
            // The process is of no more use.
            Ok(Reply::Damaged(what)) => Ok(Err(running.loss(End::Damaged(what)))),
            Ok(Reply::Trace(trace)) if is_damaged(&trace) => Ok(Ok(Reply::Trace(trace))),
            Ok(reply) => {
                self.running = Some(running);
                Ok(Ok(reply))
            }
            // A process that was killed because of the stop does not count as a loss.
            Err(loss) => self.stop.check().map(|()| Err(loss)),
        }
    }

    /// The loss of a worker that gave a reply of the wrong kind.
    fn malformed(&mut self) -> Result<WorkerLoss, TargetError> {
        let mut running =
            self.running.take().ok_or_else(|| TargetError("a worker replied that does not run".into()))?;
        Ok(running.loss(End::Malformed("its reply is to another request".into())))
    }

    fn try_run(
        &mut self,
        case: &Case,
        detail: Detail,
        to_death: bool,
    ) -> Result<Result<Trace, WorkerLoss>, TargetError> {
        match self.ask(Request::Run { case: case.clone(), detail, to_death })? {
            Ok(Reply::Trace(trace)) => Ok(Ok(trace)),
            Ok(_) => self.malformed().map(Err),
            Err(loss) => Ok(Err(loss)),
        }
    }

    fn try_batch(&mut self, batch: &Batch) -> Result<Result<BatchResult, WorkerLoss>, TargetError> {
        match self.ask(Request::Batch(Box::new(batch.clone())))? {
            Ok(Reply::Batch(result)) => Ok(Ok(result)),
            Ok(_) => self.malformed().map(Err),
            Err(loss) => Ok(Err(loss)),
        }
    }

    /// The trace of a case in which the worker was lost.
    fn trace_of_loss(&mut self, loss: WorkerLoss, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        if let End::Malformed(_) = loss.end {
            return self.trace_of_malformed_reply(loss.end, case, detail);
        }
        let Some(step) = loss.marks.step.map(|step| step as usize).filter(|step| *step < case.steps.len()) else {
            return Ok(Trace { end: Some(loss.end), last_words: loss.last_words, ..Trace::default() });
        };
        let trace = if step == 0 { Trace::default() } else { self.run(&case.until(step), detail)? };
        let trace = ended(trace, step, loss.end);
        // The steps before may have ended the process as well.
        let is_first = trace.last_words.is_empty();
        Ok(if is_first { Trace { last_words: loss.last_words, ..trace } } else { trace })
    }

    /// Finds the step of a malformed reply. A worker survives it, so its marks do not name the step. The case is run again with
    /// one step, with two, and so on.
    fn trace_of_malformed_reply(&mut self, end: End, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        let mut trace = Trace::default();
        for step in 0..case.steps.len() {
            match self.try_run(&case.until(step + 1), detail, false)? {
                Ok(longer) => trace = longer,
                Err(loss) => return Ok(ended(trace, step, loss.end)),
            }
        }
        Ok(Trace { end: Some(end), ..Trace::default() })
    }
}

/// The trace of the steps before this one, which ended the worker.
fn ended(mut trace: Trace, step: usize, end: End) -> Trace {
    trace.steps.truncate(step);
    if trace.steps.len() == step {
        (trace.closing, trace.files, trace.leaks) = (Vec::new(), Vec::new(), Leaks::default());
        trace.steps.push(StepTrace { result: Err(end), snapshot: Snapshot::default() });
    }
    trace
}

/// Whether the target damaged its process.
fn is_damaged(trace: &Trace) -> bool {
    let last = trace.steps.last().and_then(|step| step.result.as_ref().err());
    matches!(trace.end.as_ref().or(last), Some(End::Damaged(_)))
}

impl Worker for ProcessWorker {
    fn at_once(&self) -> u64 {
        self.pace.at_once()
    }

    /// Runs a batch. A worker survives a malformed reply, so its marks may name a later case. The cases are then run again one
    /// by one, to find the first with a malformed reply.
    fn batch(&mut self, batch: &Batch) -> Result<Result<BatchResult, WorkerLoss>, TargetError> {
        let began = Instant::now();
        let loss = match self.try_batch(batch)? {
            Err(loss) if matches!(loss.end, End::Malformed(_)) => loss,
            Err(loss) => return Ok(Err(loss)),
            Ok(result) => {
                self.pace.note(result.cases, began.elapsed());
                return Ok(Ok(result));
            }
        };
        for case in batch.cases.clone() {
            if let Err(loss) = self.try_batch(&Batch { cases: case..case + 1, ..batch.clone() })? {
                let marks = match loss.end {
                    End::Malformed(_) => Marks { case, step: None, again: true },
                    _ => loss.marks,
                };
                return Ok(Err(WorkerLoss { marks, ..loss }));
            }
        }
        Ok(Err(loss))
    }

    fn unavailable(&self) -> Vec<Unavailable> {
        self.unavailable.clone()
    }

    fn set_hang(&mut self, hang: Duration) {
        self.hang = hang;
    }

    fn restart(&mut self) {
        self.running = None;
    }
}

impl Target for ProcessWorker {
    fn info(&self) -> &TargetInfo {
        &self.info
    }

    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        match self.try_run(case, detail, false)? {
            Ok(trace) => Ok(trace),
            Err(loss) => self.trace_of_loss(loss, case, detail),
        }
    }

    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        match self.try_run(case, detail, true)? {
            Ok(trace) => Ok(trace),
            Err(loss) => self.trace_of_loss(loss, case, detail),
        }
    }
}

/// A worker process that runs.
struct Running {
    process: Process,
    progress: Progress,
    /// The number of the last request.
    last: u64,
    /// The bytes on standard error before the last request.
    errors_before: u64,
}

impl Running {
    fn start(config: &WorkerConfig, stop: &Stop) -> Result<(Running, TargetInfo, Vec<Unavailable>), TargetError> {
        stop.check()?;
        let wrong = |what: &str, error: std::io::Error| TargetError(format!("{what}: {error}"));
        let marks = config.dir.join("progress");
        let progress = Progress::create(&marks).map_err(|error| wrong("the page of marks cannot be made", error))?;
        let program = std::env::current_exe().map_err(|error| wrong("this program cannot be found", error))?;
        let process = Process::start(command(&program, config), &LIMITS)?;
        let mut running = Running { process, progress, last: 0, errors_before: 0 };
        match running.reply(limits::HANG, stop) {
            Ok(Reply::Ready(info, unavailable)) => Ok((running, info, unavailable)),
            Ok(Reply::Failed(message)) => Err(TargetError(message)),
            Ok(_) => Err(TargetError("the first reply of the worker is not that it is ready".into())),
            Err(loss) => {
                stop.check()?;
                let (end, words) = match loss.end {
                    End::Exited(status, words) => (End::Exited(status, String::new()), words),
                    end => (end, running.process.last_words()),
                };
                let words = if words.is_empty() { words } else { format!(": {words}") };
                Err(TargetError(format!("the target {end} while it was being started{words}")))
            }
        }
    }

    fn ask(&mut self, message: Request, hang: Duration, stop: &Stop) -> Result<Reply, WorkerLoss> {
        self.last += 1;
        self.process.allow(match &message {
            Request::Run { case, .. } => longest_reply(case),
            Request::Batch(_) => LONGEST,
        });
        self.errors_before = self.process.errors_so_far();
        let request = Numbered { id: self.last, message };
        let line = serde_json::to_vec(&request).map_err(|error| self.loss(End::Malformed(error.to_string())))?;
        let mut patience = UntilStop { patience: Stall::new(&self.progress, hang), stop };
        self.process.send(&line, &mut patience).map_err(|end| self.loss(end))?;
        self.reply(hang, stop)
    }

    /// Waits for the reply to the last request. A worker that marks no progress for `hang` is killed.
    fn reply(&mut self, hang: Duration, stop: &Stop) -> Result<Reply, WorkerLoss> {
        let mut patience = UntilStop { patience: Stall::new(&self.progress, hang), stop };
        let line = self.process.line(&mut patience).map_err(|end| self.loss(end))?;
        let malformed = match serde_json::from_slice(&line) {
            Ok(Numbered { id, message }) if id == self.last => return Ok(message),
            Ok(Numbered::<Reply> { id, .. }) => format!("its reply is to request {id} and not to {}", self.last),
            Err(error) => format!("its reply cannot be read: {error}"),
        };
        Err(self.loss(End::Malformed(malformed)))
    }

    fn loss(&mut self, end: End) -> WorkerLoss {
        let last_words = self.process.errors_since(self.errors_before);
        match self.progress.read() {
            Some(marks) => WorkerLoss { end, marks, last_words },
            None => WorkerLoss {
                end: End::Damaged("the target truncated a file of the tool".into()),
                marks: Marks { case: 0, step: None, again: false },
                last_words,
            },
        }
    }
}

fn command(program: &Path, config: &WorkerConfig) -> Command {
    let mut command = Command::new(program);
    if config.subject.engine == Engine::Program {
        command.env(WORKER, &config.dir);
        return command;
    }
    command.arg("worker").arg("--module").arg(&config.subject.module).arg("--attr").arg(&config.subject.attr);
    command.arg("--dir").arg(&config.dir);
    if config.subject.source.is_some() {
        let others = std::env::var_os("PYTHONPATH").filter(|others| !others.is_empty());
        let paths = [config.dir.clone()].into_iter().chain(others.iter().flat_map(std::env::split_paths));
        // Neither path holds a separator: one is split at them, the other was made by this program.
        command.env("PYTHONPATH", std::env::join_paths(paths).unwrap_or_default());
    }
    if let Some(profile) = config.profile {
        command.arg("--profile").arg(profile.to_string());
    }
    command
}
