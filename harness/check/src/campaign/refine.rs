//! Explanations found early were learned while other differences of the target were in the way. At the end of a campaign each is
//! sought again beside all others.

use super::conclude::conclude;
use super::explain::observation;
use super::job::Job;
use super::model::ExplanationId;
use super::shared::Place;
use crate::diagnosis::{diagnose, understanding};
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
        let (began, until) = (Instant::now(), Instant::now() + shared.longest_refinement());
        for _ in 0..ROUNDS {
            self.explain_the_rest(until)?;
            self.refine(until)?;
        }
        {
            let mut tally = shared.tally();
            conclude(shared.config, shared.severity, &mut tally, &mut self.oracle)?;
            tally.diagnosing += began.elapsed();
        }
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
                    self.probe(id)?;
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

    /// Seeks each explanation again beside all others.
    fn refine(&mut self, until: Instant) -> Result<(), TargetError> {
        let ids: Vec<_> = self.shared.tally().model.explanations.keys().copied().collect();
        for id in ids {
            let known = {
                let tally = self.shared.tally();
                let one = tally.model.explanations.get(&id).filter(|one| one.known.is_none());
                let Some(one) = one.filter(|one| one.diagnosis.is_learned()) else { continue };
                one.diagnosis.clone()
            };
            if !self.is_time(until) {
                return Ok(());
            }
            let others = self.shared.tally().model.without(id);
            let question = self.question(&others, &[]);
            let Some(better) = diagnose(&known.observations, question, &mut self.oracle)? else { continue };
            if better.variation != known.variation && self.explains_all_of(id, &others, &better.variation)? {
                self.shared.tally().model.replace(id, better);
                self.probe(id)?;
            }
        }
        Ok(())
    }

    fn is_time(&self, until: Instant) -> bool {
        Instant::now() < until && !self.shared.stop.is_due()
    }

    /// Whether a variation explains the findings of an explanation in its place.
    fn explains_all_of(
        &mut self,
        id: ExplanationId,
        others: &Arc<[Variation]>,
        variation: &Variation,
    ) -> Result<bool, TargetError> {
        let with = in_order(others.iter().chain([variation]));
        let all: Vec<_> = {
            let tally = self.shared.tally();
            let its_own = tally.all_findings().filter(|finding| finding.explanation == Some(id));
            its_own.map(|finding| observation(&finding.compared)).collect()
        };
        for seen in all {
            if understanding(&seen, self.question(&with, &[]), &mut self.oracle)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
