//! Diagnosis in a campaign: findings are explained as soon as they are shrunk, and the campaign goes on with what explains them
//! switched on, so that what it finds next is new.

use super::CampaignConfig;
use super::job::Job;
use super::look::InPlainTerms;
use super::model::{Explanation, ExplanationId, Snapshot};
use super::shared::Place;
use crate::compare::compare;
use crate::diagnosis::{Diagnosis, Observation, Question, diagnose, learn_again, observe, understanding};
use crate::differential::DifferentialRun;
use crate::divergence::{Bucket, Severity};
use crate::limits;
use crate::oracle::{AnswerOptions, Expected};
use crate::variation::{Variation, in_order};
use mmapcheck_spec::{Case, Detail, Op, TargetError};
use std::sync::Arc;
use std::time::Instant;

impl Job<'_> {
    /// Judges by the model as it is now.
    pub(super) fn renew_model(&mut self) {
        self.model = self.shared.tally().model.now();
        self.oracle.vary(&self.model.variations);
    }

    /// The answer of the rules alone to a case.
    fn by_rules(&mut self, case: &Case) -> Result<Expected, TargetError> {
        let options = AnswerOptions { known: &self.shared.config.known, ..AnswerOptions::new(Detail::Full) };
        self.oracle.without_variations(|plain| plain.answer(case.clone(), &options))
    }

    /// A run that diverges from the model, judged by the rules alone.
    pub(super) fn in_plain_terms(
        &mut self,
        run: &DifferentialRun,
        bucket: &Bucket,
    ) -> Result<InPlainTerms, TargetError> {
        if self.model.variations.is_empty() {
            return Ok(InPlainTerms::OfTheModel);
        }
        let answered = self.by_rules(&run.case)?;
        if answered.case != run.case {
            return Ok(InPlainTerms::OfTheModel);
        }
        let comparison = compare(&answered.case, &answered.expected, &run.actual, &self.shared.config.known);
        let at = run.comparison.divergences.iter().find(|divergence| divergence.bucket == *bucket).map(|one| one.step);
        Ok(match comparison.first(self.shared.severity).cloned() {
            None => InPlainTerms::Refuted,
            Some(first) if Some(first.step) == at => {
                let (expected, left_out) = (answered.expected, run.left_out.clone());
                InPlainTerms::Same(Box::new((DifferentialRun { expected, left_out, comparison, ..run.clone() }, first)))
            }
            Some(_) => InPlainTerms::OfTheModel,
        })
    }

    /// A run in which the target follows the rules alone and not the model: this one, or that of its case up to where it diverges
    /// from the model. None if it diverges from the rules there as well.
    pub(super) fn counterexample(
        &mut self,
        run: &DifferentialRun,
        number: u64,
    ) -> Result<Option<DifferentialRun>, TargetError> {
        let least = self.shared.severity;
        let (Some(plain), Some(first)) = (self.plain(run), run.comparison.first(least)) else { return Ok(None) };
        if plain.case != run.case {
            return Ok(None);
        }
        let by_rules = compare(&plain.case, &plain.expected, &run.actual, &self.shared.config.known);
        let differs = by_rules.first(least).map(|first| first.step);
        match differs {
            None => Ok(Some(run.clone())),
            Some(step) if step > first.step => {
                let start = run.case.without(first.step + 1..run.case.steps.len());
                let run = self.compare(start, number, Detail::Full)?;
                let is_refuted = matches!(self.in_plain_terms(&run, &first.bucket)?, InPlainTerms::Refuted);
                Ok(is_refuted.then_some(run))
            }
            Some(_) => Ok(None),
        }
    }

    /// The answer of the rules alone to the case of a run, if it differs from that of the model.
    pub(super) fn plain(&mut self, run: &DifferentialRun) -> Option<Expected> {
        if self.model.variations.is_empty() {
            return None;
        }
        let plain = self.by_rules(&run.case).ok()?;
        (plain.case != run.case || plain.expected != run.expected).then_some(plain)
    }

    /// Looks for what explains a finding, and goes on with it switched on. A death has to wait.
    pub(super) fn explain(&mut self, run: &DifferentialRun, bucket: &Bucket, place: Place) {
        if bucket.severity == Severity::Death {
            self.shared.tally().unexplained_deaths.push((run.clone(), bucket.clone(), place));
        } else {
            self.explain_now(run, bucket, place);
        }
    }

    /// Looks for what explains the deaths.
    pub(super) fn explain_deaths(&mut self) {
        loop {
            let next = self.shared.tally().unexplained_deaths.pop();
            let Some((run, bucket, place)) = next else { return };
            self.explain_now(&run, &bucket, place);
        }
    }

    fn explain_now(&mut self, run: &DifferentialRun, bucket: &Bucket, place: Place) {
        let shared = self.shared;
        let _turn = shared.take_turn();
        if shared.tally().is_plainly_explained(bucket) {
            return;
        }
        if !shared.may_diagnose() {
            shared.tally().unexplained.push((place, vec![Observation::of(run)]));
            return;
        }
        let began = Instant::now();
        let hang = shared.config.hang;
        self.worker.set_hang(hang.min(limits::HANG_AGAIN));
        self.longest_diagnosis =
            if bucket.severity == Severity::Death { limits::DIAGNOSIS_OF_DEATH } else { limits::DIAGNOSIS };
        // At the end of the time, the finding stays without an explanation.
        let found = self.explanation(run, place.inherited).ok().flatten();
        self.worker.set_hang(hang);
        let mut observed = std::mem::take(&mut self.unexplained);
        if observed.is_empty() {
            observed.push(Observation::of(run));
        }
        let mut tally = shared.tally();
        tally.diagnosing += began.elapsed();
        match found {
            Some(id) => tally.explain(place, id),
            None => tally.unexplained.push((place, observed)),
        }
        drop(tally);
        self.renew_model();
    }

    fn explanation(&mut self, run: &DifferentialRun, inherited: bool) -> Result<Option<ExplanationId>, TargetError> {
        let (seen, now) = (Observation::of(run), self.shared.tally().model.now());
        if let Some(id) = self.explained_by(&seen, &now)? {
            return Ok(Some(id));
        }
        let step = run.comparison.first(self.shared.severity).and_then(|first| run.case.steps.get(first.step));
        if let Some(op) = step.map(|step| step.op)
            && let Some(id) = self.borrowed(&seen, op, inherited)?
        {
            return Ok(Some(id));
        }
        // An explanation that random cases refute is not found again.
        for _ in 0..limits::CONTRADICTIONS {
            let Some(id) = self.hypothesis(run, inherited)? else { return Ok(None) };
            if self.holds(id)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Whether random cases leave an explanation in the model.
    pub(super) fn holds(&mut self, id: ExplanationId) -> Result<bool, TargetError> {
        self.probe(id)?;
        self.probe_rule(id)?;
        Ok(self.shared.tally().model.explanations.contains_key(&id))
    }

    /// The explanation of another operation, for this one, if it explains what was seen and random cases do not refute it: many
    /// operations share a function of the target.
    pub(super) fn borrowed(
        &mut self,
        seen: &Observation,
        op: Op,
        inherited: bool,
    ) -> Result<Option<ExplanationId>, TargetError> {
        let (now, others) = {
            let model = &self.shared.tally().model;
            (model.now().variations, model.of_others(op))
        };
        for variation in others {
            let with = in_order(now.iter().chain([&variation]));
            if understanding(seen, self.question(&with, &[]), &mut self.oracle)?.is_some() {
                let borrowed = Diagnosis::borrowed(variation, seen.clone());
                let id = self.shared.tally().model.add(borrowed, inherited);
                if self.holds(id)? {
                    return Ok(Some(id));
                }
            }
        }
        Ok(None)
    }

    /// An explanation of a finding: one that takes it in under other conditions, or a new one.
    fn hypothesis(&mut self, run: &DifferentialRun, inherited: bool) -> Result<Option<ExplanationId>, TargetError> {
        if let Some(id) = self.taken_in(run)? {
            return Ok(Some(id));
        }
        let (now, refuted) = {
            let tally = self.shared.tally();
            (tally.model.now(), tally.model.refuted.clone())
        };
        let question = self.question(&now.variations, &refuted);
        let all = observe(
            Observation::of(run),
            !self.near(run).is_empty(),
            question,
            &mut self.oracle,
            self.worker.as_mut(),
        )?;
        if all.len() == 1 {
            return Ok(None);
        }
        let Some(found) = diagnose(&all, question, &mut self.oracle)? else {
            let beside = self.explained_beside(run, &all, inherited)?;
            if beside.is_none() {
                self.unexplained = all;
            }
            return Ok(beside);
        };
        if let Some((id, wider)) = self.widened(&all[0], &found)? {
            self.shared.tally().model.replace(id, wider);
            return Ok(Some(id));
        }
        Ok(Some(self.shared.tally().model.add(found, inherited)))
    }

    /// Widens the conditions of an explanation of an operation of the finding, so that it takes the finding in.
    fn taken_in(&mut self, run: &DifferentialRun) -> Result<Option<ExplanationId>, TargetError> {
        let seen = Observation::of(run);
        for id in self.near(run) {
            let known = self.shared.tally().model.explanations[&id].diagnosis.clone();
            if let Some(wider) = self.wider(id, &known, std::slice::from_ref(&seen), &seen)? {
                self.shared.tally().model.replace(id, wider);
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// The explanations that may be changed, of the operations of a case.
    fn near(&self, run: &DifferentialRun) -> Vec<ExplanationId> {
        let ops: Vec<_> = run.case.all_steps().map(|step| step.op).collect();
        let near = |one: &Explanation| one.known.is_none() && one.variation.ops.iter().any(|op| ops.contains(op));
        let tally = self.shared.tally();
        tally.model.explanations.iter().filter(|(_, one)| near(one)).map(|(id, _)| *id).collect()
    }

    /// Explains a finding together with another explanation of its operation, whose conditions are learned again: one that was
    /// found first may be too wide.
    fn explained_beside(
        &mut self,
        run: &DifferentialRun,
        all: &[Observation],
        inherited: bool,
    ) -> Result<Option<ExplanationId>, TargetError> {
        let (shared, seen) = (self.shared, Observation::of(run));
        for id in self.near(run) {
            let (others, known, refuted) = {
                let model = &shared.tally().model;
                (model.without(id), model.explanations[&id].diagnosis.clone(), model.refuted.clone())
            };
            let question = self.question(&others, &refuted);
            let Some(found) = diagnose(all, question, &mut self.oracle)? else { continue };
            let with = in_order(others.iter().chain([&found.variation]));
            let question = self.question(&with, &[]);
            let Some(narrower) = learn_again(&known, &found.observations, question, &mut self.oracle)? else {
                continue;
            };
            let both = in_order(with.iter().chain([&narrower.variation]));
            if understanding(&seen, self.question(&both, &[]), &mut self.oracle)?.is_some() {
                let model = &mut shared.tally().model;
                let found = model.add(found, inherited);
                model.replace(id, narrower);
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The explanation of an observation in this model, if it has one.
    pub(super) fn explained_by(
        &mut self,
        seen: &Observation,
        model: &Snapshot,
    ) -> Result<Option<ExplanationId>, TargetError> {
        let applied = understanding(seen, self.question(&model.variations, &[]), &mut self.oracle)?;
        Ok(applied.and_then(|applied| applied.last().and_then(|place| model.id(*place))))
    }

    /// An explanation with the same effect as this one, learned again so that it explains this observation as well.
    fn widened(
        &mut self,
        seen: &Observation,
        found: &Diagnosis,
    ) -> Result<Option<(ExplanationId, Diagnosis)>, TargetError> {
        let (id, known) = {
            let model = &self.shared.tally().model;
            let Some(id) = model.like(&found.variation) else { return Ok(None) };
            (id, model.explanations[&id].diagnosis.clone())
        };
        Ok(self.wider(id, &known, &found.observations, seen)?.map(|wider| (id, wider)))
    }

    /// An explanation learned again from more observations, if it then explains this one of them.
    fn wider(
        &mut self,
        id: ExplanationId,
        known: &Diagnosis,
        more: &[Observation],
        seen: &Observation,
    ) -> Result<Option<Diagnosis>, TargetError> {
        let others = self.shared.tally().model.without(id);
        let Some(wider) = learn_again(known, more, self.question(&others, &[]), &mut self.oracle)? else {
            return Ok(None);
        };
        let with = in_order(others.iter().chain([&wider.variation]));
        let explains = understanding(seen, self.question(&with, &[]), &mut self.oracle)?.is_some();
        Ok(explains.then_some(wider))
    }

    /// Corrects a model that says of this run what the target did not do, though the rules alone say it.
    pub(super) fn correct(&mut self, run: &DifferentialRun) -> Result<(), TargetError> {
        let shared = self.shared;
        let _turn = shared.take_turn();
        let seen = Observation::of(run);
        let now = shared.tally().model.now();
        self.oracle.vary(&now.variations);
        self.oracle.answer(seen.case.clone(), &AnswerOptions::new(Detail::Full))?;
        let applied: Vec<_> = self.oracle.applied().collect();
        for id in applied.into_iter().rev().filter_map(|place| now.id(place)) {
            if !self.narrow(id, &seen)? {
                continue;
            }
            let now = shared.tally().model.now();
            if understanding(&seen, self.question(&now.variations, &[]), &mut self.oracle)?.is_some() {
                break;
            }
        }
        self.renew_model();
        Ok(())
    }

    /// Learns the conditions of an explanation again, from an observation that contradicts it. An explanation that is contradicted
    /// too often is given up. Returns whether it is one that can be learned.
    pub(super) fn narrow(&mut self, id: ExplanationId, seen: &Observation) -> Result<bool, TargetError> {
        let shared = self.shared;
        let (others, known) = {
            let tally = shared.tally();
            let one = tally.model.explanations.get(&id).filter(|one| one.known.is_none());
            let Some(one) = one else { return Ok(false) };
            (tally.model.without(id), one.diagnosis.clone())
        };
        if !known.is_learned() {
            shared.tally().drop_too_wide(id);
            return Ok(true);
        }
        let question = self.question(&others, &[]);
        let narrower = learn_again(&known, std::slice::from_ref(seen), question, &mut self.oracle)?;
        let mut tally = shared.tally();
        match narrower {
            Some(narrower) => tally.model.replace(id, narrower),
            // A rule has no conditions that could be narrower.
            None if known.variation.is_everywhere() || tally.model.contradict(id) => tally.refute(id),
            None => {}
        }
        Ok(true)
    }

    pub(super) fn question<'q>(&self, model: &'q Arc<[Variation]>, refuted: &'q [Variation]) -> Question<'q>
    where
        Self: 'q,
    {
        let until = Instant::now() + self.longest_diagnosis;
        Question { until, ..question(self.shared.config, self.shared.severity, model, refuted) }
    }
}

pub(super) fn question<'q>(
    config: &'q CampaignConfig,
    severity: Severity,
    model: &'q Arc<[Variation]>,
    refuted: &'q [Variation],
) -> Question<'q> {
    let until = Instant::now() + limits::DIAGNOSIS;
    Question { model, known: &config.known, severity, refuted, is_lenient: false, until }
}
