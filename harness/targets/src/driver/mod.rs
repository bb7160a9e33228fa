//! A target behind a driver: any interpreter that runs the driver script `driver.py`, which is part of this library.
//!
//! The script receives the table of operations, then whole cases, and answers with whole traces, one JSON line each.
//! `protocol.md` describes the protocol for authors of drivers in other languages. If the process dies, hangs or sends a
//! malformed line, that is the [`End`] of the step, and a new process replaces it.

mod description;
mod launch;
mod shape;
mod wire;

pub use launch::SCRIPT;
pub use shape::departure;
pub use wire::{argument, outcome};

use crate::reply_size::longest_reply;
use crate::stop::Stop;
use crate::supervisor::{Process, UntilStop, persistently};
use description::info;
use launch::{Launch, after, ask};
use mmapcheck_spec::{Case, Detail, End, NextCase, Op, StepTrace, Target, TargetError, TargetInfo, Trace};
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};
use wire::{Line, Manner, Ready};

/// The JSON Schema of all lines to and from a driver.
pub const SCHEMA: &str = include_str!("protocol.schema.json");

/// An interpreter may take this many times as long to start as a case may take.
const START: u32 = 6;
/// The least time that a step may take, however often its operation has hung.
const LEAST: Duration = Duration::from_millis(200);
/// The number of cases after a death that run in children of the driver. A death is shrunk and diagnosed by running it again and
/// again, and a child costs less than a start of the interpreter.
const WARY: u32 = 8;
/// A target behind a driver: an interpreter that runs the driver script, or another program that speaks the protocol.
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
    /// The number of hangs of each operation; of the end of a case, under `None`.
    hung: HashMap<Option<Op>, u32>,
    /// The number of cases that hung once and did not hang when they were run again.
    stalls: u64,
    /// The number of cases to come that run in children of the driver.
    wary: u32,
    /// Whether each answer that could count leaks did.
    counts_leaks: bool,
    stop: Stop,
}

/// A case that was sent before it was asked for.
struct Ahead {
    id: u64,
    case: Case,
    detail: Detail,
    /// The answer, if it had to be read before it was asked for.
    line: Option<Vec<u8>>,
}

/// The capabilities that a driver reported when it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The public names of the class.
    pub methods: Vec<String>,
    /// The names of the module in capital letters.
    pub constants: Vec<String>,
    /// Modules of the standard library that steps need and that the interpreter lacks.
    pub lacks: Vec<String>,
    /// Whether an object is destroyed with its last reference.
    pub counted: bool,
    /// `mmap.PAGESIZE`, in bytes.
    pub page: u32,
    /// `mmap.ALLOCATIONGRANULARITY`, in bytes.
    pub granule: u32,
}

impl Driver {
    /// Starts an interpreter on the class `attr` of a module. `folder` exists and is used by this driver only. A case without
    /// an answer for `hang` has hung; the interpreter may take six times as long to start. Once `stop` is due, every wait ends, and
    /// nothing is run any more.
    ///
    /// # Errors
    /// One line if the interpreter does not start, the module cannot be imported, or the program does not speak the protocol.
    pub fn start(
        python: &Path,
        module: &str,
        attr: &str,
        folder: &Path,
        hang: Duration,
        stop: &Stop,
    ) -> Result<Driver, TargetError> {
        let launch = Launch {
            python: python.to_owned(),
            module: module.to_owned(),
            attr: attr.to_owned(),
            folder: folder.join("files"),
            script: folder.join("driver.py"),
            patience: hang * START,
        };
        let (running, ready) = launch.start(stop)?;
        let info = info(&ready, module, attr)?;
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
            wary: 0,
            counts_leaks: true,
            stop: stop.clone(),
        })
    }

    /// The capabilities that the driver reported.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether the driver counts leaks, as far as its answers show.
    #[must_use]
    pub fn counts_leaks(&self) -> bool {
        self.counts_leaks
    }

    /// The process id of the driver; none between its end and the next case.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(Process::id)
    }

    /// Sets the time after which a case has hung. Returns the previous time.
    pub fn set_hang(&mut self, hang: Duration) -> Duration {
        std::mem::replace(&mut self.hang, hang)
    }

    /// Ends the process. The next case starts another.
    pub fn restart(&mut self) {
        self.finish_ahead();
        self.running = None;
    }

    /// The number of cases that hung once and did not hang when they were run again, since the last call.
    pub fn take_stalls(&mut self) -> u64 {
        std::mem::take(&mut self.stalls)
    }

    /// The running process, or a new one.
    fn process(&mut self) -> Result<Process, TargetError> {
        self.stop.check()?;
        if let Some(running) = self.running.take() {
            return Ok(running);
        }
        self.ahead.take_if(|ahead| ahead.line.is_none());
        Ok(persistently(|| self.launch.start(&self.stop))?.0)
    }

    fn after(&self, patience: Duration) -> UntilStop<'_, Instant> {
        after(patience, &self.stop)
    }

    fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// The time that this operation, or the end of a case, may take. It is halved after each hang, so that a target that hangs
    /// everywhere does not take all the time of a campaign.
    fn patience(&self, op: Option<Op>) -> Duration {
        let times = self.hung.get(&op).copied().unwrap_or(0);
        (self.hang / 2_u32.saturating_pow(times)).max(LEAST.min(self.hang))
    }

    /// Whether an operation of the case, or the end of a case, has hung before.
    fn may_hang(&self, case: &Case) -> bool {
        let ops = case.steps.iter().map(|step| Some(step.op)).chain([None]);
        !self.hung.is_empty() && ops.into_iter().any(|op| self.hung.contains_key(&op))
    }

    /// Runs a whole case, and sends the next one before it waits for the answer. The inner error: the process ended.
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
            return Ok(self.whole(&line, id, case, detail));
        }
        let mut process = self.process()?;
        process.allow(longest_reply(case));
        let id = match ahead.filter(|_| process.is_at_work()) {
            Some(Ahead { id, .. }) => id,
            None => {
                let id = self.number();
                let request = wire::request(id, case, detail, Manner::Whole);
                if let Err(end) = request.and_then(|request| process.send(&request, &mut self.after(self.hang))) {
                    self.stop.check()?;
                    return Ok(Err(end));
                }
                id
            }
        };
        let sent = self.send_ahead(&mut process, next);
        let line = sent.and_then(|()| process.line(&mut self.after(self.hang)));
        let answered = line.and_then(|line| self.whole(&line, id, case, detail));
        match answered {
            Ok(_) => self.running = Some(process),
            Err(_) => self.stop.check()?,
        }
        Ok(answered)
    }

    /// Reads the trace of a case, and notes whether the driver has counted leaks.
    fn whole(&mut self, line: &[u8], id: u64, case: &Case, detail: Detail) -> Result<Trace, End> {
        let (trace, counts_leaks) = whole(line, id, case, detail)?;
        self.counts_leaks &= counts_leaks || !detail.takes_leaks();
        Ok(trace)
    }

    /// Sends a case that will be asked for later. A case that cannot be sent fails when it is asked for. A target that hangs gets
    /// no case ahead.
    fn send_ahead(&mut self, process: &mut Process, next: Option<NextCase<'_>>) -> Result<(), End> {
        let Some(NextCase { case, detail }) = next.filter(|_| self.hung.is_empty()) else { return Ok(()) };
        let id = self.number();
        let Ok(request) = wire::request(id, case, detail, Manner::Whole) else { return Ok(()) };
        process.send(&request, &mut self.after(self.hang))?;
        self.ahead = Some(Ahead { id, case: case.clone(), detail, line: None });
        Ok(())
    }

    /// Reads the answer to the case that was sent ahead, so that another case can be sent. If the process ends in the case, or
    /// the answer is malformed, the case runs again when it is asked for.
    fn finish_ahead(&mut self) {
        let Some(mut ahead) = self.ahead.take() else { return };
        if ahead.line.is_none()
            && let Some(mut process) = self.running.take()
        {
            process.allow(longest_reply(&ahead.case));
            let line = process.line(&mut self.after(self.hang)).ok();
            ahead.line = line.filter(|line| whole(line, ahead.id, &ahead.case, ahead.detail).is_ok());
            if ahead.line.is_some() {
                self.running = Some(process);
            }
        }
        self.ahead = Some(ahead).filter(|ahead| ahead.line.is_some());
    }

    /// Runs a case and reads a line for each step, to find the step at which the process ends.
    fn step_by_step(&mut self, case: &Case, detail: Detail, manner: Manner) -> Result<Trace, TargetError> {
        let mut trace = Trace::default();
        // Whether the driver reads the state after a step: an end is then no end of the step.
        let mut looks = false;
        let mut process = self.process()?;
        process.allow(longest_reply(case));
        let errors_before = process.errors_so_far();
        let asked = self.number();
        let op = |done: usize| case.steps.get(done).map(|step| step.op);
        let request = wire::request(asked, case, detail, manner);
        let mut line = request.and_then(|request| ask(&mut process, &request, self.patience(op(0)), &self.stop));
        loop {
            let (text, read) = match line {
                Ok(text) => {
                    let read = Line::read(&text).map_err(End::Malformed);
                    (text, read)
                }
                Err(end) => (Vec::new(), Err(end)),
            };
            let end = match read {
                Ok(Line::Step { id, step }) if id == asked && trace.steps.len() < case.steps.len() => {
                    match step.trace(trace.steps.last().map(|step| &step.snapshot)) {
                        Ok(step) => trace.steps.push(step),
                        Err(wrong) => return Ok(ended(trace, End::Malformed(wire::explained(&text, wrong)), case)),
                    }
                    looks = false;
                    line = process.line(&mut self.after(self.patience(op(trace.steps.len()))));
                    continue;
                }
                Ok(Line::Looks { id, looks: now }) if id == asked => {
                    looks = now;
                    line = process.line(&mut self.after(self.patience(op(trace.steps.len()))));
                    continue;
                }
                Ok(Line::Done(done)) if done.id == asked => match done.trace(case, detail) {
                    Ok(trace) => {
                        self.running = Some(process);
                        return Ok(trace);
                    }
                    Err(wrong) => End::Malformed(wire::explained(&text, wrong)),
                },
                Ok(Line::Died { id, died }) if id == asked && manner == Manner::Isolated => {
                    trace.last_words = process.errors_since(errors_before);
                    self.running = Some(process);
                    return Ok(ended_in(looks, trace, End::Died(died), case));
                }
                Ok(Line::Step { id, .. } | Line::Looks { id, .. } | Line::Died { id, .. }) if id != asked => {
                    another_case(id, asked)
                }
                Ok(Line::Done(done)) => another_case(done.id, asked),
                Ok(_) => End::Malformed("the line is of another kind than the answer".into()),
                Err(end) => end,
            };
            // A process that was killed because of the stop has not hung.
            self.stop.check()?;
            if end == End::Hung {
                *self.hung.entry(op(trace.steps.len())).or_default() += 1;
            }
            trace.last_words = process.errors_since(errors_before);
            return Ok(ended_in(looks, trace, end, case));
        }
    }
}

/// Reads the trace of a case from the line that answers it, and whether the driver has counted the leaks.
fn whole(line: &[u8], asked: u64, case: &Case, detail: Detail) -> Result<(Trace, bool), End> {
    match Line::read(line).map_err(End::Malformed)? {
        Line::Done(done) if done.id != asked => Err(another_case(done.id, asked)),
        Line::Done(done) => {
            let counts_leaks = done.counts_leaks();
            let malformed = |wrong| End::Malformed(wire::explained(line, wrong));
            Ok((done.trace(case, detail).map_err(malformed)?, counts_leaks))
        }
        _ => Err(End::Malformed("the line is of another kind than the answer".into())),
    }
}

/// Reads a line as the answer to this case, sent under the number 0: the trace of the whole case, or of its first step. A fuzzer
/// uses it to test that no line makes the reader of a [`Driver`] panic.
///
/// # Errors
/// The end of the case, if the line does not answer it.
pub fn reply(line: &[u8], case: &Case, detail: Detail) -> Result<Trace, End> {
    match Line::read(line).map_err(End::Malformed)? {
        Line::Step { step, .. } => {
            let step = step.trace(None).map_err(|wrong| End::Malformed(wire::explained(line, wrong)))?;
            Ok(Trace { steps: vec![step], ..Trace::default() })
        }
        _ => whole(line, 0, case, detail).map(|(trace, _)| trace),
    }
}

fn another_case(id: u64, asked: u64) -> End {
    End::Malformed(format!("it answered case {id}; expected an answer to case {asked}"))
}

/// The trace of a case in which the process ended, in the step after those that it reported.
fn ended(mut trace: Trace, end: End, case: &Case) -> Trace {
    if trace.steps.len() < case.steps.len() {
        trace.steps.push(StepTrace { result: Err(end), snapshot: mmapcheck_spec::Snapshot::default() });
    } else {
        trace.end = Some(end);
    }
    trace
}

/// The trace of a case in which the process ended: in the next step, or, if it `looks`, in no step.
fn ended_in(looks: bool, trace: Trace, end: End, case: &Case) -> Trace {
    if looks { Trace { end: Some(end), ..trace } } else { ended(trace, end, case) }
}

/// How the process ended, if it did.
fn end_of(trace: &Trace) -> Option<&End> {
    let last = trace.steps.last().and_then(|step| step.result.as_ref().err());
    trace.end.as_ref().or(last)
}

fn has_hung(trace: &Trace) -> bool {
    end_of(trace) == Some(&End::Hung)
}

impl Target for Driver {
    fn info(&self) -> &TargetInfo {
        &self.info
    }

    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.run_with_next(case, detail, None)
    }

    /// Runs a case. If the process ends in it, the case runs again in a new process, step by step. If that process does not end,
    /// the first end is that of the case, at no step; a hang is only counted, since the machine may have been busy. A case soon
    /// after a death runs in a child of the driver.
    fn run_with_next(&mut self, case: &Case, detail: Detail, next: Option<NextCase<'_>>) -> Result<Trace, TargetError> {
        if self.wary > 0 && self.ahead.is_none() {
            let trace = self.run_to_death(case, detail)?;
            self.wary = if matches!(end_of(&trace), Some(End::Died(_))) { WARY } else { self.wary - 1 };
            return Ok(trace);
        }
        if self.may_hang(case) && self.ahead.is_none() {
            return self.step_by_step(case, detail, Manner::Told);
        }
        let first = match self.try_run(case, detail, next)? {
            Ok(trace) => return Ok(trace),
            Err(End::Unsupported(why)) => return Ok(ended(Trace::default(), End::Unsupported(why), case)),
            Err(end) => end,
        };
        let dies = matches!(first, End::Died(_));
        self.wary = if dies { WARY } else { 0 };
        let trace = self.step_by_step(case, detail, if dies { Manner::Isolated } else { Manner::Told })?;
        if trace.end.is_some() || trace.steps.iter().any(|step| step.result.is_err()) {
            return Ok(trace);
        }
        if first == End::Hung {
            self.stalls += 1;
            return Ok(trace);
        }
        Ok(Trace { end: Some(first), ..Trace::default() })
    }

    /// Runs a case in a child of the driver, if the interpreter can fork, so that the driver survives. A case that hangs runs once
    /// more, as above.
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
