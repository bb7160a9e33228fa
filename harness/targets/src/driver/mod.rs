//! Any interpreter, through a driver script that it runs: `driver.py`, which is carried in this library.
//!
//! The script is told the table of operations, takes whole cases and answers with whole traces, one JSON line each;
//! `protocol.md` is for who writes a driver for another language. Whatever the process does (dying, hanging, answering
//! nonsense) is the [`End`] of the step it was at, and another process takes its place.

mod wire;

use crate::supervisor::{Limit, Process, persistently};
use mmapcheck_spec::{
    Case, Detail, End, Implementation, NextCase, Op, Platform, Profile, StepTrace, Target, TargetError, TargetInfo,
    Trace, Version,
};
use rustix::process::Resource;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use wire::{Line, Manner, Ready};

/// The script.
pub const SCRIPT: &str = include_str!("driver.py");
/// The JSON Schema of all lines to and from a driver.
pub const SCHEMA: &str = include_str!("protocol.schema.json");

/// An interpreter may take so many times as long to start as a case may take.
const START: u32 = 6;
/// An operation that has hung often is waited for at least this long.
const LEAST: Duration = Duration::from_millis(200);
/// The most that a driver may take of files and of memory, in bytes. Memory is counted as data and not as address space, of
/// which WebAssembly and Java reserve a hundred times as much as they use. A case maps up to 4 GiB.
const LIMITS: [Limit; 3] = [(Resource::Core, 0), (Resource::Fsize, 1 << 28), (Resource::Data, 1 << 33)];

/// An interpreter that runs cases by the driver script, or any program that speaks the same protocol.
pub struct Driver {
    launch: Launch,
    hang: Duration,
    info: TargetInfo,
    capabilities: Capabilities,
    running: Option<Process>,
    /// The case that was sent ahead and has not been asked for.
    ahead: Option<Ahead>,
    /// The number of the last case sent.
    last: u64,
    /// How often each operation hung; none is the end of a case.
    hung: HashMap<Option<Op>, u32>,
    /// How many cases gave no answer in time once, and did when they were run again.
    stalls: u64,
}

/// A case that was sent before it was asked for.
struct Ahead {
    id: u64,
    case: Case,
    detail: Detail,
    /// Its answer, where that had to be read before it was wanted.
    line: Option<Vec<u8>>,
}

/// What to start.
struct Launch {
    python: PathBuf,
    module: String,
    attr: String,
    folder: PathBuf,
    script: PathBuf,
    errors: PathBuf,
    patience: Duration,
}

/// What a driver said of itself when it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The public names of the class.
    pub methods: Vec<String>,
    /// The names of the module that are written in capitals.
    pub constants: Vec<String>,
    /// Modules of the standard library that steps need and that are not there.
    pub lacks: Vec<String>,
    /// Whether an object is gone with the last name of it.
    pub counted: bool,
    /// `mmap.PAGESIZE`, in bytes.
    pub page: u32,
    /// `mmap.ALLOCATIONGRANULARITY`, in bytes.
    pub granule: u32,
}

impl Driver {
    /// The class `attr` of a module on this interpreter. `folder`: an existing folder of its own, for its files and the
    /// script's. A case that gives no answer for `hang` has hung; the interpreter may take six times as long to start.
    ///
    /// # Errors
    /// Where the interpreter does not start, the module cannot be imported, or what answers is no driver: one line.
    pub fn start(
        python: &Path,
        module: &str,
        attr: &str,
        folder: &Path,
        hang: Duration,
    ) -> Result<Driver, TargetError> {
        let wrong = |path: &Path, error: std::io::Error| TargetError(format!("{}: {error}", path.display()));
        let launch = Launch {
            python: python.to_owned(),
            module: module.to_owned(),
            attr: attr.to_owned(),
            folder: folder.join("files"),
            script: folder.join("driver.py"),
            errors: folder.join("stderr"),
            patience: hang * START,
        };
        std::fs::create_dir_all(&launch.folder).map_err(|error| wrong(&launch.folder, error))?;
        std::fs::write(&launch.script, SCRIPT).map_err(|error| wrong(&launch.script, error))?;
        let (running, ready) = launch.start()?;
        let info = info(&ready, &launch)?;
        let Ready { methods, constants, lacks, counted, page, granule, .. } = ready;
        let capabilities = Capabilities { methods, constants, lacks, counted, page, granule };
        Ok(Driver {
            launch,
            hang,
            info,
            capabilities,
            running: Some(running),
            ahead: None,
            last: 0,
            hung: HashMap::new(),
            stalls: 0,
        })
    }

    /// What it said of itself.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The process id of the interpreter, while there is one.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(Process::id)
    }

    /// From now on a case has hung after this long. Gives back how long it was before.
    pub fn set_hang(&mut self, hang: Duration) -> Duration {
        std::mem::replace(&mut self.hang, hang)
    }

    /// How many cases gave no answer in time once, and did when they were run again, since this was asked last.
    pub fn take_stalls(&mut self) -> u64 {
        std::mem::take(&mut self.stalls)
    }

    /// The running process, or a new one.
    fn process(&mut self) -> Result<Process, TargetError> {
        if let Some(running) = self.running.take() {
            return Ok(running);
        }
        self.ahead.take_if(|ahead| ahead.line.is_none());
        Ok(persistently(|| self.launch.start())?.0)
    }

    fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// How long this operation, or the end of a case, is waited for. One that is known to hang is waited for half as long
    /// each time, so that a target that hangs everywhere is soon seen through.
    fn patience(&self, op: Option<Op>) -> Duration {
        let times = self.hung.get(&op).copied().unwrap_or(0);
        (self.hang / 2_u32.saturating_pow(times)).max(LEAST.min(self.hang))
    }

    /// Whether something in the case is known to hang.
    fn may_hang(&self, case: &Case) -> bool {
        let ops = case.steps.iter().map(|step| Some(step.op)).chain([None]);
        !self.hung.is_empty() && ops.into_iter().any(|op| self.hung.contains_key(&op))
    }

    /// Runs a case at once, and sends the next one before it waits for the answer. The inner error: the process ended.
    fn try_run(
        &mut self,
        case: &Case,
        detail: Detail,
        next: Option<NextCase<'_>>,
    ) -> Result<Result<Trace, End>, TargetError> {
        let ahead = self.ahead.take_if(|ahead| ahead.case == *case && ahead.detail == detail);
        if ahead.is_none() {
            self.finish_ahead();
        }
        if let Some(Ahead { id, line: Some(line), .. }) = ahead {
            if let Some(mut process) = self.running.take()
                && self.send_ahead(&mut process, next).is_ok()
            {
                self.running = Some(process);
            }
            return Ok(whole(&line, id, case, detail));
        }
        let mut process = self.process()?;
        let id = match ahead.filter(|_| process.is_at_work()) {
            Some(Ahead { id, .. }) => id,
            None => {
                let id = self.number();
                let request = wire::request(id, case, detail, Manner::Whole);
                if let Err(end) = request.and_then(|request| process.send(&request, &mut after(self.hang))) {
                    return Ok(Err(end));
                }
                id
            }
        };
        let sent = self.send_ahead(&mut process, next);
        let line = sent.and_then(|()| process.line(&mut after(self.hang)));
        let answered = line.and_then(|line| whole(&line, id, case, detail));
        if answered.is_ok() {
            self.running = Some(process);
        }
        Ok(answered)
    }

    /// Sends a case that will be asked for later. An error of the case itself shows when its answer is wanted. No case is sent
    /// ahead to a target that hangs.
    fn send_ahead(&mut self, process: &mut Process, next: Option<NextCase<'_>>) -> Result<(), End> {
        let Some(NextCase { case, detail }) = next.filter(|_| self.hung.is_empty()) else { return Ok(()) };
        let id = self.number();
        let Ok(request) = wire::request(id, case, detail, Manner::Whole) else { return Ok(()) };
        process.send(&request, &mut after(self.hang))?;
        self.ahead = Some(Ahead { id, case: case.clone(), detail, line: None });
        Ok(())
    }

    /// Reads the answer to the case that was sent ahead, so that another case can be sent. The case is run again when it is
    /// wanted if the process ends in it, or if its answer is malformed.
    fn finish_ahead(&mut self) {
        let Some(mut ahead) = self.ahead.take() else { return };
        if ahead.line.is_none()
            && let Some(mut process) = self.running.take()
        {
            let line = process.line(&mut after(self.hang)).ok();
            ahead.line = line.filter(|line| whole(line, ahead.id, &ahead.case, ahead.detail).is_ok());
            if ahead.line.is_some() {
                self.running = Some(process);
            }
        }
        self.ahead = Some(ahead).filter(|ahead| ahead.line.is_some());
    }

    /// Runs a case in a process that tells of each step as soon as it is done, to learn at which one it ends.
    fn step_by_step(&mut self, case: &Case, detail: Detail, manner: Manner) -> Result<Trace, TargetError> {
        let mut trace = Trace::default();
        let mut process = self.process()?;
        let asked = self.number();
        let op = |done: usize| case.steps.get(done).map(|step| step.op);
        let request = wire::request(asked, case, detail, manner);
        let mut line = request.and_then(|request| ask(&mut process, &request, self.patience(op(0))));
        loop {
            let read = line.and_then(|line| Line::read(&line).map_err(End::Malformed));
            let end = match read {
                Ok(Line::Step { id, step }) if id == asked && trace.steps.len() < case.steps.len() => {
                    match step.trace(trace.steps.last().map(|step| &step.snapshot)) {
                        Ok(step) => trace.steps.push(step),
                        Err(wrong) => return Ok(ended(trace, End::Malformed(wrong), case)),
                    }
                    line = process.line(&mut after(self.patience(op(trace.steps.len()))));
                    continue;
                }
                Ok(Line::Done(done)) if done.id == asked => match done.trace(case, detail) {
                    Ok(trace) => {
                        self.running = Some(process);
                        return Ok(trace);
                    }
                    Err(wrong) => End::Malformed(wrong),
                },
                Ok(Line::Died { id, died }) if id == asked && manner == Manner::Isolated => {
                    self.running = Some(process);
                    return Ok(ended(trace, End::Died(died), case));
                }
                Ok(Line::Step { id, .. } | Line::Died { id, .. }) if id != asked => another_case(id, asked),
                Ok(Line::Done(done)) => another_case(done.id, asked),
                Ok(_) => End::Malformed("it answered another question".into()),
                Err(end) => end,
            };
            if end == End::Hung {
                *self.hung.entry(op(trace.steps.len())).or_default() += 1;
            }
            return Ok(ended(trace, end, case));
        }
    }
}

/// Sends a line and waits for one, each no longer than `patience`.
fn ask(process: &mut Process, line: &[u8], patience: Duration) -> Result<Vec<u8>, End> {
    process.send(line, &mut after(patience))?;
    process.line(&mut after(patience))
}

fn after(patience: Duration) -> Instant {
    Instant::now() + patience
}

/// The trace of a case in the line that answers it.
fn whole(line: &[u8], asked: u64, case: &Case, detail: Detail) -> Result<Trace, End> {
    match Line::read(line).map_err(End::Malformed)? {
        Line::Done(done) if done.id != asked => Err(another_case(done.id, asked)),
        Line::Done(done) => done.trace(case, detail).map_err(End::Malformed),
        _ => Err(End::Malformed("it answered another question".into())),
    }
}

/// What a line says of this case, sent under the number 0: the trace of all of it, or of its first step alone. [`Driver`]
/// reads lines so; this is for those who test that no line, whatever is in it, makes the reader panic.
///
/// # Errors
/// Where it is no answer to the case: what the case then ends with.
pub fn reply(line: &[u8], case: &Case, detail: Detail) -> Result<Trace, End> {
    match Line::read(line).map_err(End::Malformed)? {
        Line::Step { step, .. } => {
            let step = step.trace(None).map_err(End::Malformed)?;
            Ok(Trace { steps: vec![step], ..Trace::default() })
        }
        _ => whole(line, 0, case, detail),
    }
}

fn another_case(id: u64, asked: u64) -> End {
    End::Malformed(format!("it answered case {id} when it was asked for case {asked}"))
}

/// The trace of a case in which the process ended, at the step after those it told of.
fn ended(mut trace: Trace, end: End, case: &Case) -> Trace {
    if trace.steps.len() < case.steps.len() {
        trace.steps.push(StepTrace { result: Err(end), snapshot: mmapcheck_spec::Snapshot::default() });
    } else {
        trace.end = Some(end);
    }
    trace
}

fn has_hung(trace: &Trace) -> bool {
    let last = trace.steps.last().and_then(|step| step.result.as_ref().err());
    trace.end.as_ref().or(last) == Some(&End::Hung)
}

impl Target for Driver {
    fn info(&self) -> &TargetInfo {
        &self.info
    }

    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.run_with_next(case, detail, None)
    }

    /// Runs a case. Where the process ends in it, the case is run again in a new one, step by step. If it gets through
    /// then, all that is known is that it ended once, somewhere in this case; and one that took too long once is counted as
    /// a stall, since the stepper may have been busy.
    fn run_with_next(&mut self, case: &Case, detail: Detail, next: Option<NextCase<'_>>) -> Result<Trace, TargetError> {
        if self.may_hang(case) && self.ahead.is_none() {
            return self.step_by_step(case, detail, Manner::Told);
        }
        let first = match self.try_run(case, detail, next)? {
            Ok(trace) => return Ok(trace),
            Err(End::Unsupported(why)) => return Ok(ended(Trace::default(), End::Unsupported(why), case)),
            Err(end) => end,
        };
        let trace = self.step_by_step(case, detail, Manner::Told)?;
        if trace.end.is_some() || trace.steps.iter().any(|step| step.result.is_err()) {
            return Ok(trace);
        }
        if first == End::Hung {
            self.stalls += 1;
            return Ok(trace);
        }
        Ok(Trace { end: Some(first), ..Trace::default() })
    }

    /// Runs a case in a process of its own, where the interpreter can make one, so that it need not be started again. One that
    /// took too long is run once more, as above.
    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.finish_ahead();
        let trace = self.step_by_step(case, detail, Manner::Isolated)?;
        if !has_hung(&trace) {
            return Ok(trace);
        }
        let trace = self.step_by_step(case, detail, Manner::Isolated)?;
        self.stalls += u64::from(!has_hung(&trace));
        Ok(trace)
    }
}

impl Launch {
    fn start(&self) -> Result<(Process, Ready), TargetError> {
        // In the present folder, so that relative names in `PYTHONPATH` mean the folders that the user means.
        let mut command = Command::new(&self.python);
        command.arg(&self.script).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut process = Process::start(command, &LIMITS, &self.errors)?;
        let hello = wire::hello(&self.module, &self.attr, &self.folder).to_string();
        let shown = self.python.display();
        let line = ask(&mut process, hello.as_bytes(), self.patience)
            .map_err(|end| TargetError(format!("{shown} {end} while it was being started")))?;
        match Line::read(&line) {
            Ok(Line::Ready(ready)) if ready.protocol == wire::PROTOCOL => Ok((process, ready)),
            Ok(Line::Ready(ready)) => Err(TargetError(format!(
                "{shown} speaks version {} of the protocol, and this is version {}",
                ready.protocol,
                wire::PROTOCOL
            ))),
            Ok(Line::Failed { failed }) => Err(TargetError(format!("{shown}: {failed}").replace('\n', " "))),
            Ok(_) => Err(TargetError(format!("{shown} did not introduce itself"))),
            Err(wrong) => {
                let words = process.last_words();
                let words = if words.is_empty() { words } else { format!("; its last words: {words}") };
                Err(TargetError(format!("{shown} is no driver: {wrong}{words}")))
            }
        }
    }
}

/// Who a driver says it is, and what it is judged by: the Python version it claims.
fn info(ready: &Ready, launch: &Launch) -> Result<TargetInfo, TargetError> {
    let [major, minor, micro] = ready.version;
    let cpython = ready.implementation == "cpython";
    let platform = Platform::ALL.into_iter().find(|known| known.facts().sys_platform == ready.platform);
    let platform =
        platform.ok_or_else(|| TargetError(format!("the reference knows no platform '{}'", ready.platform)))?;
    let implementation = if cpython { Implementation::CPython } else { Implementation::Other };
    let profile = Profile::new(implementation, Version::new(major, minor, micro), platform);
    let release = ready.release.as_ref().map(|release| format!(" {release}")).unwrap_or_default();
    let python =
        if cpython { format!(" {}", profile.version()) } else { format!("{release} (Python {})", profile.version()) };
    let class = if launch.attr == "mmap" { String::new() } else { format!(", class {}", launch.attr) };
    let system = if platform == Platform::Linux { String::new() } else { format!(" on {}", platform.name()) };
    let edition = ready.edition.as_ref().map(|edition| format!(" {edition}")).unwrap_or_default();
    Ok(TargetInfo {
        profile,
        name: format!("{}{python}{system}, module {}{edition}{class}", title(&ready.implementation), launch.module),
        is_cpython_mmap: cpython && launch.module == "mmap" && launch.attr == "mmap",
        page: ready.page,
    })
}

/// The names of implementations as they write them.
fn title(implementation: &str) -> String {
    match implementation {
        "cpython" => "CPython".into(),
        "pypy" => "PyPy".into(),
        "rustpython" => "RustPython".into(),
        "graalpy" => "GraalPy".into(),
        other => other.into(),
    }
}
