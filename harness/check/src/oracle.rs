//! The oracle: what must happen in a case.

use crate::limits;
use crate::pattern::Patterns;
use mmapcheck_reference::{MemoryStore, Reference};
use mmapcheck_spec::{
    Case, Changes, Detail, End, Op, Outcome, Profile, Snapshot, Step, StepTrace, Stepper, TargetError, Trace, repair,
};

/// A case with plain numbers, and what must happen in it.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The case as targets run it.
    pub case: Case,
    /// What the reference did.
    pub expected: Trace,
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
}

/// Whether an operation goes through a map item by item, making an object of each.
fn item_by_item(op: Op) -> bool {
    matches!(op, Op::List | Op::Reversed | Op::Contains | Op::FindAll)
}
