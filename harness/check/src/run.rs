//! Running a case: first the reference, which makes its numbers plain, then a target.

use crate::compare::{Comparison, compare};
use crate::known::Rules;
use crate::limits;
use mmapcheck_reference::{Reference, Sim};
use mmapcheck_spec::{
    Case, Changes, End, Host, Machine, Op, Outcome, Profile, Step, StepTrace, Target, TargetError, Trace, Watch, repair,
};

/// A case with plain numbers, and what must happen in it.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The case as targets run it.
    pub case: Case,
    /// What the reference did.
    pub expected: Trace,
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
}

impl<M: Machine> Stepwise<M> {
    /// A target that tells nobody.
    pub fn new(machine: M, host: Host) -> Stepwise<M> {
        Stepwise { machine, host, mark: |_| {} }
    }
}

impl<M: Machine, F: FnMut(usize)> Target for Stepwise<M, F> {
    fn host(&self) -> &Host {
        &self.host
    }

    fn run(&mut self, case: &Case, watch: Watch) -> Result<Trace, TargetError> {
        Trace::of(&mut self.machine, case, watch, &mut self.mark)
    }
}

/// The reference in memory, ready to answer cases.
pub struct Judge {
    reference: Reference<Sim>,
    profile: Profile,
    rules: Rules,
    /// Whether steps are left out of which it is known that the target dies in them.
    spares: bool,
}

impl Judge {
    /// A judge by this profile.
    ///
    /// # Errors
    /// Where this system is none that the reference foresees.
    pub fn new(profile: Profile) -> Result<Judge, TargetError> {
        Ok(Judge { reference: Reference::in_memory(profile)?, profile, rules: Rules::default(), spares: false })
    }

    /// From now on every step is left out of which it is known that the target dies in it, for one whose death would end more
    /// than the case.
    pub fn spare(&mut self) {
        self.spares = true;
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

    /// Runs a case on the reference. Numbers become plain; steps that have no answer (a name that was not bound, a closed
    /// file, memory that is foreseen to be dead) are left out, and so are those that go through a long map item by item.
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

    /// As [`Judge::answer`], for a case of a campaign by its number: most are without the steps of which it is known that the
    /// target dies in them.
    ///
    /// # Errors
    /// Where the case's files cannot be made.
    pub fn answer_in_sweep(&mut self, number: u64, case: Case, watch: Watch) -> Result<Answered, TargetError> {
        let always = self.spares;
        self.spares |= !number.is_multiple_of(limits::KILLING);
        let answered = self.answer(case, watch);
        self.spares = always;
        answered
    }

    /// The inner error: the case without a step that must be left out, and that has changed the reference before this was
    /// known.
    fn try_answer(&mut self, case: Case, watch: Watch) -> Result<Result<Answered, Case>, TargetError> {
        let Case { world, steps } = case;
        self.reference.begin(&world)?;
        let mut done = Vec::with_capacity(steps.len());
        let mut expected = Trace { steps: Vec::with_capacity(steps.len()), ..Trace::default() };
        let mut steps = steps.into_iter();
        while let Some(mut step) = steps.next() {
            self.reference.resolve(&mut step);
            if item_by_item(step.op) && self.reference.map_len(step.on).is_some_and(|len| len > limits::ITEMS) {
                continue;
            }
            let is_child = self.reference.is_child();
            let answer = self.reference.step(&step);
            if self.must_be_undone(is_child, &step, &answer) {
                let mut less = Case { world, steps: done.into_iter().chain(steps).collect() };
                repair(&mut less);
                return Ok(Err(less));
            }
            let Ok(outcome) = answer else { continue };
            let closely = step.op.row().changes == Changes::Bytes;
            expected.steps.push(StepTrace { result: Ok(outcome), left: self.reference.look(closely, watch) });
            done.push(step);
        }
        expected.last = self.reference.look(true, watch);
        (expected.closing, expected.files) = self.reference.finish(watch);
        Ok(Ok(Answered { case: Case { world, steps: done }, expected }))
    }

    /// Whether a step must be left out that may have changed the reference: an exception would end all that a child does, and
    /// a step of an argument is done before the step it is given to turns out to have no answer.
    fn must_be_undone(&self, is_child: bool, step: &Step, answer: &Result<Outcome, End>) -> bool {
        match answer {
            Ok(Outcome::Raised(_)) if is_child => true,
            Ok(outcome) => step.act().is_some() && self.spares && self.rules.foresee_death(step, outcome),
            Err(_) => step.act().is_some(),
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
        let Answered { case, expected } = self.answer(case, watch)?;
        let actual = target.run(&case, watch)?;
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
