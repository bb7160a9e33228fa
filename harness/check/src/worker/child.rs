//! The worker process: runs a stepper, such as the embedded CPython, and answers requests until its input ends.

use super::interface::{DAMAGE, GUARD_PAGES, LEAKS, Unavailable, declined_steps};
use super::messages::{Numbered, Reply, Request, WorkerConfig};
use crate::batch::{Batch, BatchResult};
use crate::limits;
use crate::oracle::Oracle;
use mmapcheck_spec::{Case, Detail, Profile, Stepper, Target, TargetError, TargetInfo, Trace};
use mmapcheck_targets::census::Census;
use mmapcheck_targets::death::die_by_default;
use mmapcheck_targets::possessions::Possessions;
use mmapcheck_targets::progress::Progress;
use mmapcheck_targets::{Embedded, InProcess};
use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A stepper that a worker process serves.
pub struct Served<S> {
    /// The stepper.
    pub stepper: S,
    /// The description of the target.
    pub info: TargetInfo,
    /// Whether the stepper places guard pages; set before each case.
    pub guards: Rc<Cell<bool>>,
    /// The checks that cannot be had with it.
    pub unavailable: Vec<Unavailable>,
}

/// Serves requests to the embedded CPython on standard input until it ends.
///
/// # Errors
/// The pipe breaks, because the campaign ended.
pub fn serve(config: &WorkerConfig) -> std::io::Result<()> {
    serve_stepper(&config.dir, config.profile, |dir| embedded(config, dir))
}

fn embedded(config: &WorkerConfig, dir: &Path) -> Result<Served<Embedded>, TargetError> {
    mmapcheck_targets::check_interpreter()?;
    let stepper = Embedded::new(&config.subject.module, &config.subject.attr, dir)?;
    let (info, guards) = (stepper.info().clone(), stepper.guards());
    let trouble = stepper.guard_trouble().map(|reason| Unavailable::new(GUARD_PAGES, reason));
    let unavailable = trouble.into_iter().chain(declined_steps(&info)).collect();
    Ok(Served { stepper, info, guards, unavailable })
}

/// Serves requests to a stepper on standard input until it ends. `dir`: the folder of the worker. `start` is given the folder
/// for the files of the cases, which then is the working folder.
///
/// # Errors
/// The pipe breaks, because the campaign ended.
pub fn serve_stepper<S: Stepper + 'static>(
    dir: &Path,
    profile: Option<Profile>,
    start: impl FnOnce(&Path) -> Result<Served<S>, TargetError>,
) -> std::io::Result<()> {
    die_by_default();
    let mut out = private_stdout()?;
    let mut server = match Server::start(dir, profile, out.as_fd(), start) {
        Ok(server) => server,
        Err(error) => return send(&mut out, 0, Reply::Failed(error.0)),
    };
    let unavailable = std::mem::take(&mut server.unavailable);
    send(&mut out, 0, Reply::Ready(server.target.info().clone(), unavailable))?;
    for line in BufReader::new(std::io::stdin()).lines() {
        let Numbered { id, message } = serde_json::from_str(&line?)?;
        let reply = server.answer(message);
        send(&mut out, id, reply)?;
    }
    Ok(())
}

fn send(out: &mut File, id: u64, message: Reply) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(&Numbered { id, message })?;
    line.push(b'\n');
    out.write_all(&line)
}

/// Keeps standard output for replies: output of the target goes to standard error.
fn private_stdout() -> std::io::Result<File> {
    let ours = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok(File::from(ours))
}

struct Server {
    /// Marks each step on the shared page, which tells the campaign the step of a death.
    target: Box<dyn Target>,
    oracle: Oracle,
    progress: Rc<Progress>,
    /// Whether the target places guard pages after its maps.
    guards: Rc<Cell<bool>>,
    /// Whether each step of the target is followed by a look for damage.
    watched: Rc<Cell<bool>>,
    /// Whether a request has been served: the process was of use.
    has_served: bool,
    /// The checks that cannot be had, until they have been reported.
    unavailable: Vec<Unavailable>,
}

impl Server {
    fn start<S: Stepper + 'static>(
        folder_of_worker: &Path,
        profile: Option<Profile>,
        replies: BorrowedFd<'_>,
        start: impl FnOnce(&Path) -> Result<Served<S>, TargetError>,
    ) -> Result<Server, TargetError> {
        let dir = folder(folder_of_worker, "target")?;
        let Served { stepper, info, guards, mut unavailable } = start(&dir)?;
        // Imports have been resolved against the user's folder. Files that the target names relatively from now on stay in its
        // own folder.
        std::env::set_current_dir(&dir).map_err(|error| TargetError(format!("{}: {error}", dir.display())))?;
        let oracle = Oracle::new(info.judged_by(profile))?;
        let progress = Progress::open(&folder_of_worker.join("progress"))
            .map_err(|error| TargetError(format!("the page of marks cannot be opened: {error}")))?;
        let progress = Rc::new(progress);
        let marks = Rc::clone(&progress);
        let mut had = |check: &str, error: std::io::Error| unavailable.push(Unavailable::new(check, error.to_string()));
        let census = Census::new(&dir).map_err(|error| had(LEAKS, error)).ok();
        let standard = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr(), replies];
        let possessions = Possessions::take(&dir, &standard).map_err(|error| had(DAMAGE, error)).ok();
        let watched = Rc::new(Cell::new(false));
        let target = Box::new(InProcess {
            stepper,
            info,
            mark: move |step| marks.step(step),
            census,
            possessions,
            watched: Rc::clone(&watched),
        });
        Ok(Server { target, oracle, progress, guards, watched, has_served: false, unavailable })
    }

    /// Answers a request. An error in a process that was of use before is the target's doing: it used up what the tool needs.
    fn answer(&mut self, request: Request) -> Reply {
        let done = match request {
            Request::Run { case, detail, to_death } => self.run(&case, detail, to_death).map(Reply::Trace),
            Request::Batch(batch) => self.run_batch(&batch).map(Reply::Batch),
        };
        let has_served = std::mem::replace(&mut self.has_served, true);
        match (done, self.target.damage()) {
            // A trace says itself where the damage was done.
            (Ok(Reply::Trace(trace)), _) => Reply::Trace(trace),
            (_, Some(damage)) => Reply::Damaged(damage),
            (Ok(reply), None) => reply,
            (Err(error), None) if has_served => Reply::Damaged(error.0),
            (Err(error), None) => Reply::Failed(error.0),
        }
    }

    fn run(&mut self, case: &Case, detail: Detail, to_death: bool) -> Result<Trace, TargetError> {
        self.progress.start(0);
        self.guards.set(true);
        self.watched.set(true);
        if to_death { self.target.run_to_death(case, detail) } else { self.target.run(case, detail) }
    }

    fn run_batch(&mut self, batch: &Batch) -> Result<BatchResult, TargetError> {
        self.watched.set(false);
        let (marks, guards, begun) = (&self.progress, &self.guards, &mut self.has_served);
        let first = batch.cases.start;
        let starting = &mut |case: u64, again: bool| {
            guards.set(case.is_multiple_of(limits::GUARDED));
            *begun |= case != first;
            if again { marks.again() } else { marks.start(case) }
        };
        batch.run(&mut self.oracle, self.target.as_mut(), starting)
    }
}

fn folder(dir: &Path, name: &str) -> Result<PathBuf, TargetError> {
    let path = dir.join(name);
    std::fs::create_dir_all(&path).map_err(|error| TargetError(format!("{}: {error}", path.display())))?;
    Ok(path)
}
