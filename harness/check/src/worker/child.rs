//! The worker's side: answers requests until its input ends.

use super::wire::{BatchRequest, Reply, Request, WireBatchResult, WireTrace, ready};
use super::{TargetSpec, WorkerConfig};
use crate::batch::BatchResult;
use crate::limits;
use crate::oracle::Oracle;
use mmapcheck_spec::{Detail, Target, TargetError, Trace, notation};
use mmapcheck_targets::Embedded;
use mmapcheck_targets::InProcess;
use mmapcheck_targets::census::Census;
use mmapcheck_targets::progress::Progress;
use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::rc::Rc;

/// Serves requests on standard input until it ends.
///
/// # Errors
/// Where the pipe breaks: the campaign is gone.
pub fn serve(orders: &WorkerConfig) -> std::io::Result<()> {
    let mut out = private_stdout()?;
    let mut worker = match Worker::start(orders) {
        Ok(worker) => worker,
        Err(error) => return send(&mut out, &Reply::Failed(error.0)),
    };
    send(&mut out, &ready(worker.target.info()))?;
    for line in BufReader::new(std::io::stdin()).lines() {
        let reply = match serde_json::from_str(&line?) {
            Ok(request) => worker.answer(request),
            Err(error) => Reply::Failed(format!("a request cannot be read: {error}")),
        };
        send(&mut out, &reply)?;
    }
    Ok(())
}

fn send(out: &mut File, reply: &Reply) -> std::io::Result<()> {
    let mut line = serde_json::to_string(reply)?;
    line.push('\n');
    out.write_all(line.as_bytes())
}

/// Keeps the pipe for replies alone: what the target prints goes where its errors go.
fn private_stdout() -> std::io::Result<File> {
    let ours = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok(File::from(ours))
}

struct Worker {
    /// Marks each step on the shared page, so that a death has a place.
    target: Box<dyn Target>,
    oracle: Oracle,
    progress: Rc<Progress>,
    /// Whether the target has guards behind its maps.
    guards: Rc<Cell<bool>>,
}

impl Worker {
    fn start(orders: &WorkerConfig) -> Result<Worker, TargetError> {
        mmapcheck_targets::check_interpreter()?;
        let TargetSpec { module, attr, .. } = &orders.subject;
        let dir = folder(&orders.dir, "target")?;
        let stepper = Embedded::new(module, attr, &dir)?;
        let (info, guards) = (stepper.info().clone(), stepper.guards());
        // Imports have found what PYTHONPATH names from where the user stands; what the target writes by a relative name
        // from now on stays in its own folder.
        std::env::set_current_dir(&dir).map_err(|error| TargetError(format!("{}: {error}", dir.display())))?;
        let oracle = Oracle::new(orders.profile.unwrap_or(info.profile))?;
        let progress = Progress::open(&orders.dir.join("progress"))
            .map_err(|error| TargetError(format!("the page of marks cannot be opened: {error}")))?;
        let progress = Rc::new(progress);
        let marks = Rc::clone(&progress);
        let census = Census::new(&dir).ok();
        let target = Box::new(InProcess { stepper, info, mark: move |step| marks.step(step), census });
        Ok(Worker { target, oracle, progress, guards })
    }

    fn answer(&mut self, request: Request) -> Reply {
        let answer = match request {
            Request::Run { session, full, to_death } => {
                self.run(&session, full, to_death).map(|trace| Reply::Ran(WireTrace::from(trace)))
            }
            Request::Batch(request) => {
                self.batch(request).map(|batch| Reply::BatchResult(WireBatchResult::from(batch)))
            }
        };
        answer.unwrap_or_else(|error| Reply::Failed(error.0))
    }

    fn run(&mut self, session: &str, full: bool, to_death: bool) -> Result<Trace, TargetError> {
        let session =
            notation::parse(session, 1).map_err(|error| TargetError(format!("a case cannot be read: {error}")))?;
        self.progress.start(0);
        self.guards.set(true);
        let detail = if full { Detail::Full } else { Detail::Quick };
        if to_death { self.target.run_to_death(&session.case, detail) } else { self.target.run(&session.case, detail) }
    }

    fn batch(&mut self, request: BatchRequest) -> Result<BatchResult, TargetError> {
        let batch = request.batch(self.oracle.profile()).map_err(TargetError)?;
        let (marks, guards) = (Rc::clone(&self.progress), Rc::clone(&self.guards));
        let starting = &mut |case: u64, again: bool| {
            guards.set(case.is_multiple_of(limits::GUARDED));
            if again { marks.again() } else { marks.start(case) }
        };
        batch.run(&mut self.oracle, self.target.as_mut(), starting)
    }
}

fn folder(dir: &Path, name: &str) -> Result<std::path::PathBuf, TargetError> {
    let path = dir.join(name);
    std::fs::create_dir_all(&path).map_err(|error| TargetError(format!("{}: {error}", path.display())))?;
    Ok(path)
}
