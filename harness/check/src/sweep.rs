//! Running a range of cases in one process: the hot loop of a campaign.

use crate::choices::seeded;
use crate::compare::{Bucket, compare};
use crate::generate::{Mix, generate};
use crate::histogram::Histogram;
use crate::limits;
use crate::run::{Answered, Judge, look_for_leaks};
use mmapcheck_spec::{Leaks, Target, TargetError, Watch};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// What a range of cases showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
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
pub fn sweep(
    judge: &mut Judge,
    target: &mut dyn Target,
    mix: &Mix,
    seed: u64,
    range: Range<u64>,
    starting: &mut dyn FnMut(u64, bool),
) -> Result<Swept, TargetError> {
    let mut swept = Swept::default();
    let mut hits: HashMap<Bucket, Hit> = HashMap::new();
    let mut incomparable: HashMap<String, u64> = HashMap::new();
    let mut ahead: Option<(u64, Watch, Answered)> = None;
    let mut numbers = range;
    loop {
        // The case after the one to be run now is answered first, so that a target in another process need not wait.
        let next = match numbers.next() {
            Some(number) => {
                let watch = if number.is_multiple_of(limits::CLOSE_LOOK) { Watch::Every } else { Watch::Quick };
                judge.take_up(number);
                let answered = judge.answer(generate(&mut seeded(seed, number), mix), watch)?;
                if answered.expected.death().is_none() {
                    target.announce(&answered.case, watch);
                }
                Some((number, watch, answered))
            }
            None => None,
        };
        let done = next.is_none();
        let Some((number, watch, answered)) = std::mem::replace(&mut ahead, next) else {
            if done { break } else { continue }
        };
        starting(number, false);
        let mut actual = answered.run_on(target, watch)?;
        let Answered { case, expected } = answered;
        if actual.leaks != Leaks::default() {
            starting(number, true);
            look_for_leaks(&case, target, watch, &mut actual)?;
        }
        swept.cases += 1;
        let compared = actual.steps.len().min(expected.steps.len());
        swept.steps += compared as u64;
        swept.answers.count(&case, &expected, compared);
        let mut comparison = compare(&case, &expected, &actual, judge.rules());
        if judge.rules().want_a_closer_look(&comparison) {
            starting(number, true);
            judge.take_up(number);
            comparison = judge.compare(case, target, Watch::Full)?.comparison;
        }
        swept.deaths += u64::from(comparison.died);
        for (_, id) in comparison.known {
            *swept.known.entry(id).or_default() += 1;
        }
        for difference in comparison.differences {
            let hit = || Hit { bucket: difference.bucket.clone(), case: number, count: 0 };
            hits.entry(difference.bucket.clone()).or_insert_with(hit).count += 1;
        }
        if let Some(reason) = comparison.incomparable {
            *incomparable.entry(reason).or_default() += 1;
        }
    }
    swept.hits = hits.into_values().collect();
    swept.hits.sort_by(|a, b| a.case.cmp(&b.case).then_with(|| b.bucket.cmp(&a.bucket)));
    swept.incomparable = incomparable.into_iter().collect();
    swept.incomparable.sort();
    Ok(swept)
}
