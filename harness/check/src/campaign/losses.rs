//! The investigation of losses of the worker: deaths and hangs.

use super::Finding;
use super::job::{Job, NOT_REPEATED};
use crate::batch::Hit;
use crate::compare::Comparison;
use crate::differential::DifferentialRun;
use crate::divergence::{Bucket, Divergence, Field, Severity, death, end_text, result_text};
use crate::left_out::Kind;
use crate::limits;
use crate::oracle::{AnswerOptions, Expected, Omissions};
use crate::repeat::Rate;
use crate::worker::WorkerLoss;
use mmapcheck_spec::{Detail, End, StepTrace, TargetError};

impl Job<'_> {
    /// Investigates losses of the worker, all of them even where one cannot be. They take long, and the findings of the other cases
    /// often explain them.
    pub(super) fn investigate_losses(&mut self, lost: &mut Vec<(u64, WorkerLoss)>) -> Result<(), TargetError> {
        let mut done = Ok(());
        for (case, loss) in lost.drain(..) {
            done = done.and(self.investigate_loss(case, &loss));
        }
        done
    }

    /// Investigates the death or hang of the worker.
    fn investigate_loss(&mut self, number: u64, loss: &WorkerLoss) -> Result<(), TargetError> {
        self.shared.tally().cases += 1;
        let done = self.retry_loss(number, loss);
        if done.is_err() {
            let compared = self.expected_run(number)?;
            self.keep_loss(number, loss, compared, None, NOT_REPEATED);
        }
        done
    }

    /// Runs the case of a loss again: a fault of the target shows again, a kill from outside does not, and is reported as
    /// unsteady.
    fn retry_loss(&mut self, number: u64, loss: &WorkerLoss) -> Result<(), TargetError> {
        if self.is_counted_loss(number, loss)? || self.is_foreseen_now(number, loss)? {
            return Ok(());
        }
        for _ in 0..limits::REPEATS {
            let compared = self.compare(self.generated(number), number, Detail::Quick)?;
            let death = compared.comparison.divergences.iter().find(|d| d.bucket.severity == Severity::Death);
            if let Some(bucket) = death.map(|divergence| divergence.bucket.clone()) {
                if self.count(&bucket, 1) {
                    self.examine(number, &bucket)?;
                }
                return Ok(());
            }
            // A divergence before the loss is the cause to report.
            if self.add_comparison(number, compared.comparison)? {
                return Ok(());
            }
        }
        if loss.end == End::Hung {
            // No step of the case hangs: the machine was busy. The case is counted, so that the report says so.
            let reason = "it gave no answer in time once, and did each time it was run again".to_owned();
            *self.shared.tally().incomparable.entry(reason).or_default() += 1;
            return Ok(());
        }
        let compared = self.compare(self.generated(number), number, Detail::Full)?;
        let rate = Rate { shown: 0, runs: limits::REPEATS };
        self.keep_loss(number, loss, compared, Some(rate), &format!("it showed in {rate} runs: killed from outside?"));
        Ok(())
    }

    /// Whether the model has learned since that the target ends so in this case: its steps with a foreseen death are kept, and
    /// the case runs again.
    fn is_foreseen_now(&mut self, number: u64, loss: &WorkerLoss) -> Result<bool, TargetError> {
        if self.model.variations.is_empty() {
            return Ok(false);
        }
        let omissions = Omissions { foreseen_deaths: false, ..Omissions::of_case(number) };
        let options =
            AnswerOptions { omissions: self.omissions(omissions), ..self.answer_options(number, Detail::Quick) };
        let case = self.generated(number);
        let run = DifferentialRun::of(case, &mut self.oracle, self.worker.as_mut(), &options)?;
        let ends = run.expected.steps.last().is_some_and(|step| step.result.as_ref() == Err(&loss.end));
        let is_foreseen = ends && run.comparison.first(self.shared.severity).is_none();
        self.shared.tally().deaths += u64::from(is_foreseen);
        Ok(is_foreseen)
    }

    /// Counts the divergences of one case and investigates them. Returns whether one of them can be why the worker was lost: a
    /// known one, or one that counts. A milder one explains no loss.
    fn add_comparison(&mut self, number: u64, comparison: Comparison) -> Result<bool, TargetError> {
        let Comparison { divergences, known, .. } = comparison;
        let counts = |divergence: &Divergence| divergence.bucket.severity >= self.shared.severity;
        let explains = divergences.iter().any(counts) || !known.is_empty();
        self.shared.tally().add_known(known.into_iter().map(|(_, id)| (id, 1)));
        for divergence in divergences {
            self.add_hit(&Hit { bucket: divergence.bucket, case: number, count: 1 })?;
        }
        Ok(explains)
    }

    /// Counts a death that needs no investigation: an expected one, a known one, or one whose bucket was already investigated.
    /// After a known one, the case is run again without the step. Returns false if the death is to be investigated.
    fn is_counted_loss(&mut self, number: u64, loss: &WorkerLoss) -> Result<bool, TargetError> {
        let Expected { case, expected, .. } =
            self.oracle.answer(self.generated(number), &self.answer_options(number, Detail::Quick))?;
        let index = loss.marks.step.filter(|_| !loss.marks.again).map_or(usize::MAX, |step| step as usize);
        let Some((step, StepTrace { result: wanted, .. })) = case.steps.get(index).zip(expected.steps.get(index))
        else {
            return Ok(false);
        };
        if wanted.as_ref() == Err(&loss.end) {
            self.shared.tally().deaths += 1;
            return Ok(true);
        }
        let bucket = death(step, wanted, &loss.end);
        if let Some(id) = self.shared.config.known.find(&bucket).map(str::to_owned) {
            self.shared.tally().add_known([(id, 1)]);
            let options = self.answer_options(number, Detail::Quick);
            let without = vec![(case.step_to_leave_out(index), Kind::KnownDivergence.into())];
            let compared = DifferentialRun::without(case, without, &mut self.oracle, self.worker.as_mut(), &options)?;
            self.add_comparison(number, compared.comparison)?;
            return Ok(true);
        }
        let mut tally = self.shared.tally();
        let investigated = tally.investigated.contains(&bucket);
        if investigated {
            *tally.counts.entry(bucket).or_default() += 1;
        }
        Ok(investigated)
    }

    /// Keeps a death that no retry reproduced.
    fn keep_loss(
        &mut self,
        number: u64,
        loss: &WorkerLoss,
        mut compared: DifferentialRun,
        rate: Option<Rate>,
        unsteady: &str,
    ) {
        compared.actual.last_words.clone_from(&loss.last_words);
        let index = loss.marks.step.map_or(compared.case.steps.len(), |step| step as usize);
        let step = compared.case.steps.get(index);
        let wanted = compared.expected.steps.get(index).map(|step| &step.result);
        let (expected, actual) = (wanted.map_or("the end of the case".into(), result_text), end_text(&loss.end));
        let bucket = match (step, wanted) {
            (Some(step), Some(wanted)) => death(step, wanted, &loss.end),
            _ => Bucket {
                severity: Severity::Death,
                op: None,
                callback: None,
                field: Field::Closing,
                expected: String::new(),
                actual: actual.clone(),
            },
        };
        let divergence = Divergence { bucket: bucket.clone(), step: index, slot: 0, expected, actual };
        if self.shared.config.known.find(&bucket).is_none() && self.count(&bucket, 1) {
            let finding = self.finding(&bucket, divergence, compared, number);
            self.keep(Finding { rate, unsteady: Some(unsteady.to_owned()), ..finding });
        }
    }
}
