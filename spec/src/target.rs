//! What a target implements.

use crate::{Case, Changes, End, FileState, Left, Outcome, Profile, Step, StepTrace, Trace, World};

/// How closely a case is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Maps after every step, the bytes of long ones ([`Watch::LONG`]) only after steps that are there to change bytes; files
    /// at the end. What differs so is run again under `Full`, which finds the first step.
    Quick,
    /// Maps and files after every step, and what the case leaves behind.
    Every,
    /// As before, and the bytes of maps and files are kept.
    Full,
}

impl Watch {
    /// The length in bytes above which a map is long.
    pub const LONG: i64 = 1 << 10;

    /// Whether files are looked at after every step.
    #[must_use]
    pub fn takes_files(self) -> bool {
        self != Watch::Quick
    }

    /// Whether what the case leaves behind is counted ([`crate::Leaks`]).
    #[must_use]
    pub fn takes_leaks(self) -> bool {
        self != Watch::Quick
    }

    /// Whether the bytes of a map of this length are looked at. `closely`: the step is one that is there to change bytes.
    #[must_use]
    pub fn takes_bytes(self, len: i64, closely: bool) -> bool {
        closely || len <= Watch::LONG || self != Watch::Quick
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
pub struct Host {
    /// What it claims to be: the rules it is judged by.
    pub profile: Profile,
    /// One line for people: `CPython 3.11.7, module mmap`.
    pub name: String,
    /// Whether it is CPython's own `mmap`, so that message texts count.
    pub is_cpython_mmap: bool,
    /// Its page size in bytes.
    pub page: u32,
}

/// Something that can run whole cases.
pub trait Target {
    /// Who this is.
    fn host(&self) -> &Host;

    /// Runs a case, whose numbers are all plain, and tells what it did.
    ///
    /// # Errors
    /// Only where the target could not be used at all; whatever a step does is in the trace.
    fn run(&mut self, case: &Case, watch: Watch) -> Result<Trace, TargetError>;

    /// As [`Target::run`], for a case in whose last step a process may well die. What is expected is not said: the target may
    /// only see to it that a death costs little.
    ///
    /// # Errors
    /// As [`Target::run`].
    fn run_to_death(&mut self, case: &Case, watch: Watch) -> Result<Trace, TargetError> {
        self.run(case, watch)
    }

    /// Says that this case will be run next, after those announced before. A target in a process of its own can begin it
    /// while its answer to the last one is being compared.
    fn announce(&mut self, _case: &Case, _watch: Watch) {}
}

/// Something that can be driven step by step in this process: the trait to implement for a mapping type in Rust.
/// [`Trace::of`] makes whole runs of it.
pub trait Machine {
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

    /// What the case looks like now. `closely`: the step before was one that is there to change bytes ([`Watch`]).
    fn look(&mut self, closely: bool, watch: Watch) -> Left;

    /// Closes each map (in the order of slots, views still alive), drops everything, and looks at the files.
    fn finish(&mut self, watch: Watch) -> (Vec<Option<Outcome>>, Vec<FileState>);
}

impl Trace {
    /// Runs a whole case on a machine, from `begin` to `finish`. `mark` is told the number of each step before it is done.
    ///
    /// # Errors
    /// Where the case's files cannot be made.
    pub fn of(
        machine: &mut dyn Machine,
        case: &Case,
        watch: Watch,
        mark: &mut dyn FnMut(usize),
    ) -> Result<Trace, TargetError> {
        machine.begin(&case.world)?;
        let mut trace = Trace::default();
        for (i, step) in case.steps.iter().enumerate() {
            mark(i);
            trace.steps.push(StepTrace::of(machine, step, watch));
            if trace.steps[i].result.is_err() {
                break;
            }
        }
        mark(case.steps.len());
        if trace.death().is_some() {
            // What is left of a process that should be dead says nothing.
            machine.finish(Watch::Quick);
            return Ok(trace);
        }
        trace.last = machine.look(true, watch);
        (trace.closing, trace.files) = machine.finish(watch);
        Ok(trace)
    }
}

impl StepTrace {
    /// Does one step and looks at what it left.
    pub fn of(machine: &mut dyn Machine, step: &Step, watch: Watch) -> StepTrace {
        let result = machine.step(step);
        let closely = step.op.row().changes == Changes::Bytes;
        StepTrace { result, left: machine.look(closely, watch) }
    }
}
