//! The campaign's side: starts a worker, asks it, and notices when it is gone.

use super::wire::{BatchRequest, Reply, Request};
use super::{TargetSpec, Worker, WorkerConfig, WorkerLoss};
use crate::batch::BatchResult;
use crate::limits;
use mmapcheck_spec::{
    Case, Detail, End, Leaks, Profile, Snapshot, StepTrace, Target, TargetError, TargetInfo, Trace, notation, repair,
};
use mmapcheck_targets::progress::Progress;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
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
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    progress: Progress,
    hang: Duration,
}

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
        self.running.as_ref().map(|running| running.child.id())
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
        running.hang = self.hang;
        let reply = running.ask(request).map_err(Failure::WorkerLoss)?;
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

    fn batch(&mut self, order: BatchRequest) -> Result<Result<BatchResult, WorkerLoss>, TargetError> {
        match self.ask(&Request::Batch(order)) {
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
        let mut before = Case { world: case.world.clone(), steps: case.steps[..step].to_vec() };
        repair(&mut before);
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
        let errors = orders.dir.join("stderr");
        let stderr = File::create(&errors).map_err(|error| wrong("a temporary file cannot be made", error))?;
        let mut child =
            command(&program, orders, stderr).spawn().map_err(|error| wrong("a worker cannot be started", error))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(TargetError("a worker has no pipes".into()));
        };
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            // The thread ends with the pipe, that is, with the worker, or when nobody listens any more.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut running = Running { child, stdin, lines, progress, hang: limits::HANG };
        match running.reply() {
            Ok(Reply::Ready { profile, name, cpython_mmap, page }) => {
                let profile = profile.parse().map_err(|error| TargetError(format!("{name}: {error}")))?;
                Ok((running, TargetInfo { profile, name, is_cpython_mmap: cpython_mmap, page }))
            }
            Ok(Reply::Failed(message)) => Err(TargetError(message)),
            Ok(_) => Err(TargetError("the worker did not introduce itself".into())),
            Err(gone) => {
                Err(TargetError(format!("the target {} while it was being started{}", gone.end, last_words(&errors))))
            }
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, WorkerLoss> {
        // A request that cannot be sent means that the worker is gone; the reply will say how.
        if let Ok(mut line) = serde_json::to_string(request) {
            line.push('\n');
            let _ = self.stdin.write_all(line.as_bytes());
        }
        self.reply()
    }

    /// Waits for a line. A worker that marks no progress for too long is killed.
    fn reply(&mut self) -> Result<Reply, WorkerLoss> {
        let mut marks = self.progress.read();
        let mut moved = Instant::now();
        loop {
            match self.lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => {
                    return Ok(serde_json::from_str(&line).unwrap_or_else(|error| Reply::Failed(error.to_string())));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let end = self.child.wait().map_or(End::Exited(-1, String::new()), ending);
                    return Err(WorkerLoss { end, marks: self.progress.read() });
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = self.progress.read();
            if now != marks {
                (marks, moved) = (now, Instant::now());
            } else if moved.elapsed() > self.hang {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return Err(WorkerLoss { end: End::Hung, marks });
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing to do where it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(program: &Path, orders: &WorkerConfig, stderr: File) -> Command {
    let mut command = Command::new(program);
    command.arg("worker").arg("--module").arg(&orders.subject.module).arg("--attr").arg(&orders.subject.attr);
    command.arg("--dir").arg(&orders.dir);
    if let Some(profile) = orders.profile {
        command.arg("--profile").arg(profile.to_string());
    }
    // A group of its own: Ctrl-C reaches the campaign, which then ends its workers itself.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr).process_group(0);
    command
}

fn ending(status: ExitStatus) -> End {
    status.signal().map_or_else(|| End::Exited(status.code().unwrap_or(-1), String::new()), End::Died)
}

fn last_words(errors: &Path) -> String {
    let text = std::fs::read_to_string(errors).unwrap_or_default();
    text.lines().rev().find(|line| !line.trim().is_empty()).map(|line| format!(": {line}")).unwrap_or_default()
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
