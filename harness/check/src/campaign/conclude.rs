//! The end of a campaign: explanations found one after another become the fewest that explain the same.

use super::explain::question;
use super::model::{Explanation, ExplanationId};
use super::refit::Gain;
use super::shared::Tally;
use super::{CampaignConfig, Finding};
use crate::diagnosis::{Diagnosis, Observation, learn_again, understanding};
use crate::divergence::Severity;
use crate::oracle::Oracle;
use crate::variation::{Variation, in_order};
use mmapcheck_spec::{Op, TargetError};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// The fewest methods whose common effect has one cause, such as a function that they share; and the fewest common effects that
/// show two methods to share a function.
pub const SHARED: usize = 3;

/// Joins explanations of several operations, attaches findings to explanations that were found after them, and drops explanations
/// without which every finding is still explained. After `until`, what is left stays as it is.
pub(super) fn conclude(
    config: &CampaignConfig,
    severity: Severity,
    until: Instant,
    tally: &mut Tally,
    oracle: &mut Oracle,
) -> Result<(), TargetError> {
    let mut end = Conclusion { config, severity, until, tally, oracle };
    end.join()?;
    end.attach()?;
    end.drop_needless()
}

struct Conclusion<'a> {
    config: &'a CampaignConfig,
    severity: Severity,
    until: Instant,
    tally: &'a mut Tally,
    oracle: &'a mut Oracle,
}

impl Conclusion<'_> {
    /// The explanations that were found in this campaign.
    fn found(&self) -> Vec<ExplanationId> {
        let found = self.tally.model.explanations.iter().filter(|(_, one)| one.known.is_none());
        found.map(|(id, _)| *id).collect()
    }

    /// The place of the last variation that matters in a finding, if the model explains it.
    fn applied(&mut self, finding: &Finding, model: &Arc<[Variation]>) -> Result<Option<usize>, TargetError> {
        let seen = Observation::of(&finding.compared);
        let applied = understanding(&seen, question(self.config, self.severity, model, &[]), self.oracle)?;
        Ok(applied.and_then(|applied| applied.last().copied()))
    }

    /// The findings of an explanation.
    fn findings_of(&self, id: ExplanationId) -> Vec<Finding> {
        self.tally.all_findings().filter(|finding| finding.explanation == Some(id)).cloned().collect()
    }

    /// Joins explanations with the same effect on operations that share a function, where all that was seen allows it: as many as
    /// there are at once, else two at a time.
    fn join(&mut self) -> Result<(), TargetError> {
        for first in self.found() {
            let others = self.to_join(first);
            if others.is_empty() || self.join_all(first, &others)? {
                continue;
            }
            for other in others {
                self.join_all(first, &[other])?;
            }
        }
        Ok(())
    }

    /// The explanations that could become part of this one.
    fn to_join(&self, first: ExplanationId) -> Vec<ExplanationId> {
        let all = &self.tally.model.explanations;
        let Some(whole) = all.get(&first) else { return Vec::new() };
        let fits = |part: &Explanation| is_alike(whole, part) && self.is_shared(whole, part);
        all.iter().filter(|(id, part)| **id != first && fits(part)).map(|(id, _)| *id).collect()
    }

    /// Whether the operations of two explanations with the same effect share a function: they are of one method; or many methods
    /// have an effect that they would not have each by itself; or the two methods have many effects in common.
    fn is_shared(&self, a: &Explanation, b: &Explanation) -> bool {
        let all: Vec<_> = self.tally.model.explanations.values().filter(|one| one.known.is_none()).collect();
        let (of_a, of_b) = (a.variation.methods(), b.variation.methods());
        let with_effect: BTreeSet<Op> =
            all.iter().filter(|one| is_alike(a, one)).flat_map(|one| one.variation.methods()).collect();
        let has = |of: &BTreeSet<Op>, one: &Explanation| !of.is_disjoint(&one.variation.methods());
        let of_first = all.iter().filter(|one| has(&of_a, one));
        let common = of_first.filter(|one| all.iter().any(|other| has(&of_b, other) && is_alike(one, other)));
        of_a.is_subset(&of_b)
            || of_b.is_subset(&of_a)
            || (with_effect.len() >= SHARED && a.variation.is_shareable())
            || common.count() >= SHARED
    }

    /// Puts one explanation in place of itself and others, if the findings of all are explained then. Returns whether it did.
    fn join_all(&mut self, first: ExplanationId, others: &[ExplanationId]) -> Result<bool, TargetError> {
        if Instant::now() > self.until {
            return Ok(false);
        }
        let all = &self.tally.model.explanations;
        let parts: Vec<_> = others.iter().filter_map(|other| Some(all.get(other)?.diagnosis.clone())).collect();
        let Some(whole) = all.get(&first).filter(|_| !parts.is_empty()) else { return Ok(false) };
        let joined = parts.iter().fold(whole.diagnosis.clone(), |joined, part| Diagnosis::of_both(&joined, part));
        let more: Vec<_> = parts.iter().flat_map(|part| part.observations.iter().cloned()).collect();
        let joining: Vec<_> = [first].into_iter().chain(others.iter().copied()).collect();
        let rest = self.tally.model.without_all(&joining);
        let asked = question(self.config, self.severity, &rest, &[]);
        let Some(joined) = learn_again(&joined, &more, asked, self.oracle)? else { return Ok(false) };
        let with = in_order(rest.iter().chain([&joined.variation]));
        for finding in joining.iter().flat_map(|id| self.findings_of(*id)).collect::<Vec<_>>() {
            if self.applied(&finding, &with)?.is_none() {
                return Ok(false);
            }
        }
        if self.loses(&joined.variation.ops, &with)? {
            return Ok(false);
        }
        self.tally.join(first, others, joined);
        Ok(true)
    }

    /// Whether a model takes in less of the sample than that of now does. They differ in these operations.
    fn loses(&mut self, ops: &[Op], model: &Arc<[Variation]>) -> Result<bool, TargetError> {
        let now = self.tally.model.now().variations;
        let asked = question(self.config, self.severity, model, &[]);
        Ok(Gain::of(&self.tally.sample, ops, (&now, model), asked, self.oracle)?.is_loss())
    }

    /// Attaches findings to explanations that were found after them.
    fn attach(&mut self) -> Result<(), TargetError> {
        let now = self.tally.model.now();
        let mut all: Vec<_> = self.tally.all_findings().cloned().collect();
        for finding in all.iter_mut().filter(|one| one.unsteady.is_none()) {
            if finding.explanation.is_none_or(|id| !now.ids().contains(&id)) {
                let applied = self.applied(finding, &now.variations)?;
                finding.explanation = applied.and_then(|place| now.id(place));
            }
        }
        for (finding, attached) in self.tally.all_findings_mut().zip(all) {
            finding.explanation = attached.explanation;
        }
        Ok(())
    }

    /// Drops explanations without which every finding is still explained, the explanation of the fewest findings first.
    fn drop_needless(&mut self) -> Result<(), TargetError> {
        let mut ids = self.found();
        ids.sort_by_key(|id| self.findings_of(*id).len());
        for id in ids {
            if Instant::now() > self.until {
                break;
            }
            let others = self.tally.model.without(id);
            let mut takers = Vec::new();
            for finding in self.findings_of(id) {
                takers.push(self.applied(&finding, &others)?);
            }
            let ops = self.tally.model.explanations[&id].variation.ops.clone();
            if takers.iter().all(Option::is_some) && !self.loses(&ops, &others)? {
                self.tally.model.drop(id);
                let (now, mut takers) = (self.tally.model.now(), takers.into_iter().flatten());
                for finding in self.tally.all_findings_mut().filter(|finding| finding.explanation == Some(id)) {
                    finding.explanation = takers.next().and_then(|place| now.id(place));
                }
            }
        }
        Ok(())
    }
}

/// Whether one explanation found by diagnosis could be that of another one's operations, by its effect and conditions.
fn is_alike(a: &Explanation, b: &Explanation) -> bool {
    let is_learned = |one: &Explanation| one.known.is_none() && !one.variation.is_everywhere();
    let can_be_joined = a.variation.effect.includes(&b.variation.effect)
        && b.variation.ops.iter().all(|op| a.variation.for_op(*op).is_some());
    is_learned(a) && is_learned(b) && a.inherited == b.inherited && can_be_joined
}
