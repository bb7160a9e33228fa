//! Explanations found early were learned while other differences of the target were in the way. At the end of a campaign each is
//! sought again beside all others.

use super::Finding;
use super::conclude::conclude;
use super::job::Job;
use super::model::ExplanationId;
use super::refit::Gain;
use super::shared::Place;
use crate::diagnosis::{Observation, diagnose, understanding};
use crate::variation::{Variation, in_order};
use mmapcheck_spec::{Op, TargetError};
use std::sync::Arc;
use std::time::Instant;

/// How often all explanations are refined: what is refined first changes what the others have to explain.
const ROUNDS: usize = 2;

impl Job<'_> {
    /// Refines the explanations, unless another job has done so.
    pub(super) fn refine_once(&mut self) -> Result<(), TargetError> {
        let shared = self.shared;
        let _turn = shared.take_turn();
        if std::mem::replace(&mut shared.tally().refined, true) {
            return Ok(());
        }
        let (began, longest) = (Instant::now(), shared.longest_refinement());
        let until = began + longest;
        for _ in 0..ROUNDS {
            self.explain_the_rest(until)?;
            self.refine(until)?;
            self.weed(Instant::now() + longest / 4)?;
        }
        let until = Instant::now() + longest / 2;
        self.refit(until)?;
        self.weed(Instant::now() + longest / 4)?;
        {
            let (mut tally, until) = (shared.tally(), until + longest / 2);
            conclude(shared.config, shared.severity, until, &mut tally, &mut self.oracle)?;
        }
        self.show_firmest(Instant::now() + longest / 4)?;
        shared.tally().diagnosing += began.elapsed();
        self.renew_model();
        Ok(())
    }

    /// Seeks explanations of findings that had none when they were found.
    fn explain_the_rest(&mut self, until: Instant) -> Result<(), TargetError> {
        let left = std::mem::take(&mut self.shared.tally().unexplained);
        for (place, all) in left {
            let now = self.shared.tally().model.now();
            let inherited = place.inherited;
            let refuted = self.shared.tally().model.refuted.clone();
            let question = self.question(&now.variations, &refuted);
            if !self.is_time(until) || understanding(&all[0], question, &mut self.oracle)?.is_some() {
                continue;
            }
            let found = if all.len() > 1 { diagnose(&all, question, &mut self.oracle)? } else { None };
            let id = match (found, self.operation(place)) {
                (Some(found), _) => Some(self.shared.tally().model.add(found, inherited)),
                (None, Some(op)) => self.borrowed(&all[0], op, inherited)?,
                (None, None) => None,
            };
            match id {
                Some(id) => {
                    self.shared.tally().explain(place, id);
                    self.holds(id)?;
                }
                None => self.shared.tally().unexplained.push((place, all)),
            }
        }
        Ok(())
    }

    /// The operation that shows the divergence of a finding.
    fn operation(&self, place: Place) -> Option<Op> {
        let mut tally = self.shared.tally();
        let finding = tally.finding(place);
        finding.compared.case.steps.get(finding.divergence.step).map(|step| step.op)
    }

    /// Seeks each explanation again beside all others; and in place of all others of its operations, which may be one.
    fn refine(&mut self, until: Instant) -> Result<(), TargetError> {
        let ids: Vec<_> = self.shared.tally().model.explanations.keys().copied().collect();
        for id in ids {
            if !self.is_time(until) {
                return Ok(());
            }
            let siblings = self.shared.tally().model.siblings(id);
            if !siblings.is_empty() && self.seek_again(id, &siblings)? {
                continue;
            }
            self.seek_again(id, &[])?;
        }
        Ok(())
    }

    /// Seeks an explanation again, to be in place of others as well. Returns whether another one was found.
    fn seek_again(&mut self, id: ExplanationId, others: &[ExplanationId]) -> Result<bool, TargetError> {
        let replaced: Vec<_> = [id].into_iter().chain(others.iter().copied()).collect();
        let (known, rest, refuted) = {
            let model = &self.shared.tally().model;
            let one = model.explanations.get(&id).filter(|one| one.known.is_none() && one.diagnosis.is_learned());
            let Some(one) = one else { return Ok(false) };
            (one.diagnosis.clone(), model.without_all(&replaced), model.refuted.clone())
        };
        let found = diagnose(&known.observations, self.question(&rest, &refuted), &mut self.oracle)?;
        let Some(better) = found.filter(|found| found.variation != known.variation || !others.is_empty()) else {
            return Ok(false);
        };
        let with = in_order(rest.iter().chain([&better.variation]));
        if !self.explains_all_of(&replaced, &with)? || self.loses(&better.variation.ops, &with)? {
            return Ok(false);
        }
        self.shared.tally().join(id, others, better);
        self.holds(id)?;
        Ok(true)
    }

    /// Whether a model takes in less of the sample than that of now: others may rest on what it replaces. They differ in these
    /// operations.
    fn loses(&mut self, ops: &[Op], model: &Arc<[Variation]>) -> Result<bool, TargetError> {
        let (now, sample) = {
            let tally = self.shared.tally();
            (tally.model.now().variations, tally.sample.clone())
        };
        Ok(Gain::of(&sample, ops, (&now, model), self.question(model, &[]), &mut self.oracle)?.is_loss())
    }

    pub(super) fn is_time(&self, until: Instant) -> bool {
        Instant::now() < until && !self.shared.stop.is_due()
    }

    /// Whether a model without these explanations explains their findings.
    pub(super) fn explains_all_of(
        &mut self,
        ids: &[ExplanationId],
        model: &Arc<[Variation]>,
    ) -> Result<bool, TargetError> {
        let all: Vec<_> = {
            let tally = self.shared.tally();
            let is_theirs = |finding: &&Finding| finding.explanation.is_some_and(|id| ids.contains(&id));
            let its_own = tally.all_findings().filter(is_theirs);
            its_own.map(|finding| Observation::of(&finding.compared)).collect()
        };
        for seen in all {
            if understanding(&seen, self.question(model, &[]), &mut self.oracle)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
