//! The state that all jobs of a campaign share: the case numbers left to run, and the tally.

use super::model::{Explanation, ExplanationId, Model};
use super::{CampaignConfig, Finding, Listener};
use crate::agreement::Agreement;
use crate::diagnosis::{Diagnosis, Observation};
use crate::differential::DifferentialRun;
use crate::divergence::{Bucket, Severity};
use crate::histogram::Histogram;
use crate::left_out::Counts;
use crate::limits;
use crate::variation::Variation;
use mmapcheck_spec::{Op, Profile, TargetError};
use mmapcheck_targets::stop::Stop;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long after its time a campaign may still run the target: to see a divergence again that was just found.
const GRACE: Duration = Duration::from_secs(1);

/// The findings and counts so far.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) cases: u64,
    pub(super) steps: u64,
    pub(super) left_out: Counts,
    pub(super) deaths: u64,
    pub(super) answers: Histogram,
    /// Number of cases by bucket.
    pub(super) counts: BTreeMap<Bucket, u64>,
    /// Buckets that were investigated, or are being investigated.
    pub(super) investigated: HashSet<Bucket>,
    /// The findings that are not inherited.
    pub(super) findings: Vec<Finding>,
    pub(super) inherited: Vec<Finding>,
    /// Why inherited divergences were not told apart, if they were not.
    pub(super) base_missing: Option<String>,
    pub(super) known: BTreeMap<String, u64>,
    pub(super) incomparable: BTreeMap<String, u64>,
    /// The model that explains the findings.
    pub(super) model: Model,
    /// Deaths that are to be explained in the second half of the time: each neighbour may cost a process, and another explanation
    /// may take them in.
    pub(super) unexplained_deaths: Vec<(DifferentialRun, Bucket, Place)>,
    /// The observations of the findings that nothing explains so far.
    pub(super) unexplained: Vec<(Place, Vec<Observation>)>,
    /// Whether the explanations were refined.
    pub(super) refined: bool,
    /// Random cases that explanations are tried on, and the time that running them took.
    pub(super) sample: Vec<Arc<Observation>>,
    pub(super) sampling: Duration,
    /// The number of cases of the sample when explanations were last weeded.
    pub(super) weeded: usize,
    /// How often buckets were forgotten, because what showed them was explained.
    forgotten: BTreeMap<Bucket, usize>,
    /// The number of cases at which a bucket that was forgotten often is investigated again.
    due: BTreeMap<Bucket, u64>,
    /// Time spent on diagnoses.
    pub(super) diagnosing: Duration,
    /// The fresh cases that say how much of the target the model takes in.
    pub(super) fresh: Agreement,
    /// The first error that ended a job.
    pub(super) failure: Option<String>,
}

/// The place of a finding in the tally.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) inherited: bool,
    index: usize,
}

impl Tally {
    /// Counts matches of known entries.
    pub(super) fn add_known(&mut self, matches: impl IntoIterator<Item = (String, u64)>) {
        for (id, count) in matches {
            *self.known.entry(id).or_default() += count;
        }
    }

    /// Adds a finding.
    pub(super) fn add(&mut self, finding: Finding) -> Place {
        let inherited = finding.inherited;
        let all = if inherited { &mut self.inherited } else { &mut self.findings };
        all.push(finding);
        Place { inherited, index: all.len() - 1 }
    }

    /// All findings.
    pub(super) fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(&self.inherited)
    }

    /// The finding at a place.
    pub(super) fn finding(&mut self, Place { inherited, index }: Place) -> &mut Finding {
        let all = if inherited { &mut self.inherited } else { &mut self.findings };
        &mut all[index]
    }

    /// All findings, in the same order.
    pub(super) fn all_findings_mut(&mut self) -> impl Iterator<Item = &mut Finding> {
        self.findings.iter_mut().chain(&mut self.inherited)
    }

    /// Whether a finding that needs a callback has the operation and the answers of one that needs none and is explained.
    pub(super) fn is_plainly_explained(&self, bucket: &Bucket) -> bool {
        let plain = Bucket { callback: None, ..bucket.clone() };
        let is_plain = |finding: &Finding| finding.explanation.is_some() && finding.divergence.bucket == plain;
        bucket.callback.is_some() && self.all_findings().any(is_plain)
    }

    /// Sets what explains a finding. What shows its bucket from now on is something else, and is investigated again.
    pub(super) fn explain(&mut self, place: Place, id: ExplanationId) {
        let finding = self.finding(place);
        finding.explanation = Some(id);
        let buckets = [finding.counted_as.clone(), finding.divergence.bucket.clone()];
        buckets.iter().for_each(|bucket| self.forget(bucket));
    }

    /// Puts one explanation in place of itself and of others, whose findings become its own.
    pub(super) fn join(&mut self, first: ExplanationId, others: &[ExplanationId], joined: Diagnosis) {
        self.model.join(first, others, joined);
        let of_others = |id: ExplanationId| others.contains(&id);
        for finding in self.all_findings_mut().filter(|finding| finding.explanation.is_some_and(of_others)) {
            finding.explanation = Some(first);
        }
    }

    /// Lets a bucket be investigated again: its explanations may be too narrow. After a few times, only once it was met twice as
    /// often as now.
    pub(super) fn forget(&mut self, bucket: &Bucket) {
        let times = self.forgotten.entry(bucket.clone()).or_default();
        *times += 1;
        if *times > limits::FORGOTTEN {
            self.due.insert(bucket.clone(), 2 * self.counts.get(bucket).copied().unwrap_or_default());
        } else {
            self.investigated.remove(bucket);
        }
    }

    /// Counts a bucket. Returns whether nobody has investigated it, or it is to be investigated again.
    pub(super) fn count(&mut self, bucket: &Bucket, more: u64) -> bool {
        let count = self.counts.entry(bucket.clone()).or_default();
        *count += more;
        if self.due.get(bucket).is_some_and(|due| *count >= *due) {
            self.due.remove(bucket);
            self.investigated.remove(bucket);
        }
        self.investigated.insert(bucket.clone())
    }

    /// Removes an explanation that a counterexample refutes.
    pub(super) fn refute(&mut self, id: ExplanationId) {
        let refuted = self.model.refute(id);
        self.let_go(id, refuted);
    }

    /// Removes an operation of an explanation that is wrong for it; the explanation, if it is about that operation alone.
    pub(super) fn refute_for(&mut self, id: ExplanationId, op: Option<Op>) {
        let Some(one) = self.model.explanations.get(&id) else { return };
        let others: Vec<_> = one.variation.ops.iter().copied().filter(|other| Some(*other) != op).collect();
        if others.is_empty() || others == one.variation.ops {
            return self.refute(id);
        }
        let variation = Variation { ops: others, ..one.variation.clone() };
        let diagnosis = one.diagnosis.clone().learned(variation, Vec::new());
        self.model.replace(id, diagnosis);
        let of_op = |finding: &Finding| finding.divergence.bucket.op == op;
        self.let_go_where(id, Vec::new(), &of_op);
    }

    /// Removes an explanation that was not learned, and is wrong as it is.
    pub(super) fn drop_too_wide(&mut self, id: ExplanationId) {
        let dropped = self.model.drop_too_wide(id);
        self.let_go(id, dropped);
    }

    /// Leaves the findings of an explanation without one, to be explained anew by what was observed.
    fn let_go(&mut self, id: ExplanationId, explanation: Option<Explanation>) {
        let neighbours = explanation.map_or_else(Vec::new, |one| one.diagnosis.observations);
        self.let_go_where(id, neighbours, &|_| true);
    }

    /// Leaves some findings of an explanation without one.
    fn let_go_where(&mut self, id: ExplanationId, neighbours: Vec<Observation>, is_meant: &dyn Fn(&Finding) -> bool) {
        for (inherited, all) in [(false, &mut self.findings), (true, &mut self.inherited)] {
            for (index, finding) in
                all.iter_mut().enumerate().filter(|(_, one)| one.explanation == Some(id) && is_meant(one))
            {
                finding.explanation = None;
                let own = Observation::of(&finding.compared);
                let observations = [own].into_iter().chain(neighbours.iter().cloned()).collect();
                self.unexplained.push((Place { inherited, index }, observations));
            }
        }
    }
}

/// The state that all jobs share.
pub(super) struct Shared<'a> {
    pub(super) config: &'a CampaignConfig,
    pub(super) listener: &'a dyn Listener,
    /// The mildest severity of a finding.
    pub(super) severity: Severity,
    pub(super) profile: Profile,
    pub(super) deadline: Option<Instant>,
    /// When every wait ends.
    pub(super) stop: Stop,
    /// The first case number that no job has taken yet.
    next: AtomicU64,
    end: u64,
    /// Set when no further finding is wanted: as many as a report takes were found.
    pub(super) enough: AtomicBool,
    /// Part of `stop`: set when all jobs are to end at once.
    ended: Arc<AtomicBool>,
    tally: Mutex<Tally>,
    /// One job at a time changes the model.
    turn: Mutex<()>,
    began: Instant,
    /// When the first fresh case was taken.
    fresh_since: OnceLock<Instant>,
    /// The first fresh case that no job has taken yet.
    next_fresh: AtomicU64,
}

impl<'a> Shared<'a> {
    pub(super) fn new(
        config: &'a CampaignConfig,
        stop: &Stop,
        listener: &'a dyn Listener,
        severity: Severity,
        profile: Profile,
        deadline: Option<Instant>,
    ) -> Shared<'a> {
        let ended = Arc::new(AtomicBool::new(false));
        let stop = stop.clone().when(&ended);
        let stop = match deadline.and_then(|deadline| deadline.checked_add(GRACE)) {
            Some(last) => stop.at(last),
            None => stop,
        };
        let cases = config.shard.cases(config.budget.case_limit());
        Shared {
            config,
            listener,
            severity,
            profile,
            deadline,
            stop,
            next: AtomicU64::new(cases.start),
            end: cases.end,
            enough: AtomicBool::new(false),
            ended,
            tally: Mutex::new(Tally { model: Model::known(&config.known_model), ..Tally::default() }),
            turn: Mutex::default(),
            began: Instant::now(),
            fresh_since: OnceLock::new(),
            next_fresh: AtomicU64::new(0),
        }
    }

    /// Whether the campaign is to end: interrupted, out of time, or with as many findings as wanted.
    pub(super) fn over(&self) -> bool {
        self.stop.is_due()
            || self.enough.load(Ordering::Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// The longest time for shrinking one divergence.
    pub(super) fn longest_shrink(&self) -> Duration {
        let whole = self.deadline.map(|deadline| deadline.saturating_duration_since(self.began));
        let share = || whole.map_or(limits::SHRINK, |whole| limits::SHRINK.min(whole.mul_f64(limits::SHRINK_SHARE)));
        self.config.shrink_time.unwrap_or_else(share)
    }

    /// Whether the rest of the time is for fresh cases, because there are findings.
    fn is_time_for_fresh(&self) -> bool {
        self.is_late() && self.tally().all_findings().next().is_some()
    }

    /// Whether half of the time is over.
    pub(super) fn is_half_over(&self) -> bool {
        let whole = self.deadline.map(|deadline| deadline.saturating_duration_since(self.began));
        whole.is_some_and(|whole| self.began.elapsed() >= whole / 2)
    }

    /// Whether the share of the time that fresh cases may take has begun.
    fn is_late(&self) -> bool {
        let Some(deadline) = self.deadline else { return false };
        let whole = deadline.saturating_duration_since(self.began);
        self.began.elapsed() >= whole.mul_f64(1.0 - limits::FRESH_SHARE)
    }

    /// Ends all jobs at once, whatever they wait for.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Takes note of the end of a job. If the target can no longer be used, all other jobs end too: what they would find says
    /// nothing of the time that the report claims.
    pub(super) fn end_with(&self, result: Result<(), TargetError>) {
        // A job that was stopped has not failed.
        if let (Err(error), false) = (result, self.stop.is_due()) {
            self.tally().failure.get_or_insert(error.0);
            self.end();
        }
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn into_tally(self) -> Tally {
        self.tally.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn to change the model, and keeps it until the guard is dropped.
    pub(super) fn take_turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The longest time so far for the sample that explanations are tried on.
    pub(super) fn longest_sample(&self) -> Duration {
        limits::FIRST_SAMPLE.max(self.began.elapsed().mul_f64(limits::SAMPLE_SHARE))
    }

    /// The longest time for refining the explanations. A campaign of a number of cases has no other use for it.
    pub(super) fn longest_refinement(&self) -> Duration {
        let share = if self.deadline.is_some() { limits::REFINEMENT_SHARE } else { limits::REFINEMENT_SHARE_OF_CASES };
        self.began.elapsed().mul_f64(share)
    }

    /// Whether there is time for another diagnosis: all of them together cost less than the campaign.
    pub(super) fn may_diagnose(&self) -> bool {
        !self.over() && !self.is_late() && self.tally().diagnosing < limits::DIAGNOSIS + self.began.elapsed() / 2
    }

    /// Whether the time for fresh cases is over.
    pub(super) fn fresh_is_over(&self) -> bool {
        let until = self.deadline.unwrap_or_else(|| {
            let began = *self.fresh_since.get_or_init(Instant::now);
            began + began.saturating_duration_since(self.began).mul_f64(limits::FRESH_SHARE)
        });
        self.stop.is_due() || Instant::now() >= until
    }

    /// Takes the next `many` fresh cases; none if there are no findings to explain, or the time is over.
    pub(super) fn take_fresh(&self, many: u64) -> Option<Range<u64>> {
        if self.fresh_is_over() {
            return None;
        }
        let first = self.next_fresh.fetch_add(many, Ordering::Relaxed);
        let end = limits::FRESH.min(first.saturating_add(many));
        (first < end && self.tally().all_findings().next().is_some()).then_some(first..end)
    }

    /// Takes the next `many` case numbers; none when the campaign is over, or when the rest of its time is for fresh cases.
    pub(super) fn take_range(&self, many: u64) -> Option<Range<u64>> {
        if self.over() || self.is_time_for_fresh() {
            return None;
        }
        let first = self.next.fetch_add(many, Ordering::Relaxed);
        let end = self.end.min(first.saturating_add(many));
        (first < end).then_some(first..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::divergence::Field;

    #[test]
    fn a_bucket_that_was_forgotten_often_is_investigated_when_it_was_met_twice_as_often() {
        let field = Field::Answer;
        let (expected, actual) = ("int".to_owned(), "TypeError".to_owned());
        let bucket = Bucket { severity: Severity::Value, op: Some(Op::Find), callback: None, field, expected, actual };
        let mut tally = Tally::default();
        for _ in 0..limits::FORGOTTEN {
            assert!(tally.count(&bucket, 1));
            assert!(!tally.count(&bucket, 1));
            tally.forget(&bucket);
        }
        assert!(tally.count(&bucket, 1));
        tally.forget(&bucket);
        let met = 2 * limits::FORGOTTEN as u64 + 1;
        assert!(!tally.count(&bucket, met - 1));
        assert!(tally.count(&bucket, 1));
        assert!(!tally.count(&bucket, 1));
    }
}
