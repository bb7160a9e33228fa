//! What a target implements.

use crate::{Case, End, FileState, Op, Outcome, Profile, Snapshot, Step, StepTrace, Trace, World};

/// How closely a case is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Maps after every step, the bytes of long ones ([`Detail::LONG`]) only after steps that are there to change bytes; files
    /// at the end. What differs so is run again under `Full`, which finds the first step.
    Quick,
    /// Maps and files after every step, and what the case leaves behind.
    Every,
    /// As before, and the bytes of maps and files are kept.
    Full,
}

impl Detail {
    /// The length in bytes above which a map is long.
    pub const LONG: i64 = 1 << 10;

    /// Whether files are looked at after every step.
    #[must_use]
    pub fn takes_files(self) -> bool {
        self != Detail::Quick
    }

    /// Whether what the case leaves behind is counted ([`crate::Leaks`]).
    #[must_use]
    pub fn takes_leaks(self) -> bool {
        self != Detail::Quick
    }

    /// Whether the bytes of a map of this length are looked at. `closely`: the step is one that is there to change bytes.
    #[must_use]
    pub fn takes_bytes(self, len: i64, closely: bool) -> bool {
        closely || len <= Detail::LONG || self != Detail::Quick
    }
}

/// Why a target could not be used at all. One line for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetError(pub String);

impl std::fmt::Display for TargetError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TargetError {}

/// Who a target says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetInfo {
    /// What it claims to be: the rules it is judged by.
    pub profile: Profile,
    /// One line for people: `CPython 3.11.7, module mmap`.
    pub name: String,
    /// Whether it is CPython's own `mmap`, so that message texts count.
    pub is_cpython_mmap: bool,
    /// Its page size in bytes.
    pub page: u32,
}

impl TargetInfo {
    /// CPython's own `mmap` as a profile describes it, with the pages of its platform.
    #[must_use]
    pub fn of_profile(profile: Profile, name: impl Into<String>) -> TargetInfo {
        TargetInfo { profile, name: name.into(), is_cpython_mmap: true, page: profile.facts().page.bytes() as u32 }
    }
}

/// Something that can run whole cases.
pub trait Target {
    /// Who this is.
    fn info(&self) -> &TargetInfo;

    /// Runs a case, whose numbers are all plain, and tells what it did.
    ///
    /// # Errors
    /// Only where the target could not be used at all; whatever a step does is in the trace.
    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError>;

    /// As [`Target::run`], for a case in whose last step a process may well die. What is expected is not said: the target may
    /// only see to it that a death costs little.
    ///
    /// # Errors
    /// As [`Target::run`].
    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.run(case, detail)
    }

    /// Like [`Target::run`], and names the case that the caller will most likely run next. A target in a process of its own
    /// may begin that case while the caller compares this one. The trace does not depend on `next`.
    ///
    /// # Errors
    /// As [`Target::run`].
    fn run_with_next(
        &mut self,
        case: &Case,
        detail: Detail,
        _next: Option<NextCase<'_>>,
    ) -> Result<Trace, TargetError> {
        self.run(case, detail)
    }
}

/// The case after the one that is run, for [`Target::run_with_next`].
#[derive(Clone, Copy, Debug)]
pub struct NextCase<'a> {
    /// The case.
    pub case: &'a Case,
    /// How closely it will be observed.
    pub detail: Detail,
}

/// Something that can be driven step by step in this process: the trait to implement for a mapping type in Rust.
/// [`Trace::of`] makes whole runs of it.
pub trait Stepper {
    /// Starts a case: makes its files and forgets all names.
    ///
    /// # Errors
    /// Where the files cannot be made.
    fn begin(&mut self, world: &World) -> Result<(), TargetError>;

    /// Does one step.
    ///
    /// # Errors
    /// Where there is no answer.
    fn step(&mut self, step: &Step) -> Result<Outcome, End>;

    /// Does a `fork` and all that the child does ([`Case::block`]), until a step has no answer; the `wait` comes after it as a
    /// step like any other. `mark` is told the place in the block of each step before it is done. There is an answer, or a
    /// reason why there is none, to one step at least.
    ///
    /// A stepper that is a real process makes a child of it. One that only plays a process need do nothing special: it takes
    /// `fork` for a step like any other too.
    fn fork(&mut self, block: &[Step], detail: Detail, mark: &mut dyn FnMut(usize)) -> Vec<StepTrace> {
        StepTrace::all(self, block, detail, mark)
    }

    /// What the case looks like now. `closely`: the step before was one that is there to change bytes ([`Detail`]).
    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot;

    /// Closes each map (in the order of slots, views still alive), drops everything, and looks at the files.
    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>);
}

impl Trace {
    /// Runs a whole case on a stepper, from `begin` to `finish`. `mark` is told the number of each step before it is done.
    ///
    /// # Errors
    /// Where the case's files cannot be made.
    pub fn of(
        stepper: &mut dyn Stepper,
        case: &Case,
        detail: Detail,
        mark: &mut dyn FnMut(usize),
    ) -> Result<Trace, TargetError> {
        stepper.begin(&case.world)?;
        let mut trace = Trace::default();
        while let Some(step) = case.steps.get(trace.steps.len()) {
            let at = trace.steps.len();
            if step.op == Op::Fork {
                trace.steps.extend(stepper.fork(case.block(at), detail, &mut |place| mark(at + place)));
            } else {
                mark(at);
                trace.steps.push(StepTrace::of(stepper, step, detail));
            }
            if trace.steps.last().is_none_or(|step| step.result.is_err()) {
                break;
            }
        }
        mark(case.steps.len());
        if trace.death().is_some() {
            // What is left of a process that should be dead says nothing.
            stepper.finish(Detail::Quick);
            return Ok(trace);
        }
        trace.last = stepper.look(true, detail);
        (trace.closing, trace.files) = stepper.finish(detail);
        Ok(trace)
    }
}

impl StepTrace {
    /// Does one step and looks at what it left.
    pub fn of(stepper: &mut (impl Stepper + ?Sized), step: &Step, detail: Detail) -> StepTrace {
        let result = stepper.step(step);
        let closely = step.op.row().changes.takes_in_bytes();
        StepTrace { result, snapshot: stepper.look(closely, detail) }
    }

    /// Does steps one after the other, until one has no answer. `mark` is told the number of each before it is done.
    pub fn all(
        stepper: &mut (impl Stepper + ?Sized),
        steps: &[Step],
        detail: Detail,
        mark: &mut dyn FnMut(usize),
    ) -> Vec<StepTrace> {
        let mut done: Vec<StepTrace> = Vec::new();
        for (i, step) in steps.iter().enumerate() {
            mark(i);
            done.push(StepTrace::of(stepper, step, detail));
            if done[i].result.is_err() {
                break;
            }
        }
        done
    }
}
