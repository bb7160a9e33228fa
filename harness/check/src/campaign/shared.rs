//! The state that all jobs of a campaign share: the case numbers left to run, and the tally.

use super::{CampaignConfig, Finding, Listener};
use crate::divergence::{Bucket, Severity};
use crate::histogram::Histogram;
use crate::left_out::Counts;
use mmapcheck_spec::{Profile, TargetError};
use mmapcheck_targets::stop::Stop;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// The first error that ended a job.
    pub(super) failure: Option<String>,
}

impl Tally {
    /// Counts matches of known entries.
    pub(super) fn add_known(&mut self, matches: impl IntoIterator<Item = (String, u64)>) {
        for (id, count) in matches {
            *self.known.entry(id).or_default() += count;
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
            tally: Mutex::default(),
        }
    }

    /// Whether the campaign is to end: interrupted, out of time, or with as many findings as wanted.
    pub(super) fn over(&self) -> bool {
        self.stop.is_due()
            || self.enough.load(Ordering::Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
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

    /// Takes the next `many` case numbers; none when the campaign is over.
    pub(super) fn take_range(&self, many: u64) -> Option<Range<u64>> {
        if self.over() {
            return None;
        }
        let first = self.next.fetch_add(many, Ordering::Relaxed);
        let end = self.end.min(first.saturating_add(many));
        (first < end).then_some(first..end)
    }
}
