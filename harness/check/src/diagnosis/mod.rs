//! Diagnosis by variation: which changed rule explains a finding.
//!
//! Every [`Effect`] that could make the reference answer as the target did is tried on the finding's case. Neighbours of the case
//! are run on the target, and tell the conditions apart under which it differs ([`learn`]). A variation is accepted if the varied
//! reference does exactly what the target did, on the case and wherever else the target differs as the variation says, and if it
//! contradicts no case in which the target does not differ.

mod candidates;
mod evidence;
mod learn;
mod neighbours;

use crate::differential::DifferentialRun;
use crate::oracle::Oracle;
use crate::variation::{Condition, Effect, Reply, Variation};
use candidates::Candidate;
pub use evidence::Question;
use evidence::{Evidence, Judge};
use mmapcheck_spec::{Target, TargetError};
use std::sync::Arc;

/// The result of a diagnosis.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// The variation that explains the finding.
    pub variation: Variation,
    /// The number of cases in which the target differs from the model as the variation says, the finding's own among them.
    pub explained: usize,
    /// The number of cases in which the target differs from the model in another way.
    pub unexplained: usize,
}

/// The most conditions of a variation that is believed. An effect that needs more of them is not that of the target.
const MOST_CONDITIONS: usize = 3;

/// Diagnoses a finding: the first divergence of a run on the case of the finding. The oracle is left without variations. `None`:
/// no variation explains it.
///
/// # Errors
/// Where the oracle or the target could not be used at all.
pub fn diagnose(
    run: &DifferentialRun,
    question: Question<'_>,
    oracle: &mut Oracle,
    target: &mut dyn Target,
) -> Result<Option<Diagnosis>, TargetError> {
    let found = Judge::new(oracle, question).and_then(|mut judge| explain(run, &mut judge, target));
    oracle.vary(&Arc::default());
    found
}

fn explain(
    run: &DifferentialRun,
    judge: &mut Judge<'_>,
    target: &mut dyn Target,
) -> Result<Option<Diagnosis>, TargetError> {
    let own = judge.observed(run.case.clone(), run.actual.clone())?;
    let Some(at) = own.first else { return Ok(None) };
    let mut candidates = Vec::new();
    for candidate in candidates::of(&own, at) {
        let met = &own.steps[candidate.at];
        let forced =
            Variation { ops: vec![met.step.op], when: met.conditions.clone(), effect: candidate.effect.clone() };
        if judge.is_explained(&own, &forced)? {
            candidates.push(candidate);
        }
    }
    if candidates.is_empty() {
        return Ok(None);
    }
    let mut all = vec![own];
    for case in neighbours::of(&run.case, at) {
        all.extend(judge.evidence(case, target)?);
    }
    // Of several that explain as much, the first is the plainest.
    let mut best: Option<Diagnosis> = None;
    for candidate in candidates {
        let Some(found) = weigh(&candidate, &all, judge)? else { continue };
        if best.as_ref().is_none_or(|best| found.explained > best.explained) {
            best = Some(found);
        }
    }
    Ok(best)
}

/// The variation with the effect of a candidate, under the widest conditions that the evidence allows; none where it contradicts
/// the evidence. The evidence of the finding comes first.
fn weigh(candidate: &Candidate, all: &[Evidence], judge: &mut Judge<'_>) -> Result<Option<Diagnosis>, TargetError> {
    let own = &all[0].steps[candidate.at];
    let (op, effect) = (own.step.op, &candidate.effect);
    let (mut with, mut without) = (vec![own.conditions.clone()], Vec::new());
    for one in all {
        for (at, met) in one.steps.iter().enumerate() {
            if met.step.op != op || one.first.is_some_and(|first| at > first) {
                continue;
            }
            let forced = Variation { ops: vec![op], when: met.conditions.clone(), effect: effect.clone() };
            let explained = judge.is_explained(one, &forced)?;
            if one.first == Some(at) && explained {
                with.push(met.conditions.clone());
            }
            // Where the target differs in a way of its own, it says nothing about this effect.
            if one.first.is_none() && !explained {
                without.push(met.conditions.clone());
            }
        }
    }
    let given = given(effect, &own.conditions);
    without.retain(|holding| given.iter().all(|condition| holding.contains(condition)));
    let Some(learned) = learn::conditions(&with, &without) else { return Ok(None) };
    let when: Vec<_> = given.into_iter().chain(learned).collect();
    if when.len() > MOST_CONDITIONS {
        return Ok(None);
    }
    let variation = Variation { ops: vec![op], when, effect: effect.clone() };
    let (mut explained, mut unexplained) = (0, 0);
    for one in all {
        match (one.first, judge.is_explained(one, &variation)?) {
            (None, false) => return Ok(None),
            (None, true) => {}
            (Some(_), true) => explained += 1,
            (Some(_), false) => unexplained += 1,
        }
    }
    Ok((explained > 0).then_some(Diagnosis { variation, explained, unexplained }))
}

/// The conditions that an effect has by itself: an answer in place of an exception is about that exception.
fn given(effect: &Effect, conditions: &[Condition]) -> Vec<Condition> {
    let about_exception = match effect {
        Effect::Answers(Reply::Is(_) | Reply::Class(_) | Reply::Words(_) | Reply::Errno(_)) => true,
        Effect::Answers(_) | Effect::DoesNothing | Effect::Raises { .. } => false,
        Effect::Does(_) | Effect::Positions(_) | Effect::Ends(_) => false,
    };
    let raises = conditions.iter().find(|condition| matches!(condition, Condition::Raises(..)));
    raises.filter(|_| about_exception).cloned().into_iter().collect()
}
