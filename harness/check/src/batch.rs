//! A batch: a range of a campaign's cases, generated, run and compared in one process. This is the hot loop of a campaign.

use crate::agreement::Agreement;
use crate::compare::{Comparison, compare};
use crate::differential::{DifferentialRun, confirm_leaks, run_expected};
use crate::divergence::{Bucket, Severity};
use crate::generate::{GeneratorOptions, numbered};
use crate::histogram::Histogram;
use crate::left_out::Counts;
use crate::limits;
use crate::oracle::{AnswerOptions, Expected, Omissions, Oracle};
use crate::pattern::Patterns;
use crate::variation::Variation;
use mmapcheck_spec::{Detail, Leaks, NextCase, Target, TargetError, Trace};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// A range of cases to generate, run and compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// The seed of the campaign.
    pub seed: u64,
    /// The numbers of the cases.
    pub cases: Range<u64>,
    /// The options of the generator.
    pub generator: GeneratorOptions,
    /// The known divergences of the target.
    pub known: Patterns,
    /// The model of the target: the variations of the reference that it is compared with.
    pub model: Vec<Variation>,
    /// Steps that are left out of every case, besides those that [`Omissions::of_case`] leaves out.
    pub omissions: Omissions,
    /// For fresh cases, the mildest severity of a divergence: only whether they agree is counted.
    pub fresh: Option<Severity>,
}

/// The result of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchResult {
    /// The number of cases run.
    pub cases: u64,
    /// The number of steps compared.
    pub steps: u64,
    /// The number of steps that were not compared, by the kind of reason.
    pub left_out: Counts,
    /// The number of cases in which the target died as expected.
    pub deaths: u64,
    /// The expected answers of the steps that were compared.
    pub answers: Histogram,
    /// The buckets of unknown divergences, each once, by case.
    pub hits: Vec<Hit>,
    /// The number of times that each known divergence was met, by its id.
    pub known: BTreeMap<String, u64>,
    /// The number of cases in which each variation of the model changed something, by its place.
    pub applied: Vec<(usize, u64)>,
    /// How many of the fresh cases agree.
    pub agreement: Agreement,
    /// The number of cases that could not be compared to their end, by reason.
    pub incomparable: Vec<(String, u64)>,
}

/// A bucket met in a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The bucket.
    pub bucket: Bucket,
    /// The first case that showed it.
    pub case: u64,
    /// The number of cases that showed it.
    pub count: u64,
}

/// An answered case of a batch.
struct Numbered {
    number: u64,
    detail: Detail,
    answered: Expected,
    /// The places of the variations that changed something.
    applied: Vec<usize>,
    /// The answer of the rules alone to a fresh case, where it is another one.
    plain: Option<Expected>,
}

impl Numbered {
    /// The case as one that is run next; none where a process is expected to die in it, which needs a run of its own.
    fn as_next(&self) -> Option<NextCase<'_>> {
        let lives = self.answered.expected.death().is_none();
        lives.then_some(NextCase { case: &self.answered.case, detail: self.detail })
    }
}

impl Batch {
    /// Runs the batch. `starting` is called with a case's number before the target runs it: with `false` the first time, with
    /// `true` when the case is run again for a closer look, perhaps with fewer steps.
    ///
    /// # Errors
    /// Where the oracle or the target could not be used at all.
    pub fn run(
        &self,
        oracle: &mut Oracle,
        target: &mut dyn Target,
        starting: &mut dyn FnMut(u64, bool),
    ) -> Result<BatchResult, TargetError> {
        let mut tally = Tally::default();
        oracle.vary(&self.model.iter().cloned().collect());
        let mut numbers = self.cases.clone();
        let mut current = numbers.next().map(|number| self.answer(oracle, number)).transpose()?;
        while let Some(case) = current {
            // The next case is answered first, so that a target in another process need not wait for it.
            let next = numbers.next().map(|number| self.answer(oracle, number)).transpose()?;
            self.run_case(case, next.as_ref().and_then(Numbered::as_next), oracle, target, starting, &mut tally)?;
            current = next;
        }
        Ok(tally.result())
    }

    fn answer(&self, oracle: &mut Oracle, number: u64) -> Result<Numbered, TargetError> {
        let detail = if number.is_multiple_of(limits::CLOSE_LOOK) { Detail::Every } else { Detail::Quick };
        let case = numbered(self.seed, number, &self.generator);
        let options = self.options(number, detail);
        let fresh = self.fresh.map(|_| case.clone());
        let answered = oracle.answer(case, &options)?;
        let applied = oracle.applied().collect();
        let plain = fresh.map(|case| oracle.without_variations(|plain| plain.answer(case, &options))).transpose()?;
        let plain = plain.filter(|plain| *plain != answered);
        Ok(Numbered { number, detail, answered, applied, plain })
    }

    /// Runs a fresh case, and counts whether it agrees with the model, and with the rules alone.
    fn run_fresh(
        &self,
        Numbered { detail, answered, plain, .. }: Numbered,
        target: &mut dyn Target,
        least: Severity,
    ) -> Result<Agreement, TargetError> {
        let mut actual = run_expected(&answered, target, detail, None)?;
        confirm_leaks(&answered.case, target, detail, &mut actual)?;
        let agrees = |answered: &Expected, actual: &Trace| {
            let found = compare(&answered.case, &answered.expected, actual, &self.known);
            found.first(least).is_none() && found.known.is_empty()
        };
        let with_model = agrees(&answered, &actual);
        let without = match plain {
            None => with_model,
            Some(plain) if plain.case == answered.case => agrees(&plain, &actual),
            Some(plain) => agrees(&plain, &run_expected(&plain, target, detail, None)?),
        };
        Ok(Agreement { cases: 1, with_model: with_model.into(), without: without.into() })
    }

    fn options(&self, number: u64, detail: Detail) -> AnswerOptions<'_> {
        AnswerOptions { detail, omissions: self.omissions.and(Omissions::of_case(number)), known: &self.known }
    }

    fn run_case(
        &self,
        case: Numbered,
        next: Option<NextCase<'_>>,
        oracle: &mut Oracle,
        target: &mut dyn Target,
        starting: &mut dyn FnMut(u64, bool),
        tally: &mut Tally,
    ) -> Result<(), TargetError> {
        starting(case.number, false);
        if let Some(least) = self.fresh {
            tally.result.agreement += self.run_fresh(case, target, least)?;
            return Ok(());
        }
        let Numbered { number, detail, answered, applied, .. } = case;
        let mut actual = run_expected(&answered, target, detail, next)?;
        let Expected { mut case, mut expected, left_out } = answered;
        if actual.leaks != Leaks::default() {
            starting(number, true);
            confirm_leaks(&case, target, detail, &mut actual)?;
        }
        let mut comparison = compare(&case, &expected, &actual, &self.known);
        tally.result.left_out.add_all(&left_out);
        if wants_close_look(&comparison, &self.known) {
            starting(number, true);
            let options = self.options(number, Detail::Full);
            let run = DifferentialRun::of(case, oracle, target, &options)?;
            tally.result.left_out.add_all(&run.left_out);
            let is_gone = run.comparison.divergences.is_empty() && run.comparison.known.is_empty();
            let seen = std::mem::take(&mut comparison.divergences);
            (case, expected, comparison) = (run.case, run.expected, run.comparison);
            // A divergence that does not show each time is counted as it was seen.
            if is_gone {
                comparison.divergences = seen;
            }
        }
        tally.result.cases += 1;
        applied.into_iter().for_each(|place| *tally.applied.entry(place).or_default() += 1);
        tally.result.steps += comparison.compared as u64;
        tally.result.answers.count(&case, &expected, comparison.compared);
        for step in comparison.compared..case.steps.len() {
            tally.result.left_out.add(comparison.reason_not_compared(step).kind, 1);
        }
        tally.add(number, comparison);
        Ok(())
    }
}

/// Whether a case that was compared under [`Detail::Quick`] must be compared under [`Detail::Full`] to attribute its
/// divergences to patterns: it can go on without a step, or a state that was not looked at in time may be a known one.
fn wants_close_look(comparison: &Comparison, known: &Patterns) -> bool {
    comparison.cut.is_some() || (!comparison.divergences.is_empty() && known.match_states())
}

/// A batch's result in the making.
#[derive(Default)]
struct Tally {
    result: BatchResult,
    hits: HashMap<Bucket, Hit>,
    applied: BTreeMap<usize, u64>,
    incomparable: HashMap<String, u64>,
}

impl Tally {
    fn add(&mut self, number: u64, comparison: Comparison) {
        self.result.deaths += u64::from(comparison.died);
        for (_, id) in comparison.known {
            *self.result.known.entry(id).or_default() += 1;
        }
        for divergence in comparison.divergences {
            let hit = || Hit { bucket: divergence.bucket.clone(), case: number, count: 0 };
            self.hits.entry(divergence.bucket.clone()).or_insert_with(hit).count += 1;
        }
        if let Some(reason) = comparison.incomparable {
            *self.incomparable.entry(reason).or_default() += 1;
        }
    }

    fn result(self) -> BatchResult {
        let mut hits: Vec<_> = self.hits.into_values().collect();
        hits.sort_by(|a, b| a.case.cmp(&b.case).then_with(|| b.bucket.cmp(&a.bucket)));
        let mut incomparable: Vec<_> = self.incomparable.into_iter().collect();
        incomparable.sort();
        BatchResult { hits, applied: self.applied.into_iter().collect(), incomparable, ..self.result }
    }
}
