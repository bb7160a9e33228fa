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
use evidence::{Evidence, Judge, Place};
pub use evidence::{Observation, Question};
use mmapcheck_spec::{Target, TargetError};
use std::sync::Arc;
use std::time::Instant;

/// The result of a diagnosis.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The variation that explains the finding.
    pub variation: Variation,
    /// The number of cases in which the target differs from the model as the variation says, the finding's own among them.
    pub explained: usize,
    /// The number of cases in which the target differs from the model in another way.
    pub unexplained: usize,
    /// The step of the finding's case that has the effect.
    place: Place,
    /// The runs that the variation was learned from, that of the finding first.
    pub observations: Vec<Observation>,
}

impl Diagnosis {
    /// The variation of another operation, which explains this observation as well.
    #[must_use]
    pub fn borrowed(variation: Variation, seen: Observation) -> Diagnosis {
        Diagnosis { explained: 1, observations: vec![seen], ..Diagnosis::given(variation) }
    }

    /// Whether the variation was learned from neighbours.
    #[must_use]
    pub fn is_learned(&self) -> bool {
        self.observations.len() > 1
    }

    /// A variation that is taken for granted.
    #[must_use]
    pub fn given(variation: Variation) -> Diagnosis {
        Diagnosis { variation, explained: 0, unexplained: 0, place: Place::default(), observations: Vec::new() }
    }
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

/// Learns the conditions of a diagnosis again, from its own observations and more. The question is about the model without its
/// variation. The oracle is left without variations. `None`: the effect is not that of the target.
///
/// # Errors
/// Where the oracle could not be used at all.
pub fn learn_again(
    diagnosis: &Diagnosis,
    more: &[Observation],
    question: Question<'_>,
    oracle: &mut Oracle,
) -> Result<Option<Diagnosis>, TargetError> {
    let Variation { ops, effect, .. } = diagnosis.variation.clone();
    let candidate = Candidate { place: diagnosis.place, ops, effect };
    let seen = diagnosis.observations.iter().chain(more).cloned();
    let found = Judge::new(oracle, question).and_then(|mut judge| {
        let all = seen.map(|seen| judge.observed(seen)).collect::<Result<Vec<_>, _>>()?;
        let weighed = weigh(&candidate, &all, &mut judge)?;
        Ok(weighed.map(|weighed| weighed.with_observations(candidate.place, all)))
    });
    oracle.vary(&Arc::default());
    found
}

/// If the target did in this run what the model does: the places of the variations that matter there, in their order. The oracle
/// is left without variations.
///
/// # Errors
/// Where the oracle could not be used at all.
pub fn understanding(
    seen: &Observation,
    question: Question<'_>,
    oracle: &mut Oracle,
) -> Result<Option<Vec<usize>>, TargetError> {
    let first = Judge::new(oracle, question).and_then(|mut judge| judge.first_difference(seen, question.model));
    // A switched rule does not say where it changes something: it is behind what nothing else is.
    let rules = question.model.iter().enumerate().filter(|(_, one)| one.rule().is_some()).map(|(place, _)| place);
    let applied = rules.chain(oracle.applied()).collect();
    oracle.vary(&Arc::default());
    Ok(first?.is_none().then_some(applied))
}

fn explain(
    run: &DifferentialRun,
    judge: &mut Judge<'_>,
    target: &mut dyn Target,
) -> Result<Option<Diagnosis>, TargetError> {
    let own = judge.observed(Observation { case: run.case.clone(), actual: run.actual.clone() })?;
    let Some(at) = own.first else { return Ok(None) };
    let mut candidates = Vec::new();
    for candidate in candidates::of(&own, at, judge.profile(), judge.question.severity) {
        let Some(met) = own.met(candidate.place) else { continue };
        let when = if has_conditions(&candidate.effect) { met.conditions.clone() } else { Vec::new() };
        let forced = Variation { ops: candidate.ops.clone(), when, effect: candidate.effect.clone() };
        let refuted = |one: &Variation| one.ops == forced.ops && one.effect == forced.effect;
        if !judge.question.refuted.iter().any(refuted) && judge.difference_with(&own, &forced)?.is_none() {
            candidates.push(candidate);
        }
    }
    if candidates.is_empty() {
        return Ok(None);
    }
    let mut all = vec![own];
    // A neighbour that is the case itself says whether the target does the same each time.
    for case in neighbours::of(&run.case, at) {
        if Instant::now() > judge.question.until {
            break;
        }
        all.extend(judge.evidence(case, target)?);
    }
    // Of several that explain as much, the first is the plainest.
    let mut best: Option<(Weighed, Place)> = None;
    for candidate in candidates {
        let Some(found) = weigh(&candidate, &all, judge)? else { continue };
        if best.as_ref().is_none_or(|(best, _)| found.explained > best.explained) {
            best = Some((found, candidate.place));
        }
    }
    Ok(best.map(|(best, place)| best.with_observations(place, all)))
}

/// A variation, and how many of the cases that differ from the model it explains.
struct Weighed {
    variation: Variation,
    explained: usize,
    unexplained: usize,
}

impl Weighed {
    fn with_observations(self, place: Place, all: Vec<Evidence>) -> Diagnosis {
        let Weighed { variation, explained, unexplained } = self;
        let observations = all.into_iter().map(|one| one.seen).collect();
        Diagnosis { variation, explained, unexplained, place, observations }
    }
}

/// The variation with the effect of a candidate, under the widest conditions that the evidence allows; none where it contradicts
/// the evidence. The evidence of the finding comes first.
fn weigh(candidate: &Candidate, all: &[Evidence], judge: &mut Judge<'_>) -> Result<Option<Weighed>, TargetError> {
    let Some(own) = all[0].met(candidate.place) else { return Ok(None) };
    let (ops, effect) = (&candidate.ops, &candidate.effect);
    if !has_conditions(effect) {
        let (ops, effect) = (ops.clone(), effect.clone());
        return tested(Variation { ops, when: Vec::new(), effect }, all, judge);
    }
    let (mut with, mut without) = (vec![own.conditions.clone()], Vec::new());
    for one in all {
        let inner = one.callbacks.iter().map(|(at, met)| (*at, met));
        for (at, met) in one.steps.iter().enumerate().chain(inner) {
            if !ops.contains(&met.step.op) || one.first.is_some_and(|first| at > first) {
                continue;
            }
            let forced = Variation { ops: ops.clone(), when: met.conditions.clone(), effect: effect.clone() };
            let differs = judge.difference_with(one, &forced)?;
            if one.first == Some(at) && differs.is_none() {
                with.push(met.conditions.clone());
            }
            if one.is_contradiction(differs) {
                without.push(met.conditions.clone());
            }
        }
    }
    let given = given(effect, &own.conditions);
    let without_exception = if given.is_empty() { None } else { Some(Vec::new()) };
    let mut best: Option<Weighed> = None;
    for given in [given].into_iter().chain(without_exception) {
        let Some(when) = conditions(&given, &with, &without) else { continue };
        let variation = Variation { ops: ops.clone(), when, effect: effect.clone() };
        let weighed = tested(variation, all, judge)?;
        // The exception is left out where the effect is in place of others as well.
        best = match (best, weighed) {
            (Some(best), Some(other)) if other.explained > best.explained => Some(other),
            (best, other) => best.or(other),
        };
    }
    Ok(best)
}

/// Whether an effect is under conditions that are to be learned: others are about every step that they change anything in.
fn has_conditions(effect: &Effect) -> bool {
    !matches!(effect, Effect::Rule { .. } | Effect::IgnoresExports)
}

/// The conditions of an effect besides those that are given; none where the evidence needs too many.
fn conditions(given: &[Condition], with: &[Vec<Condition>], without: &[Vec<Condition>]) -> Option<Vec<Condition>> {
    let holds = |holding: &&Vec<Condition>| given.iter().all(|condition| holding.contains(condition));
    let [with, without] = [with, without].map(|all| all.iter().filter(holds).cloned().collect::<Vec<_>>());
    let learned = learn::conditions(&with, &without)?;
    let when: Vec<_> = given.iter().cloned().chain(learned).collect();
    (when.iter().filter(|condition| condition.is_said()).count() <= MOST_CONDITIONS).then_some(when)
}

/// Weighs a variation by all evidence; none where it contradicts some.
fn tested(variation: Variation, all: &[Evidence], judge: &mut Judge<'_>) -> Result<Option<Weighed>, TargetError> {
    let (mut explained, mut unexplained) = (0, 0);
    for one in all {
        match (one.first, judge.difference_with(one, &variation)?) {
            (_, differs) if one.is_contradiction(differs) => return Ok(None),
            (None, _) => {}
            (Some(_), None) => explained += 1,
            (Some(_), Some(_)) => unexplained += 1,
        }
    }
    Ok((explained > 0).then_some(Weighed { variation, explained, unexplained }))
}

/// The conditions that an effect has by itself: an answer in place of an exception is about that exception.
fn given(effect: &Effect, conditions: &[Condition]) -> Vec<Condition> {
    let about_exception = match effect {
        Effect::Answers(Reply::Is(_) | Reply::Class(_) | Reply::Words(_) | Reply::Errno(_)) | Effect::Returns(_) => {
            true
        }
        Effect::Answers(_) | Effect::DoesNothing | Effect::Raises { .. } => false,
        Effect::Does(_) | Effect::Positions(_) | Effect::Ends(_) => false,
        Effect::IgnoresExports | Effect::ArgumentsFirst | Effect::Rule { .. } => false,
    };
    let raises = conditions.iter().find(|condition| matches!(condition, Condition::Raises(..)));
    raises.filter(|_| about_exception).cloned().into_iter().collect()
}
