//! Evidence: what a target did, and whether varied rules say the same.

use crate::compare::compare;
use crate::differential::run_expected;
use crate::divergence::Severity;
use crate::oracle::{AnswerOptions, Expected, Omissions, Oracle};
use crate::pattern::Patterns;
use crate::variation::{Condition, Situation, Variation, Varied, conditions};
use mmapcheck_spec::{Case, Detail, Outcome, Step, Stepper, Target, TargetError, Trace};
use std::sync::Arc;

/// What a diagnosis starts from.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The variations that explain earlier findings: they are switched on throughout.
    pub model: &'a Arc<[Variation]>,
    /// The known divergences, which are no evidence.
    pub known: &'a Patterns,
    /// The mildest severity of a divergence.
    pub severity: Severity,
}

/// A case with plain numbers, what the target did, and what the model does.
pub(super) struct Evidence {
    pub(super) case: Case,
    pub(super) actual: Trace,
    /// The steps as the model does them, up to the first without an answer.
    pub(super) steps: Vec<Met>,
    /// The step of the first divergence from the model; the number of steps for the end of the case.
    pub(super) first: Option<usize>,
}

/// A step as the model does it.
pub(super) struct Met {
    pub(super) step: Step,
    pub(super) answer: Outcome,
    /// Every condition that holds.
    pub(super) conditions: Vec<Condition>,
}

/// Compares evidence with varied rules.
pub(super) struct Judge<'a> {
    oracle: &'a mut Oracle,
    question: Question<'a>,
    /// The model.
    varied: Varied,
}

impl<'a> Judge<'a> {
    pub(super) fn new(oracle: &'a mut Oracle, question: Question<'a>) -> Result<Judge<'a>, TargetError> {
        let mut varied = Varied::new(oracle.profile())?;
        varied.vary(question.model);
        Ok(Judge { oracle, question, varied })
    }

    /// Runs a case on the target. `None` where the model has no answer to any of its steps.
    pub(super) fn evidence(&mut self, case: Case, target: &mut dyn Target) -> Result<Option<Evidence>, TargetError> {
        self.oracle.vary(self.question.model);
        let known = self.question.known;
        let options = AnswerOptions { omissions: Omissions::ALL_DEATHS, known, ..AnswerOptions::new(Detail::Full) };
        let answered = self.oracle.answer(case, &options)?;
        if answered.case.steps.is_empty() {
            return Ok(None);
        }
        let actual = run_expected(&answered, target, Detail::Full, None)?;
        self.observed(answered.case, actual).map(Some)
    }

    /// What the target did in a case with plain numbers.
    pub(super) fn observed(&mut self, case: Case, actual: Trace) -> Result<Evidence, TargetError> {
        let steps = self.steps(&case)?;
        let mut evidence = Evidence { case, actual, steps, first: None };
        let model = Arc::clone(self.question.model);
        evidence.first = self.divergence(&evidence, &model)?;
        Ok(evidence)
    }

    /// Whether the target did what the model does with one more variation.
    pub(super) fn is_explained(&mut self, evidence: &Evidence, more: &Variation) -> Result<bool, TargetError> {
        let all: Arc<[Variation]> = self.question.model.iter().chain([more]).cloned().collect();
        Ok(self.divergence(evidence, &all)?.is_none())
    }

    fn divergence(&mut self, evidence: &Evidence, rules: &Arc<[Variation]>) -> Result<Option<usize>, TargetError> {
        self.oracle.vary(rules);
        let answered = self.oracle.answer(evidence.case.clone(), &AnswerOptions::new(Detail::Full))?;
        let Expected { case, expected, left_out } = answered;
        if let Some(step) = left_out.first() {
            return Ok(Some(step.place));
        }
        let compared = compare(&case, &expected, &evidence.actual, self.question.known);
        Ok(compared.first(self.question.severity).map(|divergence| divergence.step))
    }

    fn steps(&mut self, case: &Case) -> Result<Vec<Met>, TargetError> {
        self.varied.begin(&case.world)?;
        let mut all = Vec::new();
        for step in &case.steps {
            let situation = Situation::of(self.varied.reference(), step);
            let Ok(answer) = self.varied.step(step) else { break };
            all.push(Met { step: step.clone(), conditions: conditions(step, situation, &answer), answer });
        }
        Ok(all)
    }
}
