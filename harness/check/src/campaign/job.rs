//! One worker's part of a campaign: ranges of cases, and what they show looked into.

use super::{Finding, Shared, shrink_to};
use crate::batch::{BatchResult, Hit};
use crate::choices::seeded;
use crate::compare::{Bucket, Comparison, Divergence, Field, Severity, death, end_kind, result_text};
use crate::generate::{GeneratorOptions, generate};
use crate::limits;
use crate::run::{DifferentialRun, Expected, Oracle};
use crate::worker::{BatchRequest, WirePattern, Worker, WorkerLoss};
use mmapcheck_spec::{Case, Detail, End, Op, Step, StepTrace, TargetError, repair};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// One worker and what its findings are looked at with.
pub(super) struct Job<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) worker: Box<dyn Worker>,
    pub(super) oracle: Oracle,
    pub(super) mix: GeneratorOptions,
}

impl Job<'_> {
    /// Does a range of cases. Where the worker dies in one of them, the others are done all the same.
    pub(super) fn range(&mut self, range: Range<u64>) -> Result<(), TargetError> {
        let mut left = vec![range];
        while let Some(range) = left.pop() {
            if range.is_empty() || (self.shared.over() && self.shared.deadline.is_some()) {
                continue;
            }
            let plan = self.shared.plan;
            let order = BatchRequest {
                seed: plan.seed,
                first: range.start,
                count: range.end - range.start,
                ops: plan.ops.iter().map(ToString::to_string).collect(),
                steps: plan.steps,
                callbacks: plan.callbacks,
                known: plan.known.0.iter().map(WirePattern::from).collect(),
            };
            match self.worker.batch(order)? {
                Ok(batch) => self.take(batch)?,
                Err(gone) => {
                    let case = gone.marks.case.clamp(range.start, range.end - 1);
                    self.death(case, &gone)?;
                    left.push(case + 1..range.end);
                    left.push(range.start..case);
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, batch: BatchResult) -> Result<(), TargetError> {
        {
            let mut tally = self.shared.tally();
            tally.cases += batch.cases;
            tally.steps += batch.steps;
            tally.deaths += batch.deaths;
            tally.answers.merge(&batch.answers);
            tally.meet(batch.known);
            for (reason, count) in batch.incomparable {
                *tally.incomparable.entry(reason).or_default() += count;
            }
            self.shared.watcher.progress(tally.cases, tally.steps, &tally.answers);
        }
        for hit in batch.hits {
            self.hit(&hit)?;
        }
        Ok(())
    }

    /// Whether this is the first of its kind, to be looked at now.
    fn first_of(&self, bucket: &Bucket, count: u64) -> bool {
        let mut tally = self.shared.tally();
        *tally.counts.entry(bucket.clone()).or_default() += count;
        bucket.severity >= self.shared.severity && tally.taken.insert(bucket.clone())
    }

    fn hit(&mut self, hit: &Hit) -> Result<(), TargetError> {
        if !self.first_of(&hit.bucket, hit.count) {
            return Ok(());
        }
        self.oracle.take_up(hit.case);
        let case = self.generated(hit.case);
        self.look_into(case, hit.case, &hit.bucket)
    }

    fn generated(&self, case: u64) -> Case {
        generate(&mut seeded(self.shared.plan.seed, case), &self.mix)
    }

    /// Makes a divergence small and keeps it. Looked at closely, it may show at an earlier step, as one of another kind.
    fn look_into(&mut self, case: Case, number: u64, counted: &Bucket) -> Result<(), TargetError> {
        let close = self.oracle.compare(case.clone(), self.worker.as_mut(), Detail::Full)?;
        let shown = close
            .comparison
            .divergences
            .iter()
            .find(|d| d.bucket == *counted)
            .or(close.comparison.first(self.shared.severity));
        let Some(bucket) = shown.map(|divergence| divergence.bucket.clone()) else {
            if !close.comparison.known.is_empty() {
                // What was seen in a hurry came of something known. Another case may show the kind for another reason.
                let mut tally = self.shared.tally();
                tally.meet(close.comparison.known.into_iter().map(|(_, id)| (id, 1)));
                tally.taken.remove(counted);
                return Ok(());
            }
            if self.is_no_finding_unless_seen(counted) {
                return Ok(());
            }
            let divergence = self.unseen(counted, &close);
            self.keep(Finding {
                counted: counted.clone(),
                divergence,
                compared: close,
                count: 1,
                case: number,
                unsteady: Some(UNSEEN.into()),
            });
            return Ok(());
        };
        let (case, bucket) = self.closed_by_hand(&close, &bucket)?.unwrap_or((case, bucket));
        if bucket != *counted && !self.shared.tally().taken.insert(bucket.clone()) {
            return Ok(());
        }
        let small = self.small(case, &bucket);
        let compared = self.oracle.compare(small, self.worker.as_mut(), Detail::Full)?;
        let divergence = compared.comparison.divergences.iter().find(|divergence| divergence.bucket == bucket).cloned();
        if divergence.is_none() && self.is_no_finding_unless_seen(&bucket) {
            return Ok(());
        }
        let unsteady = divergence.is_none().then(|| UNSEEN.to_owned());
        let divergence = divergence.unwrap_or_else(|| self.unseen(&bucket, &compared));
        self.keep(Finding { counted: counted.clone(), divergence, compared, count: 1, case: number, unsteady });
        Ok(())
    }

    /// An interpreter takes memory when it likes: what it has mapped is the case's doing only where that shows each time.
    /// Another case may show the kind for a better reason.
    fn is_no_finding_unless_seen(&self, bucket: &Bucket) -> bool {
        let is_none = bucket.field == Field::Pages;
        if is_none {
            self.shared.tally().taken.remove(bucket);
        }
        is_none
    }

    /// What `close()` says at the end of a case is shown better by a step that closes.
    fn closed_by_hand(
        &mut self,
        close: &DifferentialRun,
        bucket: &Bucket,
    ) -> Result<Option<(Case, Bucket)>, TargetError> {
        let slot = close.comparison.divergences.iter().find(|d| d.bucket == *bucket).map(|divergence| divergence.slot);
        let (Field::Closing, Some(slot)) = (bucket.field, slot) else { return Ok(None) };
        let mut case = close.case.clone();
        case.steps.push(Step::new(Op::Close, slot as u8, []));
        let compared = self.oracle.compare(case.clone(), self.worker.as_mut(), Detail::Full)?;
        let closing = compared.comparison.divergences.iter().find(|divergence| {
            divergence.bucket.op == Some(Op::Close) && divergence.bucket.severity >= self.shared.severity
        });
        Ok(closing.map(|divergence| (case, divergence.bucket.clone())))
    }

    fn small(&mut self, case: Case, bucket: &Bucket) -> Case {
        let hangs = bucket.severity == Severity::Death && bucket.actual == end_kind(&End::Hung);
        let patience = self.shared.plan.hang;
        if hangs {
            self.worker.set_hang(patience.min(limits::HANG_AGAIN));
        }
        let small = shrink_to(&mut self.oracle, self.worker.as_mut(), case, bucket, Instant::now() + limits::SHRINK);
        self.worker.set_hang(patience);
        small
    }

    /// A divergence that was counted but did not show again: all that is known is its kind.
    fn unseen(&self, bucket: &Bucket, compared: &DifferentialRun) -> Divergence {
        let (expected, actual) = (bucket.expected.clone(), bucket.actual.clone());
        Divergence { bucket: bucket.clone(), step: compared.case.steps.len(), slot: 0, expected, actual }
    }

    /// The worker died or hung. The case is tried again: a target that fails by itself does so again; one that was killed
    /// from outside does not, and is reported all the same.
    fn death(&mut self, number: u64, gone: &WorkerLoss) -> Result<(), TargetError> {
        self.shared.tally().cases += 1;
        self.oracle.take_up(number);
        if self.death_seen_before(number, gone)? {
            return Ok(());
        }
        for _ in 0..limits::RETRIES {
            let compared = self.oracle.compare(self.generated(number), self.worker.as_mut(), Detail::Quick)?;
            let death = compared.comparison.divergences.iter().find(|d| d.bucket.severity == Severity::Death);
            if let Some(bucket) = death.map(|divergence| divergence.bucket.clone()) {
                if self.first_of(&bucket, 1) {
                    self.look_into(self.generated(number), number, &bucket)?;
                }
                return Ok(());
            }
            // The two had parted before the death: the first divergence is the cause to report.
            if self.take_one(number, compared.comparison)? {
                return Ok(());
            }
        }
        if gone.end == End::Hung {
            // Nothing in the case hangs: the stepper was busy with something else. It is counted, so that it is known.
            let reason = "it gave no answer in time once, and did each time it was run again".to_owned();
            *self.shared.tally().incomparable.entry(reason).or_default() += 1;
            return Ok(());
        }
        self.killed(number, gone)
    }

    /// Takes in what one case showed. Says whether that was anything.
    fn take_one(&mut self, number: u64, comparison: Comparison) -> Result<bool, TargetError> {
        let Comparison { divergences, known, .. } = comparison;
        let anything = !divergences.is_empty() || !known.is_empty();
        self.shared.tally().meet(known.into_iter().map(|(_, id)| (id, 1)));
        for divergence in divergences {
            self.hit(&Hit { bucket: divergence.bucket, case: number, count: 1 })?;
        }
        Ok(anything)
    }

    /// A death that was foreseen is none to look into; one of a kind that has been looked into is counted and not tried again.
    /// After a listed one, the case goes on without the step.
    fn death_seen_before(&mut self, number: u64, gone: &WorkerLoss) -> Result<bool, TargetError> {
        let Expected { mut case, expected } = self.oracle.answer(self.generated(number), Detail::Quick)?;
        let place = gone.marks.step.filter(|_| !gone.marks.again).map_or(usize::MAX, |step| step as usize);
        let Some((step, StepTrace { result: wanted, .. })) = case.steps.get(place).zip(expected.steps.get(place))
        else {
            return Ok(false);
        };
        if wanted.as_ref() == Err(&gone.end) {
            self.shared.tally().deaths += 1;
            return Ok(true);
        }
        let bucket = death(step, wanted, &gone.end);
        if let Some(id) = self.oracle.rules().find(&bucket).map(str::to_owned) {
            self.shared.tally().meet([(id, 1)]);
            case.steps.remove(place);
            repair(&mut case);
            let compared = self.oracle.compare(case, self.worker.as_mut(), Detail::Quick)?;
            self.take_one(number, compared.comparison)?;
            return Ok(true);
        }
        let mut tally = self.shared.tally();
        let taken = tally.taken.contains(&bucket);
        if taken {
            *tally.counts.entry(bucket).or_default() += 1;
        }
        Ok(taken)
    }

    fn killed(&mut self, number: u64, gone: &WorkerLoss) -> Result<(), TargetError> {
        let compared = self.oracle.compare(self.generated(number), self.worker.as_mut(), Detail::Full)?;
        let step = gone.marks.step.map_or(compared.case.steps.len(), |step| step as usize);
        let done = compared.case.steps.get(step);
        let wanted = compared.expected.steps.get(step).map(|step| &step.result);
        let (expected, actual) = (wanted.map_or("the end of the case".into(), result_text), gone.end.to_string());
        let bucket = match (done, wanted) {
            (Some(done), Some(wanted)) => death(done, wanted, &gone.end),
            _ => Bucket {
                severity: Severity::Death,
                op: None,
                callback: None,
                field: Field::Closing,
                expected: String::new(),
                actual: actual.clone(),
            },
        };
        let divergence = Divergence { bucket: bucket.clone(), step, slot: 0, expected, actual };
        if self.first_of(&bucket, 1) {
            let again =
                format!("the case was run {} times more and did not die: killed from outside?", limits::RETRIES);
            self.keep(Finding { counted: bucket, divergence, compared, count: 1, case: number, unsteady: Some(again) });
        }
        Ok(())
    }

    fn keep(&self, finding: Finding) {
        self.shared.watcher.found(&finding);
        let mut tally = self.shared.tally();
        tally.findings.push(finding);
        if self.shared.plan.fail_fast || tally.findings.len() >= limits::BUCKETS {
            self.shared.done.store(true, Ordering::Relaxed);
        }
    }
}

const UNSEEN: &str = "it did not show when the case was run again";
