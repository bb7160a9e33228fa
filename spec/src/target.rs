//! The traits of a target: [`Target`] runs whole cases, [`Stepper`] runs single steps in this process.

use crate::{Case, Declined, End, FileState, Op, Outcome, Profile, Rule, Snapshot, Step, StepTrace, Trace, World};
use serde::{Deserialize, Serialize};

/// The content of the snapshots that a run takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Detail {
    /// Every step: the state of the maps, and a digest of their bytes. A map longer than [`Detail::LONG`] is digested only after
    /// operations that are meant to change bytes. Files are digested at the end of the case.
    Quick,
    /// Every step: the state and digest of maps and files. The end of the case: the leaks.
    Every,
    /// Like `Every`, and the snapshots also keep the bytes of maps and files up to [`Detail::KEPT`] bytes.
    Full,
}

impl Detail {
    /// The length, in bytes, above which a map is long.
    pub const LONG: i64 = 1 << 10;

    /// The most bytes of a map or file that a snapshot keeps.
    pub const KEPT: u64 = 1 << 18;

    /// Whether a snapshot keeps the bytes of a map or file of this many bytes, besides their number and digest.
    #[must_use]
    pub fn keeps_bytes(self, len: u64) -> bool {
        self == Detail::Full && len <= Detail::KEPT
    }

    /// Whether a snapshot holds the files after every step.
    #[must_use]
    pub fn takes_files(self) -> bool {
        self != Detail::Quick
    }

    /// Whether the run counts the leaks of the case ([`crate::Leaks`]).
    #[must_use]
    pub fn takes_leaks(self) -> bool {
        self != Detail::Quick
    }

    /// Whether a snapshot holds the bytes of a map of `len` bytes. `closely`: the operation before it is meant to change bytes.
    #[must_use]
    pub fn takes_bytes(self, len: i64, closely: bool) -> bool {
        closely || len <= Detail::LONG || self != Detail::Quick
    }
}

/// Why a target cannot be used at all, as one line for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetError(pub String);

impl std::fmt::Display for TargetError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TargetError {}

/// The description that a target gives of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetInfo {
    /// The profile of the interpreter, by which the target is judged.
    pub profile: Profile,
    /// The profile whose known divergences are the target's: another than the interpreter's if its module was built from the
    /// sources of another version.
    pub source: Profile,
    /// One line for the report: `CPython 3.11.7, module mmap`.
    pub name: String,
    /// Whether the target is CPython's own `mmap`, whose message texts are compared.
    pub is_cpython_mmap: bool,
    /// The page size, in bytes.
    pub page: u32,
    /// The steps that it cannot run.
    pub declined: Declined,
}

impl TargetInfo {
    /// CPython's own `mmap` as a profile describes it, with the pages of its platform.
    #[must_use]
    pub fn of_profile(profile: Profile, name: impl Into<String>) -> TargetInfo {
        let page = profile.facts().page.bytes() as u32;
        TargetInfo {
            profile,
            source: profile,
            name: name.into(),
            is_cpython_mmap: true,
            page,
            declined: Declined::default(),
        }
    }

    /// The profile to judge this target by: the requested one, without the rules that the mode of the target switches off; or
    /// else its own.
    #[must_use]
    pub fn judged_by(&self, requested: Option<Profile>) -> Profile {
        let own = self.profile;
        let Some(requested) = requested else { return own };
        let usual = Profile::new(own.implementation(), own.version(), own.platform());
        let switched_off = Rule::ALL.iter().filter(|rule| usual.has(**rule) && !own.has(**rule));
        switched_off.fold(requested, |profile, rule| profile.with(*rule, false))
    }
}

/// A target that runs whole cases.
pub trait Target {
    /// The description of this target.
    fn info(&self) -> &TargetInfo;

    /// Runs a case whose numbers are all plain ([`crate::Num`]), and returns its trace.
    ///
    /// # Errors
    /// If the target cannot be used at all. The end of a step is part of the trace.
    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError>;

    /// The damage that the target has done to its process since it started, in one sentence. `None` without damage, and
    /// for a target that cannot tell.
    fn damage(&mut self) -> Option<String> {
        None
    }

    /// Like [`Target::run`], for a case whose last step is expected to kill the process. The target is not told the expected
    /// outcome; it may choose a cheaper way to survive.
    ///
    /// # Errors
    /// Like [`Target::run`].
    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.run(case, detail)
    }

    /// Like [`Target::run`], and names the case that the caller will most likely run next. A target in a process of its own
    /// may begin that case while the caller compares this one. The trace does not depend on `next`.
    ///
    /// # Errors
    /// Like [`Target::run`].
    fn run_with_next(
        &mut self,
        case: &Case,
        detail: Detail,
        _next: Option<NextCase<'_>>,
    ) -> Result<Trace, TargetError> {
        self.run(case, detail)
    }
}

/// The case after the current one, for [`Target::run_with_next`].
#[derive(Clone, Copy, Debug)]
pub struct NextCase<'a> {
    /// The case.
    pub case: &'a Case,
    /// The content of its snapshots.
    pub detail: Detail,
}

/// A target that runs single steps in this process: the trait to implement for a mapping type in Rust. [`Trace::of`] runs a
/// whole case on it.
pub trait Stepper {
    /// Starts a case: creates its files and unbinds all names.
    ///
    /// # Errors
    /// If the files cannot be created.
    fn begin(&mut self, world: &World) -> Result<(), TargetError>;

    /// Runs one step.
    ///
    /// # Errors
    /// The end of the step, if it has no outcome.
    fn step(&mut self, step: &Step) -> Result<Outcome, End>;

    /// Runs the steps of `block` ([`Case::block`]): the `fork`, then the steps of the child, up to the first that has an end.
    /// The `wait` is a step of the parent and follows. Calls `mark` with the index in the block of each step before the step
    /// runs, and with none after it. The result holds one entry at least.
    ///
    /// A stepper that is a real process runs the block in a child process. A stepper that only models a process can keep this
    /// default, which runs `fork` like any other step.
    fn fork(&mut self, block: &[Step], detail: Detail, mark: &mut dyn FnMut(Option<usize>)) -> Vec<StepTrace> {
        StepTrace::all(self, block, detail, mark)
    }

    /// Takes a snapshot. `closely`: the operation before it is meant to change bytes ([`Detail::takes_bytes`]).
    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot;

    /// The damage that the target has done to the process, such as a closed descriptor of the tool, in one sentence.
    /// `None` without damage, and for a stepper that cannot tell.
    fn damage(&mut self) -> Option<String> {
        None
    }

    /// Closes each map in the order of slots while the views are still alive, drops every object, and reads the files.
    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>);
}

impl Trace {
    /// Runs a whole case on a stepper, from `begin` to `finish`. Calls `mark` with the number of each step before the step
    /// runs, and with none after it: snapshots and the cleanup belong to no step.
    ///
    /// # Errors
    /// If the files of the case cannot be created.
    pub fn of(
        stepper: &mut dyn Stepper,
        case: &Case,
        detail: Detail,
        mark: &mut dyn FnMut(Option<usize>),
    ) -> Result<Trace, TargetError> {
        stepper.begin(&case.world)?;
        let mut trace = Trace::default();
        while let Some(step) = case.steps.get(trace.steps.len()) {
            let at = trace.steps.len();
            if step.op == Op::Fork {
                trace
                    .steps
                    .extend(stepper.fork(case.block(at), detail, &mut |place| mark(place.map(|place| at + place))));
            } else {
                mark(Some(at));
                trace.steps.push(StepTrace::of(stepper, step, detail, mark));
            }
            if trace.steps.last().is_none_or(|step| step.result.is_err()) {
                break;
            }
        }
        mark(None);
        if trace.death().is_some() {
            // The state after a survived death means nothing.
            stepper.finish(Detail::Quick);
            return Ok(trace);
        }
        trace.last = stepper.look(true, detail);
        (trace.closing, trace.files) = stepper.finish(detail);
        Ok(trace)
    }
}

impl StepTrace {
    /// Runs one step and takes a snapshot. Calls `mark` with none in between: the snapshot does not belong to the step.
    pub fn of(
        stepper: &mut (impl Stepper + ?Sized),
        step: &Step,
        detail: Detail,
        mark: &mut dyn FnMut(Option<usize>),
    ) -> StepTrace {
        let result = stepper.step(step);
        mark(None);
        let closely = step.op.row().changes.takes_in_bytes();
        StepTrace { result, snapshot: stepper.look(closely, detail) }
    }

    /// Runs steps in order, up to the first that has an end. Calls `mark` with the index of each step before it runs, and
    /// with none after it.
    pub fn all(
        stepper: &mut (impl Stepper + ?Sized),
        steps: &[Step],
        detail: Detail,
        mark: &mut dyn FnMut(Option<usize>),
    ) -> Vec<StepTrace> {
        let mut done: Vec<StepTrace> = Vec::new();
        for (i, step) in steps.iter().enumerate() {
            mark(Some(i));
            done.push(StepTrace::of(stepper, step, detail, mark));
            if done[i].result.is_err() {
                break;
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_profile_keeps_the_mode_of_the_target() {
        let requested = Profile::cpython(3, 15, 0);
        let usual = TargetInfo::of_profile(Profile::cpython(3, 15, 2), "a target");
        assert_eq!(usual.judged_by(Some(requested)), requested);
        assert_eq!(usual.judged_by(None), usual.profile);
        let in_mode = |profile: Profile| profile.with(Rule::SetNameIgnoresKernel, false);
        let development = TargetInfo::of_profile(in_mode(usual.profile), "a target");
        assert_eq!(development.judged_by(Some(requested)), in_mode(requested));
        assert_eq!(development.judged_by(None), in_mode(usual.profile));
    }
}
