//! Running a case: first the reference, which makes its numbers plain, then a target.

use crate::census::Census;
use crate::compare::{Comparison, compare};
use crate::known::Patterns;
use crate::limits;
use mmapcheck_reference::{MemoryStore, Reference};
use mmapcheck_spec::{
    Case, Changes, Detail, End, FileState, Leaks, Op, Outcome, Profile, Snapshot, Step, StepTrace, Stepper, Target,
    TargetError, TargetInfo, Trace, World, repair,
};
use mmapcheck_targets::death::outlive;

/// A case with plain numbers, and what must happen in it.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The case as targets run it.
    pub case: Case,
    /// What the reference did.
    pub expected: Trace,
}

impl Expected {
    /// Runs the case on a target.
    ///
    /// # Errors
    /// Where the target could not be used at all.
    pub fn run_on(&self, target: &mut dyn Target, detail: Detail) -> Result<Trace, TargetError> {
        match self.expected.death() {
            Some(_) => target.run_to_death(&self.case, detail),
            None => target.run(&self.case, detail),
        }
    }
}

/// A stepper of this process as a target for whole cases. `mark` is told the number of each step before it is done, and at
/// last the number of steps, before everything is closed.
pub struct InProcess<M, F = fn(usize)> {
    /// What does the steps.
    pub stepper: M,
    /// Who it is.
    pub info: TargetInfo,
    /// Who is told.
    pub mark: F,
    /// Counts what cases leave behind, where nothing else happens in this process.
    pub census: Option<Census>,
}

impl<M: Stepper> InProcess<M> {
    /// A target that tells nobody, in a process where other things may happen.
    pub fn new(stepper: M, info: TargetInfo) -> InProcess<M> {
        InProcess { stepper, info, mark: |_| {}, census: None }
    }
}

impl<M: Stepper, F: FnMut(usize)> Target for InProcess<M, F> {
    fn info(&self) -> &TargetInfo {
        &self.info
    }

    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        let broken = |why| TargetError(format!("what this process holds cannot be counted: {why}"));
        let mut census = self.census.as_mut().filter(|_| detail.takes_leaks());
        let before = census.as_mut().map(|census| census.take()).transpose().map_err(broken)?;
        let mut trace = Trace::of(&mut self.stepper, case, detail, &mut self.mark)?;
        if let (Some(census), Some(before)) = (census, before) {
            trace.leaks = census.leaks(before).map_err(broken)?;
        }
        Ok(trace)
    }

    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        let mut stepper = Outliving { stepper: &mut self.stepper, left: case.steps.len() };
        Trace::of(&mut stepper, case, detail, &mut self.mark)
    }
}

/// A stepper that outlives its last step.
struct Outliving<'a, M> {
    stepper: &'a mut M,
    /// Steps that are left.
    left: usize,
}

impl<M: Stepper> Stepper for Outliving<'_, M> {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.stepper.begin(world)
    }

    fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        self.left = self.left.saturating_sub(1);
        if self.left > 0 {
            return self.stepper.step(step);
        }
        let (done, signal) = outlive(|| self.stepper.step(step));
        signal.map_or(done, |signal| Err(End::Died(signal)))
    }

    /// A child does not do the last step.
    fn fork(&mut self, block: &[Step], detail: Detail, mark: &mut dyn FnMut(usize)) -> Vec<StepTrace> {
        self.left = self.left.saturating_sub(block.len());
        self.stepper.fork(block, detail, mark)
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        self.stepper.look(closely, detail)
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        self.stepper.finish(detail)
    }
}

/// Runs a case that has left something behind again and again: what counts is what it leaves each time.
///
/// # Errors
/// Where the target could not be used at all.
pub fn look_for_leaks(
    case: &Case,
    target: &mut dyn Target,
    detail: Detail,
    trace: &mut Trace,
) -> Result<(), TargetError> {
    for _ in 0..limits::LEAKS {
        if trace.leaks == Leaks::default() {
            break;
        }
        trace.leaks = trace.leaks.common(target.run(case, detail)?.leaks);
    }
    Ok(())
}

/// The reference in memory, ready to answer cases.
pub struct Oracle {
    reference: Reference<MemoryStore>,
    profile: Profile,
    rules: Patterns,
    /// In every case.
    always: Spares,
    /// In the cases that are answered now.
    spares: Spares,
}

/// Which steps are left out, so that what comes after them is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spares {
    /// Those in which a target is known to die that should not.
    known: bool,
    /// Those in which it should.
    foreseen: bool,
}

impl Oracle {
    /// A oracle by this profile.
    ///
    /// # Errors
    /// Where this system is none that the reference foresees.
    pub fn new(profile: Profile) -> Result<Oracle, TargetError> {
        Ok(Oracle {
            reference: Reference::in_memory(profile)?,
            profile,
            rules: Patterns::default(),
            always: Spares::default(),
            spares: Spares::default(),
        })
    }

    /// From now on every step is left out of which it is known that the target dies in it, for one whose death would end more
    /// than the case.
    pub fn spare(&mut self) {
        self.always.known = true;
        self.spares = self.always;
    }

    /// The same, and every step in which a process is foreseen to die: each step that is left has an answer.
    pub fn spare_all(&mut self) {
        self.always = Spares { known: true, foreseen: true };
        self.spares = self.always;
    }

    /// The profile it judges by.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// What it takes for known when it compares.
    #[must_use]
    pub fn rules(&self) -> &Patterns {
        &self.rules
    }

    /// From now on it takes this for known.
    pub fn set_rules(&mut self, rules: Patterns) {
        self.rules = rules;
    }

    /// From now on, cases are answered as the one of this number is in a campaign: most are without the steps in which the
    /// target is known to die, or foreseen to.
    pub fn take_up(&mut self, number: u64) {
        let spares = |always, one_in: u64| always || !number.is_multiple_of(one_in);
        let Spares { known, foreseen } = self.always;
        self.spares = Spares { known: spares(known, limits::KILLING), foreseen: spares(foreseen, limits::DYING) };
    }

    /// Runs a case on the reference. Numbers become plain; steps that have no answer (a name that was not bound, a closed
    /// file) are left out, and so are those that go through a long map item by item. A step in which a process dies is the
    /// last one, unless it is left out too.
    ///
    /// # Errors
    /// Where the case's files cannot be made.
    pub fn answer(&mut self, mut case: Case, detail: Detail) -> Result<Expected, TargetError> {
        loop {
            match self.try_answer(case, detail)? {
                Ok(answered) => return Ok(answered),
                Err(less) => case = less,
            }
        }
    }

    /// The inner error: the case without a step that must be left out, and that has changed the reference before this was
    /// known.
    fn try_answer(&mut self, case: Case, detail: Detail) -> Result<Result<Expected, Case>, TargetError> {
        let Case { world, steps } = case;
        self.reference.begin(&world)?;
        let mut done = Vec::with_capacity(steps.len());
        let mut expected = Trace { steps: Vec::with_capacity(steps.len()), ..Trace::default() };
        let mut steps = steps.into_iter();
        // In a campaign such a death costs less than all the steps in which it does not come.
        let all_special = self.always.known && self.rules.hold_plain_deaths();
        while let Some(mut step) = steps.next() {
            self.reference.resolve(&mut step);
            if item_by_item(step.op) && self.reference.map_len(step.on).is_some_and(|len| len > limits::ITEMS) {
                continue;
            }
            let is_child = self.reference.is_child();
            let answer = self.reference.step(&step);
            let is_special = all_special || is_child || answer.is_err() || step.callback().is_some();
            let left_out = is_special && self.must_be_left_out(is_child, &step, &answer);
            // What has been done already is undone by doing all the rest once more.
            if left_out && (step.callback().is_some() || answer.is_ok()) {
                let mut less = Case { world, steps: done.into_iter().chain(steps).collect() };
                repair(&mut less);
                return Ok(Err(less));
            }
            if left_out {
                continue;
            }
            let closely = step.op.row().changes == Changes::Bytes;
            let left = if answer.is_ok() { self.reference.look(closely, detail) } else { Snapshot::default() };
            expected.steps.push(StepTrace { result: answer, snapshot: left });
            done.push(step);
            if expected.death().is_some() {
                return Ok(Ok(Expected { case: Case { world, steps: done }, expected }));
            }
        }
        expected.last = self.reference.look(true, detail);
        (expected.closing, expected.files) = self.reference.finish(detail);
        Ok(Ok(Expected { case: Case { world, steps: done }, expected }))
    }

    fn must_be_left_out(&self, is_child: bool, step: &Step, answer: &Result<Outcome, End>) -> bool {
        match answer {
            // An exception would end all that a child does.
            Ok(Outcome::Raised(_)) if is_child => true,
            Err(End::Died(_)) if is_child || self.spares.foreseen || !self.profile.dies_of_dead_memory() => true,
            Ok(_) | Err(End::Died(_)) => self.spares.known && self.rules.foresee_death(step, answer),
            Err(_) => true,
        }
    }

    /// Runs a case on the reference and a target and compares. A step after which the two are apart in a known way is left
    /// out, and the case run once more, so that what comes after it is compared too.
    ///
    /// # Errors
    /// Where either could not be used at all.
    pub fn compare(
        &mut self,
        case: Case,
        target: &mut dyn Target,
        detail: Detail,
    ) -> Result<DifferentialRun, TargetError> {
        let mut compared = self.compare_once(case, target, detail)?;
        // In a hurry a divergence can be seen later than it came about, as one of a kind that happens to be known.
        if compared.comparison.cut.is_some() && detail == Detail::Quick {
            compared = self.compare_once(compared.case, target, Detail::Full)?;
        }
        let mut left_out = Vec::new();
        while let (Some(step), true) = (compared.comparison.cut, left_out.len() < limits::LEFT_OUT) {
            left_out.extend(compared.comparison.known.into_iter().filter(|(at, _)| *at == step));
            let mut case = compared.case;
            case.steps.remove(step);
            repair(&mut case);
            compared = self.compare_once(case, target, Detail::Full)?;
        }
        compared.comparison.known.extend(left_out);
        Ok(compared)
    }

    fn compare_once(
        &mut self,
        case: Case,
        target: &mut dyn Target,
        detail: Detail,
    ) -> Result<DifferentialRun, TargetError> {
        let answered = self.answer(case, detail)?;
        let mut actual = answered.run_on(target, detail)?;
        let Expected { case, expected } = answered;
        look_for_leaks(&case, target, detail, &mut actual)?;
        let comparison = compare(&case, &expected, &actual, &self.rules);
        Ok(DifferentialRun { profile: self.profile, case, expected, actual, comparison })
    }
}

/// Whether an operation goes through a map item by item, making an object of each.
fn item_by_item(op: Op) -> bool {
    matches!(op, Op::List | Op::Reversed | Op::Contains | Op::FindAll)
}

/// A case, both its traces, and how they compare.
#[derive(Clone, Debug)]
pub struct DifferentialRun {
    /// The rules it was judged by.
    pub profile: Profile,
    /// The case, its numbers plain.
    pub case: Case,
    /// What the reference did.
    pub expected: Trace,
    /// What the target did.
    pub actual: Trace,
    /// Where they part.
    pub comparison: Comparison,
}
