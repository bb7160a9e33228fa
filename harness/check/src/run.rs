//! Running a case: first the reference, which makes its numbers plain, then a target.

use crate::census::Census;
use crate::compare::{Comparison, compare};
use crate::known::Rules;
use crate::limits;
use mmapcheck_reference::{Reference, Sim};
use mmapcheck_spec::{
    Case, Changes, End, FileState, Host, Leaks, Left, Machine, Op, Outcome, Profile, Step, StepTrace, Target,
    TargetError, Trace, Watch, World, repair,
};
use mmapcheck_targets::death::outlive;

/// A case with plain numbers, and what must happen in it.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The case as targets run it.
    pub case: Case,
    /// What the reference did.
    pub expected: Trace,
}

impl Answered {
    /// Runs the case on a target.
    ///
    /// # Errors
    /// Where the target could not be used at all.
    pub fn run_on(&self, target: &mut dyn Target, watch: Watch) -> Result<Trace, TargetError> {
        match self.expected.death() {
            Some(_) => target.run_to_death(&self.case, watch),
            None => target.run(&self.case, watch),
        }
    }
}

/// A machine of this process as a target for whole cases. `mark` is told the number of each step before it is done, and at
/// last the number of steps, before everything is closed.
pub struct Stepwise<M, F = fn(usize)> {
    /// What does the steps.
    pub machine: M,
    /// Who it is.
    pub host: Host,
    /// Who is told.
    pub mark: F,
    /// Counts what cases leave behind, where nothing else happens in this process.
    pub census: Option<Census>,
}

impl<M: Machine> Stepwise<M> {
    /// A target that tells nobody, in a process where other things may happen.
    pub fn new(machine: M, host: Host) -> Stepwise<M> {
        Stepwise { machine, host, mark: |_| {}, census: None }
    }
}

impl<M: Machine, F: FnMut(usize)> Target for Stepwise<M, F> {
    fn host(&self) -> &Host {
        &self.host
    }

    fn run(&mut self, case: &Case, watch: Watch) -> Result<Trace, TargetError> {
        let broken = |why| TargetError(format!("what this process holds cannot be counted: {why}"));
        let mut census = self.census.as_mut().filter(|_| watch.takes_leaks());
        let before = census.as_mut().map(|census| census.take()).transpose().map_err(broken)?;
        let mut trace = Trace::of(&mut self.machine, case, watch, &mut self.mark)?;
        if let (Some(census), Some(before)) = (census, before) {
            trace.leaks = census.leaks(before).map_err(broken)?;
        }
        Ok(trace)
    }

    fn run_to_death(&mut self, case: &Case, watch: Watch) -> Result<Trace, TargetError> {
        let mut machine = Outliving { machine: &mut self.machine, left: case.steps.len() };
        Trace::of(&mut machine, case, watch, &mut self.mark)
    }
}

/// A machine that outlives its last step.
struct Outliving<'a, M> {
    machine: &'a mut M,
    /// Steps that are left.
    left: usize,
}

impl<M: Machine> Machine for Outliving<'_, M> {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.machine.begin(world)
    }

    fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        self.left = self.left.saturating_sub(1);
        if self.left > 0 {
            return self.machine.step(step);
        }
        let (done, signal) = outlive(|| self.machine.step(step));
        signal.map_or(done, |signal| Err(End::Died(signal)))
    }

    /// A child does not do the last step.
    fn fork(&mut self, block: &[Step], watch: Watch, mark: &mut dyn FnMut(usize)) -> Vec<StepTrace> {
        self.left = self.left.saturating_sub(block.len());
        self.machine.fork(block, watch, mark)
    }

    fn look(&mut self, closely: bool, watch: Watch) -> Left {
        self.machine.look(closely, watch)
    }

    fn finish(&mut self, watch: Watch) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        self.machine.finish(watch)
    }
}

/// Runs a case that has left something behind again and again: what counts is what it leaves each time.
///
/// # Errors
/// Where the target could not be used at all.
pub fn look_for_leaks(
    case: &Case,
    target: &mut dyn Target,
    watch: Watch,
    trace: &mut Trace,
) -> Result<(), TargetError> {
    for _ in 0..limits::LEAKS {
        if trace.leaks == Leaks::default() {
            break;
        }
        trace.leaks = trace.leaks.common(target.run(case, watch)?.leaks);
    }
    Ok(())
}

/// The reference in memory, ready to answer cases.
pub struct Judge {
    reference: Reference<Sim>,
    profile: Profile,
    rules: Rules,
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

impl Judge {
    /// A judge by this profile.
    ///
    /// # Errors
    /// Where this system is none that the reference foresees.
    pub fn new(profile: Profile) -> Result<Judge, TargetError> {
        Ok(Judge {
            reference: Reference::in_memory(profile)?,
            profile,
            rules: Rules::default(),
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
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// From now on it takes this for known.
    pub fn set_rules(&mut self, rules: Rules) {
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
    pub fn answer(&mut self, mut case: Case, watch: Watch) -> Result<Answered, TargetError> {
        loop {
            match self.try_answer(case, watch)? {
                Ok(answered) => return Ok(answered),
                Err(less) => case = less,
            }
        }
    }

    /// The inner error: the case without a step that must be left out, and that has changed the reference before this was
    /// known.
    fn try_answer(&mut self, case: Case, watch: Watch) -> Result<Result<Answered, Case>, TargetError> {
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
            let is_special = all_special || is_child || answer.is_err() || step.act().is_some();
            let left_out = is_special && self.must_be_left_out(is_child, &step, &answer);
            // What has been done already is undone by doing all the rest once more.
            if left_out && (step.act().is_some() || answer.is_ok()) {
                let mut less = Case { world, steps: done.into_iter().chain(steps).collect() };
                repair(&mut less);
                return Ok(Err(less));
            }
            if left_out {
                continue;
            }
            let closely = step.op.row().changes == Changes::Bytes;
            let left = if answer.is_ok() { self.reference.look(closely, watch) } else { Left::default() };
            expected.steps.push(StepTrace { result: answer, left });
            done.push(step);
            if expected.death().is_some() {
                return Ok(Ok(Answered { case: Case { world, steps: done }, expected }));
            }
        }
        expected.last = self.reference.look(true, watch);
        (expected.closing, expected.files) = self.reference.finish(watch);
        Ok(Ok(Answered { case: Case { world, steps: done }, expected }))
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
    pub fn compare(&mut self, case: Case, target: &mut dyn Target, watch: Watch) -> Result<Compared, TargetError> {
        let mut compared = self.compare_once(case, target, watch)?;
        // In a hurry a divergence can be seen later than it came about, as one of a kind that happens to be known.
        if compared.comparison.cut.is_some() && watch == Watch::Quick {
            compared = self.compare_once(compared.case, target, Watch::Full)?;
        }
        let mut left_out = Vec::new();
        while let (Some(step), true) = (compared.comparison.cut, left_out.len() < limits::LEFT_OUT) {
            left_out.extend(compared.comparison.known.into_iter().filter(|(at, _)| *at == step));
            let mut case = compared.case;
            case.steps.remove(step);
            repair(&mut case);
            compared = self.compare_once(case, target, Watch::Full)?;
        }
        compared.comparison.known.extend(left_out);
        Ok(compared)
    }

    fn compare_once(&mut self, case: Case, target: &mut dyn Target, watch: Watch) -> Result<Compared, TargetError> {
        let answered = self.answer(case, watch)?;
        let mut actual = answered.run_on(target, watch)?;
        let Answered { case, expected } = answered;
        look_for_leaks(&case, target, watch, &mut actual)?;
        let comparison = compare(&case, &expected, &actual, &self.rules);
        Ok(Compared { profile: self.profile, case, expected, actual, comparison })
    }
}

/// Whether an operation goes through a map item by item, making an object of each.
fn item_by_item(op: Op) -> bool {
    matches!(op, Op::List | Op::Reversed | Op::Contains | Op::FindAll)
}

/// A case, both its traces, and how they compare.
#[derive(Clone, Debug)]
pub struct Compared {
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
