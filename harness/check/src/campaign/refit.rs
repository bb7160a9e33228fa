//! The conditions and operations of explanations, learned again at the end from the sample: what few neighbours of a finding tell
//! apart is often too narrow.

use super::job::Job;
use super::model::ExplanationId;
use crate::diagnosis::{Diagnosis, Observation, Question, learn_again, understanding};
use crate::oracle::Oracle;
use crate::variation::{Variation, are_twins, in_order};
use mmapcheck_spec::{Op, TargetError};
use std::sync::Arc;
use std::time::Instant;

impl Job<'_> {
    /// Learns each explanation again from the sample, for its operations and for those that take the same arguments.
    pub(super) fn refit(&mut self, until: Instant) -> Result<(), TargetError> {
        let sample = self.sample()?;
        let ids: Vec<_> = self.shared.tally().model.explanations.keys().copied().collect();
        for id in ids {
            let wider = self.shared.tally().model.explanations.get(&id).and_then(|one| with_twins(&one.diagnosis));
            for of_twins in [wider, None] {
                if !self.is_time(until) {
                    return Ok(());
                }
                if self.refit_one(id, of_twins, &sample)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Learns one explanation again, or this one in its place. Returns whether more of the sample is understood then.
    fn refit_one(
        &mut self,
        id: ExplanationId,
        other: Option<Diagnosis>,
        sample: &[Arc<Observation>],
    ) -> Result<bool, TargetError> {
        let (known, others, now) = {
            let model = &self.shared.tally().model;
            let one = model.explanations.get(&id).filter(|one| one.known.is_none() && one.diagnosis.is_learned());
            let Some(one) = one.filter(|one| !one.variation.is_everywhere()) else { return Ok(false) };
            (one.diagnosis.clone(), model.without(id), model.now().variations)
        };
        let candidate = other.unwrap_or_else(|| known.clone());
        let is_about = |seen: &&Arc<Observation>| seen.has_step_of(&candidate.variation.ops);
        let about: Vec<_> = sample.iter().filter(is_about).map(|seen| (**seen).clone()).collect();
        let question = Question { is_lenient: true, ..self.question(&others, &[]) };
        let Some(found) = learn_again(&candidate, &about, question, &mut self.oracle)? else { return Ok(false) };
        if found.variation == known.variation {
            return Ok(false);
        }
        let with = in_order(others.iter().chain([&found.variation]));
        let (asked, ops) = (self.question(&with, &[]), &found.variation.ops);
        let Gain { gained, lost } = Gain::of(sample, ops, (&now, &with), asked, &mut self.oracle)?;
        if gained.len() <= lost || !self.explains_all_of(&[id], &with)? {
            return Ok(false);
        }
        let gained = gained.iter().take(GAINED).map(|seen| (**seen).clone()).collect();
        self.shared.tally().model.replace(id, known.learned(found.variation, gained));
        Ok(true)
    }
}

/// The most cases of the sample that an explanation keeps, to be learned from once more.
const GAINED: usize = 32;

/// The cases of a sample that one model takes in and another one does not.
pub(super) struct Gain {
    /// Those that the second one takes in.
    pub(super) gained: Vec<Arc<Observation>>,
    /// The number of those that the first one takes in.
    pub(super) lost: usize,
}

impl Gain {
    /// Compares two models, which differ in these operations.
    pub(super) fn of(
        sample: &[Arc<Observation>],
        ops: &[Op],
        (before, after): (&Arc<[Variation]>, &Arc<[Variation]>),
        question: Question<'_>,
        oracle: &mut Oracle,
    ) -> Result<Gain, TargetError> {
        let mut gain = Gain { gained: Vec::new(), lost: 0 };
        for seen in sample.iter().filter(|seen| seen.has_step_of(ops)) {
            let mut is_taken_in = |model| -> Result<bool, TargetError> {
                Ok(understanding(seen, Question { model, ..question }, oracle)?.is_some())
            };
            match (is_taken_in(before)?, is_taken_in(after)?) {
                (false, true) => gain.gained.push(Arc::clone(seen)),
                (true, false) => gain.lost += 1,
                _ => {}
            }
        }
        Ok(gain)
    }

    /// Whether the second model takes in fewer cases than the first.
    pub(super) fn is_loss(&self) -> bool {
        self.gained.len() < self.lost
    }
}

/// The diagnosis for the operations that take the same arguments as well; none without such operations.
fn with_twins(diagnosis: &Diagnosis) -> Option<Diagnosis> {
    let ops = &diagnosis.variation.ops;
    let is_new = |op: &Op| !ops.contains(op) && ops.iter().any(|own| are_twins(*own, *op));
    let twins: Vec<_> = Op::ALL.iter().copied().filter(is_new).collect();
    let mut wider = diagnosis.clone();
    wider.variation.ops.extend(&twins);
    (!twins.is_empty()).then_some(wider)
}
