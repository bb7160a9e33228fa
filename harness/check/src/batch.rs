//! Running a range of cases in one process: the hot loop of a campaign.

use crate::choices::seeded;
use crate::compare::{Comparison, compare};
use crate::differential::look_for_leaks;
use crate::divergence::Bucket;
use crate::generate::{GeneratorOptions, generate};
use crate::histogram::Histogram;
use crate::limits;
use crate::oracle::{Expected, Oracle};
use crate::pattern::Patterns;
use mmapcheck_spec::{Detail, Leaks, Target, TargetError};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// What a range of cases showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchResult {
    /// Cases done.
    pub cases: u64,
    /// Steps compared.
    pub steps: u64,
    /// Cases in which the target died as was foreseen.
    pub deaths: u64,
    /// What they answered.
    pub answers: Histogram,
    /// The kinds of divergence met.
    pub hits: Vec<Hit>,
    /// The known divergences met: the id of each with how often.
    pub known: BTreeMap<String, u64>,
    /// Cases whose rest could not be compared, by reason.
    pub incomparable: Vec<(String, u64)>,
}

/// A kind of divergence met in a range of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The kind.
    pub bucket: Bucket,
    /// The first case that showed it.
    pub case: u64,
    /// How many did.
    pub count: u64,
}

/// Generates each case of the range from the seed, runs it on reference and target, and compares after every step.
/// `starting` is told the number of each case before it begins, and whether it has been run before: what a target is known
/// for makes a second look needed.
///
/// # Errors
/// Where the reference or the target could not be used at all.
pub fn batch(
    oracle: &mut Oracle,
    target: &mut dyn Target,
    mix: &GeneratorOptions,
    seed: u64,
    range: Range<u64>,
    starting: &mut dyn FnMut(u64, bool),
) -> Result<BatchResult, TargetError> {
    let mut batch = BatchResult::default();
    let mut hits: HashMap<Bucket, Hit> = HashMap::new();
    let mut incomparable: HashMap<String, u64> = HashMap::new();
    let mut ahead: Option<(u64, Detail, Expected)> = None;
    let mut numbers = range;
    loop {
        // The case after the one to be run now is answered first, so that a target in another process need not wait.
        let next = match numbers.next() {
            Some(number) => {
                let detail = if number.is_multiple_of(limits::CLOSE_LOOK) { Detail::Every } else { Detail::Quick };
                oracle.take_up(number);
                let answered = oracle.answer(generate(&mut seeded(seed, number), mix), detail)?;
                if answered.expected.death().is_none() {
                    target.announce(&answered.case, detail);
                }
                Some((number, detail, answered))
            }
            None => None,
        };
        let done = next.is_none();
        let Some((number, detail, answered)) = std::mem::replace(&mut ahead, next) else {
            if done { break } else { continue }
        };
        starting(number, false);
        let mut actual = answered.run_on(target, detail)?;
        let Expected { case, expected } = answered;
        if actual.leaks != Leaks::default() {
            starting(number, true);
            look_for_leaks(&case, target, detail, &mut actual)?;
        }
        batch.cases += 1;
        let compared = actual.steps.len().min(expected.steps.len());
        batch.steps += compared as u64;
        batch.answers.count(&case, &expected, compared);
        let mut comparison = compare(&case, &expected, &actual, oracle.rules());
        if wants_close_look(&comparison, oracle.rules()) {
            starting(number, true);
            oracle.take_up(number);
            comparison = oracle.compare(case, target, Detail::Full)?.comparison;
        }
        batch.deaths += u64::from(comparison.died);
        for (_, id) in comparison.known {
            *batch.known.entry(id).or_default() += 1;
        }
        for divergence in comparison.divergences {
            let hit = || Hit { bucket: divergence.bucket.clone(), case: number, count: 0 };
            hits.entry(divergence.bucket.clone()).or_insert_with(hit).count += 1;
        }
        if let Some(reason) = comparison.incomparable {
            *incomparable.entry(reason).or_default() += 1;
        }
    }
    batch.hits = hits.into_values().collect();
    batch.hits.sort_by(|a, b| a.case.cmp(&b.case).then_with(|| b.bucket.cmp(&a.bucket)));
    batch.incomparable = incomparable.into_iter().collect();
    batch.incomparable.sort();
    Ok(batch)
}

/// Whether a case that was compared under [`Detail::Quick`] must be compared under [`Detail::Full`] to attribute its
/// divergences to patterns: it can go on without a step, or a state that was not looked at in time may be a known one.
fn wants_close_look(comparison: &Comparison, known: &Patterns) -> bool {
    comparison.cut.is_some() || (!comparison.divergences.is_empty() && known.match_states())
}
