//! Cases: a world of files, and the steps done in it, legal by construction.

use crate::operation::Op;
use crate::repair::{repair, repair_unbound};
use crate::step::Step;
use crate::value::Base;
use crate::world::World;
use serde::{Deserialize, Serialize};
use std::iter::Enumerate;
use std::ops::{Deref, Range};

/// A world and steps that need not fit each other: the editable form of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Draft {
    /// The files that are there when the steps begin.
    pub world: World,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Draft {
    /// The nearest legal case. Every name is bound before a step uses it, in the order of the slots, every argument has a place
    /// in the form of its operation, no number names a descriptor that may be open in the process, and every child is waited
    /// for. A name keeps its meaning: its slot may change, and all steps that use it follow. A step that cannot be repaired is
    /// dropped.
    #[must_use]
    pub fn repair(mut self) -> Case {
        repair(&mut self.world, &mut self.steps);
        Case(self)
    }

    /// The steps from this one on that one process does in one go: the step alone, or a `fork` with all that its child does.
    #[must_use]
    pub fn block(&self, at: usize) -> &[Step] {
        let steps = &self.steps[at..];
        let is_fork = steps.first().is_some_and(|step| step.op == Op::Fork);
        let ends = |step: &Step| !is_fork || step.op == Op::Wait;
        let rest = steps.iter().skip(1).take_while(|step| !ends(step)).count();
        &steps[..(1 + rest).min(steps.len())]
    }

    /// The step to leave out so that this one is left out: a `wait` goes with its `fork`, any other step by itself.
    #[must_use]
    pub fn step_to_leave_out(&self, at: usize) -> usize {
        let is_wait = self.steps.get(at).is_some_and(|step| step.op == Op::Wait);
        let fork = self.steps.iter().take(at).rposition(|step| step.op == Op::Fork);
        fork.filter(|_| is_wait).unwrap_or(at)
    }

    /// Whether a step is done by a child process.
    #[must_use]
    pub fn is_in_child(&self, at: usize) -> bool {
        let before = self.steps[..at].iter().rev().find(|step| step.op.is_of_children());
        before.is_some_and(|step| step.op == Op::Fork) && self.steps[at].op != Op::Wait
    }

    /// Every step, also those that arguments do, each before the step it is done in.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().flat_map(|step| step.callback().into_iter().chain([step]))
    }
}

/// A world and its steps, legal by construction: its fields can be read as those of a [`Draft`], and every edit repairs.
///
/// Dropping, swapping or changing any step is therefore always a legal change, which generating, shrinking and mutating
/// rest on.
///
/// Deserialising takes the value as it was serialised, without repair: internal pipes carry cases of a [`Sieve`] too.
///
/// A case is serialised for a pipe between two processes of one program. It arrives as it was sent, without a repair, so that
/// the names of sifted steps ([`Sieve`]) keep their slots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Case(Draft);

impl Deref for Case {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.0
    }
}

impl Case {
    /// The nearest legal case to a world and steps ([`Draft::repair`]).
    #[must_use]
    pub fn new(world: World, steps: Vec<Step>) -> Case {
        Draft { world, steps }.repair()
    }

    /// A copy to be edited.
    #[must_use]
    pub fn draft(&self) -> Draft {
        self.0.clone()
    }

    /// The world and the steps, to be edited.
    #[must_use]
    pub fn into_draft(self) -> Draft {
        self.0
    }

    /// Changes the case, and repairs it.
    pub fn edit(&mut self, change: impl FnOnce(&mut Draft)) {
        change(&mut self.0);
        repair(&mut self.0.world, &mut self.0.steps);
    }

    /// The case without some of its steps.
    #[must_use]
    pub fn without(&self, steps: Range<usize>) -> Case {
        let mut less = self.clone();
        less.edit(|draft| drop(draft.steps.drain(steps)));
        less
    }

    /// The case up to a step, without it. Names keep their slots. A child that has begun is waited for.
    #[must_use]
    pub fn until(&self, step: usize) -> Case {
        let mut begun = self.0.clone();
        begun.steps.truncate(step);
        let last = begun.steps.iter().rfind(|step| step.op.is_of_children());
        if last.is_some_and(|step| step.op == Op::Fork) {
            begun.steps.push(Step::new(Op::Wait, 0, []));
        }
        Case(begun)
    }

    /// Goes through the steps in order, to keep those that have an answer.
    #[must_use]
    pub fn sift(self) -> Sieve {
        let Draft { world, steps } = self.0;
        let kept = Vec::with_capacity(steps.len());
        Sieve { world, kept, left_out: Vec::new(), rest: steps.into_iter().enumerate() }
    }

    /// The case with the steps that a [`Sieve`] left out of it, each with its place in the whole case, in order.
    #[must_use]
    pub fn restored(mut self, left_out: impl IntoIterator<Item = (usize, Step)>) -> Case {
        for (place, step) in left_out {
            let place = place.min(self.0.steps.len());
            self.0.steps.insert(place, step);
        }
        self
    }
}

/// A case whose steps are kept or left out one by one, in order.
///
/// Names keep their slots, so that a trace of the kept steps fits them: `m3` may be bound where `m2` never is. The next edit
/// numbers them without gaps.
#[derive(Debug)]
pub struct Sieve {
    world: World,
    kept: Vec<Step>,
    /// The steps left out, each with its place in the case.
    left_out: Vec<(usize, Step)>,
    rest: Enumerate<std::vec::IntoIter<Step>>,
}

/// A step that was taken out of a [`Sieve`]. Only its numbers can be changed.
#[derive(Debug)]
pub struct Sifted {
    place: usize,
    step: Step,
}

impl Deref for Sifted {
    type Target = Step;

    fn deref(&self) -> &Step {
        &self.step
    }
}

impl Sifted {
    /// The place of the step in the case, counted from 0.
    #[must_use]
    pub fn place(&self) -> usize {
        self.place
    }
}

impl Sieve {
    /// The files the case starts with.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The next step, its numbers made plain ([`Step::resolve`]), to be kept or left out.
    pub fn next(&mut self, mut base: impl FnMut(&Step, Base) -> u64) -> Option<Sifted> {
        let (place, mut step) = self.rest.next()?;
        step.resolve(&mut base);
        Some(Sifted { place, step })
    }

    /// Keeps a step.
    pub fn keep(&mut self, step: Sifted) {
        self.kept.push(step.step);
    }

    /// Leaves a step out.
    pub fn leave_out(&mut self, step: Sifted) {
        self.left_out.push((step.place, step.step));
    }

    /// The whole case again. The numbers of the steps that were taken are plain.
    #[must_use]
    pub fn restore(self) -> Case {
        let taken = Case(Draft { world: self.world, steps: self.kept });
        let mut whole = taken.restored(self.left_out);
        whole.0.steps.extend(self.rest.map(|(_, step)| step));
        whole
    }

    /// Whether the step's callback names a name that no kept step binds. A step that were kept with it could not be printed,
    /// even if the callback is never called.
    #[must_use]
    pub fn names_unbound(&self, step: &Sifted) -> bool {
        if step.callback().is_none() || !self.left_out.iter().any(|(_, step)| step.binds_a_name()) {
            return false;
        }
        let mut steps = self.kept.clone();
        steps.push(step.step.clone());
        repair_unbound(&self.world, &mut steps);
        steps.get(self.kept.len()) != Some(&step.step)
    }

    /// The steps kept as a case, and the steps left out, each with its place in the whole case. A kept step may name only names
    /// that a step kept before it binds: any other has no answer, or is left out by [`Sieve::names_unbound`].
    #[must_use]
    pub fn finish(self) -> (Case, Vec<(usize, Step)>) {
        (Case(Draft { world: self.world, steps: self.kept }), self.left_out)
    }
}
