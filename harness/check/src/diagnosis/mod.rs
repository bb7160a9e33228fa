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

use crate::oracle::Oracle;
use crate::variation::{Condition, Effect, OwnConstant, Reply, Variation};
use candidates::Candidate;
use evidence::{Difference, Evidence, Judge, Place};
pub use evidence::{Observation, Question};
use mmapcheck_spec::{Op, Target, TargetError};
use std::sync::Arc;
use std::time::Instant;

/// The result of a diagnosis.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The variation that explains the finding.
    pub variation: Variation,
    /// The step of the finding's case that has the effect.
    place: Place,
    /// The runs that the variation was learned from, that of the finding first.
    pub observations: Vec<Observation>,
}

impl Diagnosis {
    /// The variation of another operation, which explains this observation as well.
    #[must_use]
    pub fn borrowed(variation: Variation, seen: Observation) -> Diagnosis {
        Diagnosis { observations: vec![seen], ..Diagnosis::given(variation) }
    }

    /// The effect of two diagnoses on the operations of both, with the observations of the first.
    #[must_use]
    pub fn of_both(first: &Diagnosis, other: &Diagnosis) -> Diagnosis {
        let mut joined = first.clone();
        let more = other.variation.ops.iter().filter(|op| !first.variation.ops.contains(op));
        joined.variation.ops.extend(more.copied());
        joined
    }

    /// The diagnosis with a variation that was learned from more observations.
    #[must_use]
    pub fn learned(mut self, variation: Variation, more: Vec<Observation>) -> Diagnosis {
        self.observations.extend(more);
        Diagnosis { variation, ..self }
    }

    /// Whether the variation was learned from neighbours.
    #[must_use]
    pub fn is_learned(&self) -> bool {
        self.observations.len() > 1
    }

    /// A variation that is taken for granted.
    #[must_use]
    pub fn given(variation: Variation) -> Diagnosis {
        Diagnosis { variation, place: Place::default(), observations: Vec::new() }
    }
}

/// The most conditions of a variation that is believed. An effect that needs more of them is not that of the target.
const MOST_CONDITIONS: usize = 3;

/// Runs the neighbours of a case in which the target diverges from the model. Returns all observations, that of the case first; or
/// that alone, where no effect explains it and `in_any_case` is not set. The oracle is left without variations.
///
/// # Errors
/// Where the oracle or the target could not be used at all.
pub fn observe(
    seen: Observation,
    in_any_case: bool,
    question: Question<'_>,
    oracle: &mut Oracle,
    target: &mut dyn Target,
) -> Result<Vec<Observation>, TargetError> {
    let all = Judge::new(oracle, question).and_then(|mut judge| {
        let own = judge.observed(seen)?;
        let mut all = vec![own.seen.clone()];
        let Some(Difference { step: at, .. }) = own.first else { return Ok(all) };
        if !in_any_case && explaining(&own, &mut judge)?.is_empty() {
            return Ok(all);
        }
        // A neighbour that is the case itself says whether the target does the same each time.
        for case in neighbours::of(&own.seen.case, at) {
            if Instant::now() > question.until {
                break;
            }
            all.extend(judge.observe(case, target)?);
        }
        Ok(all)
    });
    oracle.vary(&Arc::default());
    all
}

/// Diagnoses a finding by what was observed, its own case first. The oracle is left without variations. `None`: no variation
/// explains it.
///
/// # Errors
/// Where the oracle could not be used at all.
pub fn diagnose(
    observations: &[Observation],
    question: Question<'_>,
    oracle: &mut Oracle,
) -> Result<Option<Diagnosis>, TargetError> {
    let found = Judge::new(oracle, question).and_then(|mut judge| explain(observations, &mut judge));
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

/// The step at which a run parts from the model, or the number of steps for the end of the case, none if the target did what the
/// model does; and the places of the variations that matter there, in their order. The oracle is left without variations.
///
/// # Errors
/// Where the oracle could not be used at all.
pub fn followed(
    seen: &Observation,
    question: Question<'_>,
    oracle: &mut Oracle,
) -> Result<(Option<usize>, Vec<usize>), TargetError> {
    let first = Judge::new(oracle, question).and_then(|mut judge| judge.first_difference(seen, question.model));
    // A switched rule does not say where it changes something: it is behind what nothing else is.
    let rules = question.model.iter().enumerate().filter(|(_, one)| one.is_everywhere()).map(|(place, _)| place);
    let applied = rules.chain(oracle.applied()).collect();
    oracle.vary(&Arc::default());
    Ok((first?.map(|first| first.step), applied))
}

/// The step at which a run parts from the model, as in [`followed`].
///
/// # Errors
/// Where the oracle could not be used at all.
pub fn parting(seen: &Observation, question: Question<'_>, oracle: &mut Oracle) -> Result<Option<usize>, TargetError> {
    Ok(followed(seen, question, oracle)?.0)
}

/// If the target did in this run what the model does: the places of the variations that matter there, as in [`followed`].
///
/// # Errors
/// Where the oracle could not be used at all.
pub fn understanding(
    seen: &Observation,
    question: Question<'_>,
    oracle: &mut Oracle,
) -> Result<Option<Vec<usize>>, TargetError> {
    let (parts, applied) = followed(seen, question, oracle)?;
    Ok(parts.is_none().then_some(applied))
}

/// The candidates that explain the case of a finding by itself.
fn explaining(own: &Evidence, judge: &mut Judge<'_>) -> Result<Vec<Candidate>, TargetError> {
    let Some(Difference { step: at, .. }) = own.first else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for candidate in candidates::of(own, at, judge.profile(), judge.question.severity) {
        let Some(met) = own.met(candidate.place) else { continue };
        let when = if has_conditions(&candidate.effect) { met.conditions(&candidate.effect).clone() } else { vec![] };
        let forced = candidate.under(when);
        let refuted = |one: &Variation| one.ops == forced.ops && one.effect == forced.effect;
        if !judge.question.refuted.iter().any(refuted) && judge.difference_with(own, &forced)?.is_none() {
            found.push(candidate);
        }
    }
    Ok(found)
}

fn explain(observations: &[Observation], judge: &mut Judge<'_>) -> Result<Option<Diagnosis>, TargetError> {
    let [own, neighbours @ ..] = observations else { return Ok(None) };
    let own = judge.observed(own.clone())?;
    let of_module = of_module(&own, observations, judge);
    let candidates = if of_module.is_some() { Vec::new() } else { explaining(&own, judge)? };
    if candidates.is_empty() && of_module.is_none() {
        return Ok(None);
    }
    let mut all = vec![own];
    for seen in neighbours {
        all.push(judge.observed(seen.clone())?);
    }
    if let Some(variation) = of_module {
        let weighed = tested(variation, &all, judge)?;
        return Ok(weighed.map(|weighed| weighed.with_observations(Place::default(), all)));
    }
    // Of several that are as right, the first is the plainest.
    let mut best: Option<(Weighed, Place)> = None;
    for candidate in candidates {
        // It would be right about everything.
        if candidate.effect == Effect::Unforeseen && best.is_some() {
            break;
        }
        let Some(found) = weigh(&candidate, &all, judge)? else { continue };
        if best.as_ref().is_none_or(|(best, _)| found.rightness() > best.rightness()) {
            best = Some((found, candidate.place));
        }
    }
    Ok(best.map(|(best, place)| best.with_observations(place, all)))
}

/// The constants that the module has otherwise, as all observations show them, for a finding in the look-up of one.
fn of_module(own: &Evidence, observations: &[Observation], judge: &Judge<'_>) -> Option<Variation> {
    let first = own.first?;
    own.steps.get(first.step).filter(|met| met.step.op == Op::Constant)?;
    let steps = observations.iter().flat_map(|seen| seen.case.steps.iter().zip(&seen.actual.steps));
    let outcomes = steps.filter_map(|(step, trace)| Some((step, trace.result.as_ref().ok()?)));
    let all = OwnConstant::seen(outcomes, judge.profile());
    (!all.is_empty()).then(|| Variation { ops: vec![Op::Constant], when: Vec::new(), effect: Effect::Constants(all) })
}

/// A variation, and what it says of the cases that differ from the model.
struct Weighed {
    variation: Variation,
    /// The number of cases that it explains.
    explained: i32,
    /// The number of cases in which it has an effect, and not that of the target.
    wrong: i32,
}

/// The number of cases that a variation must explain more than another to have one condition more.
const CONDITION: i32 = 3;

impl Weighed {
    fn rightness(&self) -> i32 {
        self.explained - self.wrong
    }

    /// The rightness, less what the conditions cost: of variations with one effect, those with fewer are plainer. That the effect
    /// is in place of an exception costs nothing.
    fn worth(&self) -> i32 {
        let is_costly = |when: &&Condition| when.is_said() && !matches!(when, Condition::Raises(..));
        let costly = self.variation.when.iter().filter(is_costly).count();
        self.rightness() - CONDITION * costly as i32
    }

    fn with_observations(self, place: Place, all: Vec<Evidence>) -> Diagnosis {
        let observations = all.into_iter().map(|one| one.seen).collect();
        Diagnosis { variation: self.variation, place, observations }
    }
}

/// The conditions in which a candidate may have its effect.
#[derive(Default)]
struct Situations {
    /// Those in which it explains what the target did.
    with: Vec<Vec<Condition>>,
    /// Those in which it makes wrong what the model says rightly.
    without: Vec<Vec<Condition>>,
    /// Those in which it has an effect, and not that of the target.
    wrong: Vec<Vec<Condition>>,
}

impl Situations {
    fn of(candidate: &Candidate, all: &[Evidence], judge: &mut Judge<'_>) -> Result<Situations, TargetError> {
        let mut found = Situations::default();
        for one in all {
            let inner = one.callbacks.iter().map(|(at, met)| (*at, met));
            for (at, met) in one.steps.iter().enumerate().chain(inner) {
                let is_here = one.first.is_some_and(|first| at == first.step);
                if !candidate.ops.contains(&met.step.op) || one.first.is_some_and(|first| at > first.step) {
                    continue;
                }
                let conditions = met.conditions(&candidate.effect);
                let forced = candidate.under(conditions.clone());
                let differs = judge.difference_with(one, &forced)?;
                if is_here && differs.is_none() {
                    found.with.push(conditions.clone());
                } else if is_here && judge.is_wrong(one, &forced, differs) {
                    found.wrong.push(conditions.clone());
                }
                if one.is_contradiction(differs) {
                    found.without.push(conditions.clone());
                }
            }
        }
        Ok(found)
    }

    /// The conditions that tell them apart besides those that are given; none where too many are needed.
    fn conditions(
        &self,
        given: &[Condition],
        without: &[&Vec<Condition>],
        judge: &Judge<'_>,
    ) -> Option<Vec<Condition>> {
        let holds = |holding: &&&Vec<Condition>| given.iter().all(|condition| holding.contains(condition));
        let with: Vec<_> = self.with.iter().filter(|holding| holds(&holding)).collect();
        let without: Vec<_> = without.iter().filter(holds).copied().collect();
        let learned = learn::conditions(&with, &without, &|many| judge.tolerated(many))?;
        let when: Vec<_> = given.iter().cloned().chain(learned).collect();
        (when.iter().filter(|condition| condition.is_said()).count() <= MOST_CONDITIONS).then_some(when)
    }
}

/// The variation with the effect of a candidate, under the conditions that the evidence speaks for most; none where it contradicts
/// the evidence. The evidence of the finding comes first.
fn weigh(candidate: &Candidate, all: &[Evidence], judge: &mut Judge<'_>) -> Result<Option<Weighed>, TargetError> {
    let Some(own) = all[0].met(candidate.place) else { return Ok(None) };
    if !has_conditions(&candidate.effect) {
        return tested(candidate.under(Vec::new()), all, judge);
    }
    let mut found = Situations::of(candidate, all, judge)?;
    let own = own.conditions(&candidate.effect);
    found.with.insert(0, own.clone());
    let given = given(&candidate.effect, own);
    // The exception is left out where the effect is in place of others as well.
    let without_exception = if given.is_empty() { None } else { Some(Vec::new()) };
    let least: Vec<_> = found.without.iter().collect();
    let most: Vec<_> = found.without.iter().chain(&found.wrong).collect();
    let mut tried: Vec<Vec<Condition>> = Vec::new();
    for given in [given].into_iter().chain(without_exception) {
        let both = [&least, &most].map(|without| found.conditions(&given, without, judge));
        for when in both.into_iter().flatten() {
            if !tried.contains(&when) {
                tried.push(when);
            }
        }
    }
    let mut best: Option<Weighed> = None;
    for when in tried {
        let Some(weighed) = tested(candidate.under(when), all, judge)? else { continue };
        if best.as_ref().is_none_or(|best| weighed.worth() > best.worth()) {
            best = Some(weighed);
        }
    }
    Ok(best)
}

/// Whether an effect is under conditions that are to be learned: others are about every step that they change anything in.
fn has_conditions(effect: &Effect) -> bool {
    let is_rule = matches!(effect, Effect::Rule { .. } | Effect::LocalRule { .. } | Effect::IsSubclass);
    let is_plain = matches!(effect, Effect::IgnoresExports | Effect::CountFirst | Effect::Unforeseen);
    !is_rule && !is_plain && !matches!(effect, Effect::Constants(_))
}

/// Weighs a variation by all evidence; none where it contradicts some.
fn tested(variation: Variation, all: &[Evidence], judge: &mut Judge<'_>) -> Result<Option<Weighed>, TargetError> {
    let mut weighed = Weighed { variation, explained: 0, wrong: 0 };
    let mut against = 0;
    for one in all {
        let differs = judge.difference_with(one, &weighed.variation)?;
        against += usize::from(one.is_contradiction(differs));
        // No number of the others outweighs it.
        if against > judge.tolerated(all.len()) {
            return Ok(None);
        }
        if one.first.is_some() && differs.is_none() {
            weighed.explained += 1;
        } else if judge.is_wrong(one, &weighed.variation, differs) {
            weighed.wrong += 1;
        }
    }
    // An effect that is often wrong is another one by chance.
    let is_right = weighed.explained > 2 * weighed.wrong && against <= judge.tolerated(weighed.explained as usize);
    Ok(is_right.then_some(weighed))
}

/// The conditions that an effect has by itself: an answer in place of an exception is about that exception.
fn given(effect: &Effect, conditions: &[Condition]) -> Vec<Condition> {
    let about_exception = match effect {
        Effect::Answers(Reply::Is(_) | Reply::Class(_) | Reply::Words(_) | Reply::Errno(_)) => true,
        Effect::Returns(_) | Effect::Empties => true,
        Effect::Answers(_) | Effect::DoesNothing | Effect::Raises { .. } => false,
        Effect::Does(_) | Effect::Positions(_) | Effect::Ends(_) => false,
        Effect::IgnoresExports | Effect::CountFirst | Effect::ArgumentsFirst | Effect::Rule { .. } => false,
        Effect::LocalRule { .. } | Effect::IsSubclass | Effect::Unforeseen | Effect::Constants(_) => false,
    };
    let raises = conditions.iter().find(|condition| matches!(condition, Condition::Raises(..)));
    raises.filter(|_| about_exception).cloned().into_iter().collect()
}
