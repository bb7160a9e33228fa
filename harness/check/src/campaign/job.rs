//! One job of a campaign: a worker, the batches it runs, and the investigation of the divergences they show.

use super::look::{InPlainTerms, Look, Seen};
use super::model::Snapshot;
use super::shared::{Place, Shared};
use super::{Finding, Shrunk, shrink_to};
use crate::base::Base;
use crate::batch::{BatchResult, Hit};
use crate::compare::Comparison;
use crate::diagnosis::Observation;
use crate::differential::DifferentialRun;
use crate::divergence::{Bucket, Divergence, Field, Severity, end_kind};
use crate::generate::{GeneratorOptions, numbered};
use crate::limits;
use crate::oracle::{AnswerOptions, Expected, Omissions, Oracle};
use crate::repeat::{Rate, in_time, repeat, until_shown};
use crate::worker::{Fresh, Worker, WorkerLoss, declined};
use mmapcheck_spec::{Case, Detail, End, Op, Step, Target, TargetError, Trace};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A worker, and the oracle that its divergences are investigated with.
pub(super) struct Job<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) worker: Box<dyn Worker>,
    pub(super) oracle: Oracle,
    base: Base,
    pub(super) options: GeneratorOptions,
    /// The model that the oracle judges by.
    pub(super) model: Snapshot,
    /// The version of the model that the worker judges by.
    judged_by: u32,
    /// The observations of the last finding that nothing explains.
    pub(super) unexplained: Vec<Observation>,
    /// The longest time for the cases of the present diagnosis.
    pub(super) longest_diagnosis: Duration,
}

impl<'a> Job<'a> {
    pub(super) fn start(shared: &'a Shared<'a>) -> Result<Job<'a>, TargetError> {
        let config = shared.config;
        let worker = config.target.start(config.profile, config.hang, &shared.stop)?;
        let oracle = Oracle::new(shared.profile)?;
        let base = Base::of(&config.target, shared.profile, config.hang, &shared.stop);
        let options = GeneratorOptions {
            ops: config.ops.clone(),
            weights: config.weights.clone(),
            steps: config.steps,
            callbacks: config.callbacks,
            offer: config.offer.clone(),
            ..GeneratorOptions::all(shared.profile)
        }
        .declining(declined(worker.as_ref()));
        Ok(Job {
            shared,
            worker,
            oracle,
            base,
            options,
            model: Snapshot::default(),
            judged_by: 0,
            unexplained: Vec::new(),
            longest_diagnosis: limits::DIAGNOSIS,
        })
    }

    /// Runs batches until the campaign is over.
    pub(super) fn run(mut self) -> Result<(), TargetError> {
        while let Some(range) = self.shared.take_range(self.worker.at_once()) {
            self.run_range(range)?;
            self.weed_with_sample()?;
            if self.shared.is_half_over() {
                self.explain_deaths();
            }
        }
        self.run_fresh()
    }

    /// Runs a range of cases. If the worker dies in one of them, the cases before and after it are run again as ranges of their
    /// own. A loss is kept even where the target can no longer be run.
    fn run_range(&mut self, range: Range<u64>) -> Result<(), TargetError> {
        let mut lost = Vec::new();
        let done = self.run_around_losses(range, &mut lost);
        let investigated = self.investigate_losses(&mut lost);
        done.and(investigated)
    }

    fn run_around_losses(&mut self, range: Range<u64>, lost: &mut Vec<(u64, WorkerLoss)>) -> Result<(), TargetError> {
        let mut left = vec![range];
        while let Some(range) = left.pop() {
            if range.is_empty() || (self.shared.over() && self.shared.deadline.is_some()) {
                continue;
            }
            self.renew_model();
            self.judged_by = self.model.version;
            match self.worker.batch(&self.batch_of(range.clone()))? {
                Ok(batch) => self.add_batch(batch)?,
                // The damage shows when a later case begins, or at the end: half of the cases at a time find the one that does it.
                Err(WorkerLoss { end: End::Damaged(_), .. }) if range.end - range.start > 1 => {
                    let half = range.start + (range.end - range.start) / 2;
                    left.push(half..range.end);
                    left.push(range.start..half);
                }
                Err(loss) => {
                    let case = loss.marks.case.clamp(range.start, range.end - 1);
                    lost.push((case, loss));
                    left.push(case + 1..range.end);
                    left.push(range.start..case);
                }
            }
            if lost.len() >= limits::LOSSES {
                self.investigate_losses(lost)?;
            }
        }
        Ok(())
    }

    fn add_batch(&mut self, batch: BatchResult) -> Result<(), TargetError> {
        {
            let mut tally = self.shared.tally();
            tally.cases += batch.cases;
            tally.steps += batch.steps;
            tally.left_out.merge(&batch.left_out);
            tally.deaths += batch.deaths;
            tally.answers.merge(&batch.answers);
            tally.model.count(&self.model, &batch.applied);
            tally.add_known(batch.known);
            for (reason, count) in batch.incomparable {
                *tally.incomparable.entry(reason).or_default() += count;
            }
            self.shared.listener.progress(tally.cases, tally.steps, &tally.answers);
        }
        let mut done = Ok(());
        for hit in batch.hits {
            match done {
                Ok(()) => done = self.add_hit(&hit),
                Err(_) => self.keep_unexamined(&hit)?,
            }
        }
        done
    }

    /// Counts a bucket. Returns whether the caller is to investigate it: it counts as a finding, and nobody has done so.
    pub(super) fn count(&self, bucket: &Bucket, count: u64) -> bool {
        self.shared.tally().count(bucket, count) && bucket.severity >= self.shared.severity
    }

    pub(super) fn add_hit(&mut self, hit: &Hit) -> Result<(), TargetError> {
        if !self.count(&hit.bucket, hit.count) {
            return Ok(());
        }
        self.examine(hit.case, &hit.bucket)
    }

    /// Investigates a divergence that was counted, and keeps it as it was counted if the target can no longer be asked.
    pub(super) fn examine(&mut self, number: u64, bucket: &Bucket) -> Result<(), TargetError> {
        let done = self.investigate(self.generated(number), number, bucket);
        if done.is_err() {
            self.keep_as_counted(number, bucket)?;
        }
        done
    }

    /// Counts a divergence that the target can no longer be asked about.
    fn keep_unexamined(&mut self, hit: &Hit) -> Result<(), TargetError> {
        if self.count(&hit.bucket, hit.count) { self.keep_as_counted(hit.case, &hit.bucket) } else { Ok(()) }
    }

    /// Keeps a divergence as a batch saw it. Of the target, only the bucket is known.
    fn keep_as_counted(&mut self, number: u64, bucket: &Bucket) -> Result<(), TargetError> {
        if self.must_be_reproduced(bucket) {
            return Ok(());
        }
        let compared = self.expected_run(number)?;
        let divergence = divergence_of(bucket, &compared);
        self.keep(Finding {
            unsteady: Some(NOT_REPEATED.into()),
            ..self.finding(bucket, divergence, compared, number)
        });
        Ok(())
    }

    /// The answer of the oracle to a case that the target does not run.
    pub(super) fn expected_run(&mut self, number: u64) -> Result<DifferentialRun, TargetError> {
        let options = self.answer_options(number, Detail::Full);
        let Expected { case, expected, left_out } = self.oracle.answer(self.generated(number), &options)?;
        let (actual, comparison) = (Trace::default(), Comparison::default());
        Ok(DifferentialRun { profile: self.shared.profile, case, left_out, expected, actual, comparison })
    }

    /// A finding whose case was not shrunk.
    pub(super) fn finding(
        &self,
        bucket: &Bucket,
        divergence: Divergence,
        compared: DifferentialRun,
        number: u64,
    ) -> Finding {
        let unshrunk = Some(UNSHRUNK.to_owned());
        Finding { case: number, unshrunk, counted_as: bucket.clone(), ..Finding::of(divergence, compared) }
    }

    pub(super) fn generated(&self, case: u64) -> Case {
        numbered(self.shared.config.seed, case, &self.options)
    }

    /// These omissions, as the interface of the target needs them.
    pub(super) fn omissions(&self, omissions: Omissions) -> Omissions {
        omissions.for_interface(self.options.offer.is_some())
    }

    /// The options under which a batch answers the case of this number.
    pub(super) fn answer_options(&self, number: u64, detail: Detail) -> AnswerOptions<'a> {
        AnswerOptions {
            detail,
            omissions: self.omissions(Omissions::of_case(number)),
            known: &self.shared.config.known,
        }
    }

    /// Runs a case as a batch runs the case of this number.
    pub(super) fn compare(&mut self, case: Case, number: u64, detail: Detail) -> Result<DifferentialRun, TargetError> {
        let options = self.answer_options(number, detail);
        DifferentialRun::of(case, &mut self.oracle, self.worker.as_mut(), &options)
    }

    /// Runs a case [`limits::REPEATS`] times in full detail. `fresh`: each time in a new process.
    fn runs(&mut self, case: &Case, number: u64, fresh: bool) -> Result<Vec<DifferentialRun>, TargetError> {
        let (options, until) = (self.answer_options(number, Detail::Full), in_time(self.shared.deadline));
        let mut in_new_process = Fresh(self.worker.as_mut());
        let target: &mut dyn Target = if fresh { &mut in_new_process } else { in_new_process.0 };
        repeat(case, limits::REPEATS, &mut self.oracle, target, &options, Some(until))
    }

    /// Runs a case, and in a new process each time if it shows nothing otherwise. Compared in full detail, the case may
    /// diverge at an earlier step and in another bucket than the batch saw.
    fn look_again(&mut self, case: &Case, number: u64, counted_as: &Bucket) -> Result<Look, TargetError> {
        let runs = self.runs(case, number, false)?;
        let explained = runs.iter().any(|run| !run.comparison.known.is_empty()) || counted_as.field == Field::Pages;
        let look = Look { runs, fresh: false };
        if explained || look.bucket(counted_as, self.shared.severity).is_some() || self.shared.over() {
            return Ok(look);
        }
        let fresh = self.runs(case, number, true).map(|runs| Look { runs, fresh: true });
        Ok(fresh.ok().filter(|look| look.bucket(counted_as, self.shared.severity).is_some()).unwrap_or(look))
    }

    /// Shrinks a divergence and keeps it with the rate at which it shows.
    fn investigate(&mut self, case: Case, number: u64, counted_as: &Bucket) -> Result<(), TargetError> {
        self.renew_model();
        if !self.is_of_the_target(&case, number)? {
            self.shared.tally().forget(counted_as);
            return Ok(());
        }
        let look = self.look_again(&case, number, counted_as)?;
        let Some((bucket, seen)) = look.bucket(counted_as, self.shared.severity).and_then(|bucket| look.seen(&bucket))
        else {
            self.not_reproduced(look.runs, number, counted_as);
            return Ok(());
        };
        let plainer = self.plainer(&seen.run, number, &bucket).ok().flatten();
        let (case, bucket) = plainer.unwrap_or((case, bucket));
        if bucket != *counted_as && !self.shared.tally().investigated.insert(bucket.clone()) {
            return Ok(());
        }
        let Shrunk { case, shown, complete } = self.minimised(case, number, &bucket, seen.rate, look.fresh);
        let small = until_shown(&bucket, || self.runs(&case, number, look.fresh));
        let small = small.map(|runs| Look { runs, ..look }.seen(&bucket));
        let (seen, unshrunk) = match small {
            Ok(Some((_, small))) => (small, (!complete).then_some(UNSHRUNK)),
            Ok(None) if self.must_be_reproduced(&bucket) => return Ok(()),
            Ok(None) => (seen, Some(NOT_SMALLER)),
            Err(_) => (Seen { run: shown.unwrap_or(seen.run), ..seen }, (!complete).then_some(UNSHRUNK)),
        };
        if !seen.rate.is_steady() && self.must_be_reproduced(&bucket) {
            return Ok(());
        }
        let of_bucket = |divergence: &&Divergence| divergence.bucket == bucket;
        let divergence = seen.run.comparison.divergences.iter().find(of_bucket).cloned();
        let divergence = divergence.unwrap_or_else(|| divergence_of(&bucket, &seen.run));
        let run = seen.run.clone();
        let (compared, divergence) = match self.in_plain_terms(&run, &bucket)? {
            InPlainTerms::Refuted => {
                self.shared.tally().forget(counted_as);
                return self.correct(&run);
            }
            InPlainTerms::Same(same) => *same,
            InPlainTerms::OfTheModel => (run.clone(), divergence),
        };
        // A divergence of a base that cannot be asked is reported, with a note.
        let asked = self.is_inherited(&run.case, &bucket);
        let unsteady = seen.unsteady(look.fresh).or(asked.is_err().then(|| BASE_NOT_ASKED.to_owned()));
        let steady = unsteady.is_none();
        let place = self.keep(Finding {
            rate: Some(seen.rate),
            unsteady,
            unshrunk: unshrunk.map(str::to_owned),
            inherited: asked.unwrap_or(false),
            ..self.finding(counted_as, divergence, compared, number)
        });
        if let (Some(place), true) = (place, steady) {
            self.explain(&run, &bucket, place);
        }
        Ok(())
    }

    /// Whether a case diverges from the model as it is now, and not because the model is wrong. A wrong model is corrected.
    fn is_of_the_target(&mut self, case: &Case, number: u64) -> Result<bool, TargetError> {
        if self.model.variations.is_empty() {
            return Ok(true);
        }
        let run = self.compare(case.clone(), number, Detail::Full)?;
        if let Some(counterexample) = self.counterexample(&run, number)? {
            self.correct(&counterexample)?;
            return Ok(false);
        }
        let is_shown = run.comparison.first(self.shared.severity).is_some() || !run.comparison.known.is_empty();
        // In the model of before, a process may have been left in another state.
        Ok(is_shown || self.model.version == self.judged_by)
    }

    /// Whether the base of the class shows a divergence of this bucket, too.
    fn is_inherited(&mut self, case: &Case, bucket: &Bucket) -> Result<bool, TargetError> {
        let inherited = self.base.shows(&mut self.oracle, case, bucket)?;
        if let Some(why) = self.base.missing() {
            self.shared.tally().base_missing.get_or_insert_with(|| why.to_owned());
        }
        Ok(inherited)
    }

    /// No run of the case shows a divergence in full detail: it is kept as an unsteady finding, unless a known entry explains
    /// it.
    fn not_reproduced(&mut self, runs: Vec<DifferentialRun>, number: u64, counted_as: &Bucket) {
        let rate = Rate { shown: 0, runs: runs.len() };
        let known = runs.iter().position(|run| !run.comparison.known.is_empty());
        let Some(full) = runs.into_iter().nth(known.unwrap_or(0)) else { return };
        if !full.comparison.known.is_empty() {
            // The batch saw a consequence of a known divergence. Another case may reach the bucket in another way.
            let mut tally = self.shared.tally();
            tally.add_known(full.comparison.known.into_iter().map(|(_, id)| (id, 1)));
            tally.investigated.remove(counted_as);
            return;
        }
        if self.must_be_reproduced(counted_as) {
            return;
        }
        let divergence = divergence_of(counted_as, &full);
        let finding = Finding { unshrunk: None, ..self.finding(counted_as, divergence, full, number) };
        self.keep(finding.with_rate(rate));
    }

    /// Whether a divergence of this bucket is a finding only if it is reproduced. An interpreter maps memory at times of its
    /// own choice, so that mapped pages count only if they show each time. Another case may still reach the bucket.
    fn must_be_reproduced(&self, bucket: &Bucket) -> bool {
        let must = bucket.field == Field::Pages;
        if must {
            self.shared.tally().investigated.remove(bucket);
        }
        must
    }

    /// A case that shows a divergence in a step of its own, which reads better: the divergence of a callback, or of the `close()`
    /// that ends every case.
    fn plainer(
        &mut self,
        run: &DifferentialRun,
        number: u64,
        bucket: &Bucket,
    ) -> Result<Option<(Case, Bucket)>, TargetError> {
        let Some(found) = run.comparison.divergences.iter().find(|one| one.bucket == *bucket) else { return Ok(None) };
        let callback = run.case.steps.get(found.step).and_then(Step::callback);
        let step = match (bucket.field, callback) {
            (Field::Closing, _) => Step::new(Op::Close, found.slot as u8, []),
            (_, Some(callback)) if bucket.callback.is_some() => callback.clone(),
            _ => return Ok(None),
        };
        let op = step.op;
        let mut case = run.case.clone();
        case.edit(|draft| {
            draft.steps.truncate(found.step);
            draft.steps.push(step);
        });
        let compared = self.compare(case.clone(), number, Detail::Full)?;
        let shows_same = |one: &&Divergence| {
            let Bucket { op: of, callback, .. } = &one.bucket;
            let is_alike = one.bucket.expected == bucket.expected && one.bucket.actual == bucket.actual;
            *of == Some(op)
                && callback.is_none()
                && (bucket.field == Field::Closing || is_alike)
                && one.bucket.severity >= self.shared.severity
        };
        Ok(compared.comparison.divergences.iter().find(shows_same).map(|one| (case, one.bucket.clone())))
    }

    fn minimised(&mut self, case: Case, number: u64, bucket: &Bucket, rate: Rate, fresh: bool) -> Shrunk {
        let hangs = bucket.severity == Severity::Death && bucket.actual == end_kind(&End::Hung);
        let hang = self.shared.config.hang;
        if hangs {
            self.worker.set_hang(hang.min(limits::HANG_AGAIN));
        }
        let options = self.answer_options(number, Detail::Full);
        let longest = Instant::now() + self.shared.longest_shrink();
        let deadline = self.shared.deadline.map_or(longest, |deadline| deadline.min(longest));
        let mut in_new_process = Fresh(self.worker.as_mut());
        let target: &mut dyn Target = if fresh { &mut in_new_process } else { in_new_process.0 };
        let small = shrink_to(&mut self.oracle, target, case, bucket, rate, &options, deadline);
        self.worker.set_hang(hang);
        small
    }

    /// Keeps a finding, if it is wanted. Returns its place.
    pub(super) fn keep(&mut self, finding: Finding) -> Option<Place> {
        let finding = Finding { plain: self.plain(&finding.compared), ..finding };
        let mut tally = self.shared.tally();
        let fail_fast = self.shared.config.fail_fast && !finding.inherited;
        if fail_fast && !tally.findings.is_empty() {
            return None;
        }
        self.shared.listener.found(&finding);
        let place = tally.add(finding);
        if fail_fast {
            self.shared.end();
        }
        if tally.findings.iter().filter(|finding| finding.explanation.is_none()).count() >= limits::BUCKETS {
            self.shared.enough.store(true, Ordering::Relaxed);
        }
        Some(place)
    }
}

/// Why a divergence is not known to show again: the end of the campaign's time, Ctrl-C, or a target that no longer starts.
pub(super) const NOT_REPEATED: &str = "the check ended before the case was run again";

/// Why a divergence may be inherited all the same.
const BASE_NOT_ASKED: &str = "the check ended before the interpreter's own mmap was asked";

/// Why a case may be longer than needed.
const UNSHRUNK: &str = "the time for it was over";

/// Why the case of a divergence was left as it was generated.
const NOT_SMALLER: &str = "the smaller case did not show the divergence again";

/// The divergence of a case that was counted and not reproduced: only its bucket is known.
fn divergence_of(bucket: &Bucket, compared: &DifferentialRun) -> Divergence {
    let (expected, actual) = (bucket.expected.clone(), bucket.actual.clone());
    Divergence { bucket: bucket.clone(), step: compared.case.steps.len(), slot: 0, expected, actual }
}
