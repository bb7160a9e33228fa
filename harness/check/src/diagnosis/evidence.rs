//! Evidence: what a target did, and whether varied rules say the same.

use crate::compare::compare;
use crate::differential::{DifferentialRun, run_expected};
use crate::divergence::{Field, Severity};
use crate::oracle::{AnswerOptions, Expected, Omissions, Oracle};
use crate::pattern::Patterns;
use crate::variation::{Condition, Effect, Situation, Variation, Varied, conditions, in_order};
use mmapcheck_spec::{Case, Detail, Op, Outcome, Profile, Step, Stepper, Target, TargetError, Trace};
use std::sync::Arc;
use std::time::Instant;

/// The start of a diagnosis, and the time of its end.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The variations that explain earlier findings: they are switched on throughout.
    pub model: &'a Arc<[Variation]>,
    /// The known divergences, which are no evidence.
    pub known: &'a Patterns,
    /// The mildest severity of a divergence.
    pub severity: Severity,
    /// Effects that are not those of the target, as counterexamples have shown.
    pub refuted: &'a [Variation],
    /// Whether a few of many observations may speak against an explanation: in random cases, a target may differ for another reason.
    pub is_lenient: bool,
    /// When no further case is run.
    pub until: Instant,
}

/// A case with plain numbers, and what the target did.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The case.
    pub case: Case,
    /// The trace of the target.
    pub actual: Trace,
}

impl Observation {
    /// The observation of a run.
    #[must_use]
    pub fn of(run: &DifferentialRun) -> Observation {
        Observation { case: run.case.clone(), actual: run.actual.clone() }
    }

    /// Whether the case has a step of one of these operations, in a callback too.
    #[must_use]
    pub fn has_step_of(&self, ops: &[Op]) -> bool {
        self.case.all_steps().any(|step| ops.contains(&step.op))
    }
}

/// Of so many observations that speak for an explanation, one may speak against it.
const TOLERANCE: usize = 50;

/// The place of a step in a case; for the step of a callback, that of the step which it interrupts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) in_callback: bool,
}

/// An observation, and what the model does.
pub(super) struct Evidence {
    pub(super) seen: Observation,
    /// The steps as the model does them, up to the first without an answer.
    pub(super) steps: Vec<Met>,
    /// The steps of callbacks, as the model does them.
    pub(super) callbacks: Vec<Interruption>,
    /// The first divergence from the model.
    pub(super) first: Option<Difference>,
}

/// Where a target first diverges from rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The step; the number of steps for the end of the case.
    pub(super) step: usize,
    /// The field; none where the rules have no answer.
    field: Option<Field>,
}

/// The place of a step, and the step of its callback.
pub(super) type Interruption = (usize, Met);

impl Evidence {
    /// The step at a place.
    pub(super) fn met(&self, place: Place) -> Option<&Met> {
        match place.in_callback {
            true => self.callbacks.iter().find(|(at, _)| *at == place.at).map(|(_, met)| met),
            false => self.steps.get(place.at),
        }
    }

    /// Whether a variation under which the first difference is this one makes wrong what the model says rightly. Behind the first
    /// divergence from the model, where the target differs in a way of its own, nothing speaks against the variation.
    pub(super) fn is_contradiction(&self, difference: Option<Difference>) -> bool {
        difference.is_some_and(|with| self.first.is_none_or(|first| with.step < first.step))
    }
}

/// A step as the model does it.
pub(super) struct Met {
    pub(super) step: Step,
    pub(super) answer: Outcome,
    /// Every condition that holds for the step.
    given: Vec<Condition>,
    /// Every condition that holds for the step that the model does in its place, where it does another one.
    done: Option<Vec<Condition>>,
}

impl Met {
    /// The conditions under which an effect would be had.
    pub(super) fn conditions(&self, effect: &Effect) -> &Vec<Condition> {
        self.done.as_ref().filter(|_| !matches!(effect, Effect::Does(_))).unwrap_or(&self.given)
    }
}

/// Compares evidence with varied rules.
pub(super) struct Judge<'a> {
    oracle: &'a mut Oracle,
    pub(super) question: Question<'a>,
    /// The model.
    varied: Varied,
}

impl<'a> Judge<'a> {
    pub(super) fn new(oracle: &'a mut Oracle, question: Question<'a>) -> Result<Judge<'a>, TargetError> {
        let mut varied = Varied::new(oracle.profile())?;
        varied.vary(question.model);
        Ok(Judge { oracle, question, varied })
    }

    /// How many observations may speak against an explanation that so many speak for.
    pub(super) fn tolerated(&self, many: usize) -> usize {
        if self.question.is_lenient { many / TOLERANCE } else { 0 }
    }

    pub(super) fn profile(&self) -> Profile {
        self.oracle.profile()
    }

    /// Runs a case on the target. `None` where the model has no answer to any of its steps.
    pub(super) fn observe(&mut self, case: Case, target: &mut dyn Target) -> Result<Option<Observation>, TargetError> {
        self.oracle.vary(self.question.model);
        let known = self.question.known;
        let options = AnswerOptions { omissions: Omissions::ALL_DEATHS, known, ..AnswerOptions::new(Detail::Full) };
        let answered = self.oracle.answer(case, &options)?;
        if answered.case.steps.is_empty() {
            return Ok(None);
        }
        let actual = run_expected(&answered, target, Detail::Full, None)?;
        Ok(Some(Observation { case: answered.case, actual }))
    }

    /// Compares an observation with the model.
    pub(super) fn observed(&mut self, seen: Observation) -> Result<Evidence, TargetError> {
        let (steps, callbacks) = self.steps(&seen.case)?;
        let mut evidence = Evidence { seen, steps, callbacks, first: None };
        let model = Arc::clone(self.question.model);
        evidence.first = self.first_difference(&evidence.seen, &model)?;
        Ok(evidence)
    }

    /// The first divergence from the model with one more variation; none if that explains all that the target did.
    pub(super) fn difference_with(
        &mut self,
        evidence: &Evidence,
        more: &Variation,
    ) -> Result<Option<Difference>, TargetError> {
        let all = in_order(self.question.model.iter().chain([more]));
        self.first_difference(&evidence.seen, &all)
    }

    /// Whether a variation that was just tried gives another answer where the target diverges from the model, and not that of the
    /// target.
    pub(super) fn is_wrong(&self, evidence: &Evidence, more: &Variation, difference: Option<Difference>) -> bool {
        let all = in_order(self.question.model.iter().chain([more]));
        let place = all.iter().rposition(|one| one == more);
        let step = difference.and_then(|with| evidence.seen.case.steps.get(with.step));
        let mut ops = step.into_iter().flat_map(|step| step.callback().into_iter().chain([step])).map(|step| step.op);
        evidence.first == difference
            && ops.any(|op| more.ops.contains(&op))
            && place.is_some_and(|place| self.oracle.applied().any(|applied| applied == place))
    }

    /// The first divergence from the reference with these variations.
    pub(super) fn first_difference(
        &mut self,
        seen: &Observation,
        rules: &Arc<[Variation]>,
    ) -> Result<Option<Difference>, TargetError> {
        self.oracle.vary(rules);
        let answered = self.oracle.answer(seen.case.clone(), &AnswerOptions::new(Detail::Full))?;
        let Expected { case, expected, left_out } = answered;
        if let Some(step) = left_out.first() {
            if step.reason.is_unforeseen() {
                return self.difference_before(seen, step.place);
            }
            return Ok(Some(Difference { step: step.place, field: None }));
        }
        Ok(self.compared(&case, &expected, &seen.actual))
    }

    /// The first divergence of a target from what rules say of a case.
    fn compared(&self, case: &Case, expected: &Trace, actual: &Trace) -> Option<Difference> {
        let compared = compare(case, expected, actual, self.question.known);
        let first = compared.first(self.question.severity)?;
        Some(Difference { step: first.step, field: Some(first.bucket.field) })
    }

    /// The first divergence before a step which the rules that are switched on say nothing of.
    fn difference_before(&mut self, seen: &Observation, end: usize) -> Result<Option<Difference>, TargetError> {
        let case = seen.case.without(end..seen.case.steps.len());
        let answered = self.oracle.answer(case, &AnswerOptions::new(Detail::Full))?;
        let Expected { case, expected, left_out } = answered;
        if let Some(step) = left_out.first() {
            return Ok(Some(Difference { step: step.place, field: None }));
        }
        // The end of the case is that of the rules: nothing was seen of the target there.
        let steps = seen.actual.steps.iter().take(end).cloned().collect();
        Ok(self.compared(&case, &expected, &Trace { steps, ..expected.clone() }))
    }

    /// The steps of a case as the model does them, and those of its callbacks.
    fn steps(&mut self, case: &Case) -> Result<(Vec<Met>, Vec<Interruption>), TargetError> {
        let mut callbacks = Vec::new();
        for (at, step) in case.steps.iter().enumerate() {
            let Some(callback) = step.callback() else { continue };
            callbacks.extend(self.after(case, at, callback)?.map(|met| (at, met)));
        }
        self.varied.begin(&case.world)?;
        Ok((case.steps.iter().map_while(|step| self.met(step)).collect(), callbacks))
    }

    /// A step as the model does it after the first steps of a case.
    fn after(&mut self, case: &Case, many: usize, step: &Step) -> Result<Option<Met>, TargetError> {
        self.varied.begin(&case.world)?;
        if case.steps[..many].iter().any(|before| self.varied.step(before).is_err()) {
            return Ok(None);
        }
        let mut step = step.clone();
        step.resolve(&mut |step, base| self.varied.base(step, base));
        Ok(self.met(&step))
    }

    fn met(&mut self, step: &Step) -> Option<Met> {
        let (situation, mut done) = (Situation::of(self.varied.reference(), step), step.clone());
        let answer = self.varied.step_as_done(&mut done).ok()?;
        let under = |step: &Step| conditions(step, situation, Some(&answer));
        let (given, done) = (under(step), (done != *step).then(|| under(&done)));
        Some(Met { step: step.clone(), answer, given, done })
    }
}
