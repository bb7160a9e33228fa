//! A campaign: sweeps over workers, and what they find made small and kept.

mod job;

use crate::compare::{Bucket, Divergence, Severity};
use crate::generate::GeneratorOptions;
use crate::histogram::Histogram;
use crate::known::Patterns;
use crate::run::{DifferentialRun, Oracle};
use crate::shrink::shrink;
use crate::worker::TargetSpec;
use mmapcheck_spec::{Case, Detail, Profile, Target, TargetError, TargetInfo};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// More cases than any stepper does in the time it is given: the shards of a campaign without a number of cases share them.
const ENDLESS: u64 = 1 << 40;

/// How long a campaign goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// This long.
    Time(Duration),
    /// This many cases.
    Cases(u64),
}

/// A part of a check that is spread over machines. The parts have nothing in common, and together they are the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, counted from 1.
    number: u32,
    /// How many there are.
    of: u32,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    /// Whether the thing at this place of a list is in this part.
    #[must_use]
    pub fn takes(self, place: usize) -> bool {
        place % self.of as usize == self.number as usize - 1
    }

    /// This part of so many cases.
    fn cases(self, all: u64) -> Range<u64> {
        let end_of = |number: u32| (u128::from(all) * u128::from(number) / u128::from(self.of)) as u64;
        end_of(self.number - 1)..end_of(self.number)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Shard { number, of }),
            _ => Err(format!("'{text}' is no part; the second of eight is 2/8")),
        }
    }
}

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub struct CampaignConfig {
    /// The class to oracle.
    pub subject: TargetSpec,
    /// Oracle by this profile instead of the interpreter's own.
    pub profile: Option<Profile>,
    /// The seed of its cases.
    pub seed: u64,
    /// How many workers.
    pub jobs: usize,
    /// The operations that may occur.
    pub ops: Vec<mmapcheck_spec::Op>,
    /// The most steps of a case.
    pub steps: usize,
    /// Whether arguments may do a step of their own.
    pub callbacks: bool,
    /// When to stop.
    pub budget: Budget,
    /// The part that is done here.
    pub shard: Shard,
    /// A worker that shows no progress for this long is hung.
    pub hang: Duration,
    /// Stop at the first finding.
    pub fail_fast: bool,
    /// The least severity that is a finding; none: `message` for CPython's own `mmap`, `class` for others.
    pub severity: Option<Severity>,
    /// What is known of the target: counted, and no finding.
    pub known: Patterns,
}

/// A divergence, made small.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The kind it was counted as during the batch.
    counted: Bucket,
    /// What differs, in the small case.
    pub divergence: Divergence,
    /// The small case with both traces.
    pub compared: DifferentialRun,
    /// How many cases showed it.
    pub count: u64,
    /// The first of them.
    pub case: u64,
    /// Why it could not be shown again, where it could not.
    pub unsteady: Option<String>,
}

impl Finding {
    /// One that was found by itself and not in a campaign.
    #[must_use]
    pub fn of(divergence: Divergence, compared: DifferentialRun) -> Finding {
        Finding { counted: divergence.bucket.clone(), divergence, compared, count: 1, case: 0, unsteady: None }
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.divergence.bucket.severity
    }
}

/// What a campaign did and found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The target.
    pub info: TargetInfo,
    /// The profile it was judged by.
    pub profile: Profile,
    /// The seed.
    pub seed: u64,
    /// Cases done.
    pub cases: u64,
    /// Steps compared.
    pub steps: u64,
    /// Cases in which the target died as was foreseen.
    pub deaths: u64,
    /// What they answered.
    pub answers: Histogram,
    /// What the examples of the specification show that they can answer.
    pub shown: Histogram,
    /// How long it took.
    pub seconds: f64,
    /// The least severity of a finding.
    pub severity: Severity,
    /// Divergences of at least that severity, the worst first.
    pub findings: Vec<Finding>,
    /// KnownList divergences: how often each was met, by id.
    pub met: BTreeMap<String, u64>,
    /// Milder ones, with the number of cases that showed them.
    pub milder: BTreeMap<Bucket, u64>,
    /// Cases whose rest could not be compared, by reason.
    pub incomparable: BTreeMap<String, u64>,
    /// It was stopped before its budget was used up.
    pub interrupted: bool,
}

impl Report {
    /// The report of a campaign that has not begun.
    #[must_use]
    pub fn new(info: TargetInfo, plan: &CampaignConfig, severity: Severity) -> Report {
        Report {
            profile: plan.profile.unwrap_or(info.profile),
            info,
            seed: plan.seed,
            cases: 0,
            steps: 0,
            deaths: 0,
            answers: Histogram::default(),
            shown: Histogram::default(),
            seconds: 0.0,
            severity,
            findings: Vec::new(),
            met: BTreeMap::new(),
            milder: BTreeMap::new(),
            incomparable: BTreeMap::new(),
            interrupted: false,
        }
    }
}

/// Runs a campaign on a target that has said who it is. `stop` ends it early; `watcher` is told of each finding as soon as it
/// is small, and of progress.
///
/// # Errors
/// Where the target does not start, or no temporary folder can be made.
pub fn campaign(
    plan: &CampaignConfig,
    info: TargetInfo,
    stop: &AtomicBool,
    watcher: &dyn Listener,
) -> Result<Report, TargetError> {
    let began = Instant::now();
    let severity = Severity::least(plan.severity, &info);
    let (all, deadline) = match plan.budget {
        Budget::Time(time) => (ENDLESS, Some(began + time)),
        Budget::Cases(cases) => (cases, None),
    };
    let cases = plan.shard.cases(all);
    let shared = Shared {
        plan,
        stop,
        watcher,
        severity,
        profile: plan.profile.unwrap_or(info.profile),
        deadline,
        next: AtomicU64::new(cases.start),
        end: cases.end,
        done: AtomicBool::new(false),
        tally: Mutex::default(),
    };
    let failed = std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..plan.jobs.max(1)).map(|_| scope.spawn(|| shared.job())).collect();
        jobs.into_iter().find_map(|job| job.join().unwrap_or_else(|_| Err(TargetError("a job panicked".into()))).err())
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let profile = shared.profile;
    let tally = shared.tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut findings = tally.findings;
    for finding in &mut findings {
        finding.count = tally.counts.get(&finding.counted).copied().unwrap_or(1);
    }
    findings.sort_by(|a, b| b.severity().cmp(&a.severity()).then(b.count.cmp(&a.count)));
    let milder = tally.counts.into_iter().filter(|(bucket, _)| bucket.severity < severity).collect();
    Ok(Report {
        info,
        profile,
        seed: plan.seed,
        cases: tally.cases,
        steps: tally.steps,
        deaths: tally.deaths,
        answers: tally.answers,
        shown: Histogram::default(),
        seconds: began.elapsed().as_secs_f64(),
        severity,
        findings,
        met: tally.met,
        milder,
        incomparable: tally.incomparable,
        interrupted: stop.load(Ordering::Relaxed),
    })
}

/// Who is told of a campaign's progress.
pub trait Listener: Sync {
    /// A finding has been made small. It is kept before anything else happens.
    fn found(&self, finding: &Finding);
    /// So many cases and steps have been done, and this is what was answered.
    fn progress(&self, cases: u64, steps: u64, answers: &Histogram);
}

#[derive(Default)]
struct Tally {
    cases: u64,
    steps: u64,
    deaths: u64,
    answers: Histogram,
    counts: BTreeMap<Bucket, u64>,
    taken: HashSet<Bucket>,
    findings: Vec<Finding>,
    met: BTreeMap<String, u64>,
    incomparable: BTreeMap<String, u64>,
}

impl Tally {
    /// KnownList divergences were met.
    fn meet(&mut self, met: impl IntoIterator<Item = (String, u64)>) {
        for (id, count) in met {
            *self.met.entry(id).or_default() += count;
        }
    }
}

struct Shared<'a> {
    plan: &'a CampaignConfig,
    stop: &'a AtomicBool,
    watcher: &'a dyn Listener,
    severity: Severity,
    profile: Profile,
    deadline: Option<Instant>,
    next: AtomicU64,
    end: u64,
    done: AtomicBool,
    tally: Mutex<Tally>,
}

impl Shared<'_> {
    fn over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.done.load(Ordering::Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The next so many cases; none when the campaign is over.
    fn range(&self, many: u64) -> Option<Range<u64>> {
        if self.over() {
            return None;
        }
        let first = self.next.fetch_add(many, Ordering::Relaxed);
        let end = self.end.min(first + many);
        (first < end).then_some(first..end)
    }

    fn job(&self) -> Result<(), TargetError> {
        let plan = self.plan;
        let worker = plan.subject.start(plan.profile, plan.hang)?;
        let mut oracle = Oracle::new(self.profile)?;
        oracle.set_rules(plan.known.clone());
        let mix = GeneratorOptions {
            ops: plan.ops.clone(),
            steps: plan.steps,
            callbacks: plan.callbacks,
            profile: self.profile,
        };
        let mut job = job::Job { shared: self, worker, oracle, mix };
        while let Some(range) = self.range(job.worker.at_once()) {
            job.range(range)?;
        }
        Ok(())
    }
}

/// Shrinks a case to the smallest that shows a divergence of this kind. First its numbers follow the state that is getting
/// smaller; what is left is shrunk once more with plain numbers and without the steps that have no answer.
pub fn shrink_to(oracle: &mut Oracle, target: &mut dyn Target, case: Case, bucket: &Bucket, deadline: Instant) -> Case {
    let mut same = |oracle: &mut Oracle, candidate: &Case| {
        let compared = oracle.compare(candidate.clone(), target, Detail::Full);
        compared.is_ok_and(|compared| compared.comparison.divergences.iter().any(|d| d.bucket == *bucket))
    };
    let small = shrink(case, deadline, &mut |candidate| same(oracle, candidate));
    match oracle.answer(small.clone(), Detail::Quick) {
        Ok(answered) => shrink(answered.case, deadline, &mut |candidate| same(oracle, candidate)),
        Err(_) => small,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_the_whole_and_have_nothing_in_common() {
        for (of, all) in [(1, 10), (3, 10), (7, 5), (8, 1_000_003)] {
            let shards = (1..=of).map(|number| Shard { number, of });
            let cases: Vec<u64> = shards.clone().flat_map(|shard| shard.cases(all)).collect();
            assert_eq!(cases, (0..all).collect::<Vec<_>>());
            for place in 0..20 {
                assert_eq!(shards.clone().filter(|shard| shard.takes(place)).count(), 1);
            }
        }
    }

    #[test]
    fn a_shard_is_one_of_some() {
        assert_eq!("2/8".parse(), Ok(Shard { number: 2, of: 8 }));
        for text in ["0/8", "9/8", "2", "2/", "/8", "0/0", "-1/8", "a/b"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
