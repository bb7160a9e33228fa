//! A campaign: sweeps over workers, and what they find made small and kept.

use crate::choices::seeded;
use crate::compare::{Bucket, Difference, Field, Severity, death, end_text, outcome_text};
use crate::generate::{Mix, generate};
use crate::limits;
use crate::run::{Answered, Compared, Judge};
use crate::shrink::shrink;
use crate::sweep::{Hit, Swept};
use crate::worker::{Gone, Remote, Subject, SweepOrder};
use mmapcheck_spec::{Case, End, Host, Op, Outcome, Profile, Step, StepTrace, Target, TargetError, Watch};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long a campaign goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// This long.
    Time(Duration),
    /// This many cases.
    Cases(u64),
}

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The class to judge.
    pub subject: Subject,
    /// Judge by this profile instead of the interpreter's own.
    pub profile: Option<Profile>,
    /// The seed of its cases.
    pub seed: u64,
    /// How many workers.
    pub jobs: usize,
    /// The operations that may occur.
    pub ops: Vec<mmapcheck_spec::Op>,
    /// The most steps of a case.
    pub steps: usize,
    /// When to stop.
    pub budget: Budget,
    /// A worker that shows no progress for this long is hung.
    pub hang: Duration,
    /// Stop at the first finding.
    pub fail_fast: bool,
    /// The least severity that is a finding; none: `message` for CPython's own `mmap`, `class` for others.
    pub severity: Option<Severity>,
}

/// A divergence, made small.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The kind it was counted as during the sweep.
    counted: Bucket,
    /// What differs, in the small case.
    pub difference: Difference,
    /// The small case with both traces.
    pub compared: Compared,
    /// How many cases showed it.
    pub count: u64,
    /// The first of them.
    pub case: u64,
    /// Why it could not be shown again, where it could not.
    pub unsteady: Option<String>,
}

impl Finding {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.difference.bucket.severity
    }
}

/// What a campaign did and found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The target.
    pub host: Host,
    /// The profile it was judged by.
    pub profile: Profile,
    /// The seed.
    pub seed: u64,
    /// Cases done.
    pub cases: u64,
    /// Steps compared.
    pub steps: u64,
    /// How long it took.
    pub seconds: f64,
    /// The least severity of a finding.
    pub severity: Severity,
    /// Divergences of at least that severity, the worst first.
    pub findings: Vec<Finding>,
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
    pub fn new(host: Host, plan: &Plan, severity: Severity) -> Report {
        Report {
            profile: plan.profile.unwrap_or(host.profile),
            host,
            seed: plan.seed,
            cases: 0,
            steps: 0,
            seconds: 0.0,
            severity,
            findings: Vec::new(),
            milder: BTreeMap::new(),
            incomparable: BTreeMap::new(),
            interrupted: false,
        }
    }
}

/// Runs a campaign. `stop` ends it early; `kept` is called with each finding as soon as it is small, `tick` with cases and
/// steps done so far.
///
/// # Errors
/// Where the target does not start, or no temporary folder can be made.
pub fn campaign(plan: &Plan, stop: &AtomicBool, watcher: &dyn Watcher) -> Result<Report, TargetError> {
    let began = Instant::now();
    let first = Remote::start(&plan.subject, plan.profile, plan.hang)?;
    let host = first.host().clone();
    let severity = plan.severity.unwrap_or(if host.is_cpython_mmap { Severity::Message } else { Severity::Class });
    let shared = Shared {
        plan,
        stop,
        watcher,
        severity,
        profile: plan.profile.unwrap_or(host.profile),
        deadline: match plan.budget {
            Budget::Time(time) => Some(Instant::now() + time),
            Budget::Cases(_) => None,
        },
        next: AtomicU64::new(0),
        done: AtomicBool::new(false),
        tally: Mutex::default(),
    };
    let failed = std::thread::scope(|scope| {
        let mut first = Some(first);
        let jobs: Vec<_> = (0..plan.jobs.max(1))
            .map(|_| {
                let (shared, remote) = (&shared, first.take());
                scope.spawn(move || shared.job(remote))
            })
            .collect();
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
        host,
        profile,
        seed: plan.seed,
        cases: tally.cases,
        steps: tally.steps,
        seconds: began.elapsed().as_secs_f64(),
        severity,
        findings,
        milder,
        incomparable: tally.incomparable,
        interrupted: stop.load(Ordering::Relaxed),
    })
}

/// Who is told of a campaign's progress.
pub trait Watcher: Sync {
    /// A finding has been made small. It is kept before anything else happens.
    fn found(&self, finding: &Finding);
    /// So many cases and steps have been done.
    fn progress(&self, cases: u64, steps: u64);
}

#[derive(Default)]
struct Tally {
    cases: u64,
    steps: u64,
    counts: BTreeMap<Bucket, u64>,
    taken: HashSet<Bucket>,
    findings: Vec<Finding>,
    incomparable: BTreeMap<String, u64>,
}

struct Shared<'a> {
    plan: &'a Plan,
    stop: &'a AtomicBool,
    watcher: &'a dyn Watcher,
    severity: Severity,
    profile: Profile,
    deadline: Option<Instant>,
    next: AtomicU64,
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

    /// The next range of cases; none when the campaign is over.
    fn range(&self) -> Option<Range<u64>> {
        if self.over() {
            return None;
        }
        let first = self.next.fetch_add(limits::SWEEP, Ordering::Relaxed);
        let end = match self.plan.budget {
            Budget::Cases(cases) => cases.min(first + limits::SWEEP),
            Budget::Time(_) => first + limits::SWEEP,
        };
        (first < end).then_some(first..end)
    }

    fn job(&self, remote: Option<Remote>) -> Result<(), TargetError> {
        let remote = match remote {
            Some(remote) => remote,
            None => Remote::start(&self.plan.subject, self.plan.profile, self.plan.hang)?,
        };
        let dir =
            tempfile::tempdir().map_err(|error| TargetError(format!("no temporary folder can be made: {error}")))?;
        let judge = Judge::new(self.profile, dir.path())?;
        let mix = Mix { ops: self.plan.ops.clone(), steps: self.plan.steps, profile: self.profile };
        let mut job = Job { shared: self, remote, judge, mix };
        while let Some(range) = self.range() {
            job.range(range)?;
        }
        Ok(())
    }
}

/// One worker and what its findings are looked at with.
struct Job<'a> {
    shared: &'a Shared<'a>,
    remote: Remote,
    judge: Judge,
    mix: Mix,
}

impl Job<'_> {
    /// Does a range of cases. Where the worker dies in one of them, the others are done all the same.
    fn range(&mut self, range: Range<u64>) -> Result<(), TargetError> {
        let mut left = vec![range];
        while let Some(range) = left.pop() {
            if range.is_empty() || (self.shared.over() && self.shared.deadline.is_some()) {
                continue;
            }
            let plan = self.shared.plan;
            let order = SweepOrder {
                seed: plan.seed,
                first: range.start,
                count: range.end - range.start,
                ops: plan.ops.iter().map(ToString::to_string).collect(),
                steps: plan.steps,
            };
            match self.remote.sweep(order)? {
                Ok(swept) => self.take(swept)?,
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

    fn take(&mut self, swept: Swept) -> Result<(), TargetError> {
        {
            let mut tally = self.shared.tally();
            tally.cases += swept.cases;
            tally.steps += swept.steps;
            for (reason, count) in swept.incomparable {
                *tally.incomparable.entry(reason).or_default() += count;
            }
            self.shared.watcher.progress(tally.cases, tally.steps);
        }
        for hit in swept.hits {
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
        let case = self.generated(hit.case);
        self.look_into(case, hit.case, &hit.bucket)
    }

    fn generated(&self, case: u64) -> Case {
        generate(&mut seeded(self.shared.plan.seed, case), &self.mix)
    }

    /// Makes a divergence small and keeps it. Looked at closely, it may show at an earlier step, as one of another kind.
    fn look_into(&mut self, case: Case, number: u64, counted: &Bucket) -> Result<(), TargetError> {
        let close = self.judge.compare(case.clone(), &mut self.remote, Watch::Full)?;
        let shown = close
            .comparison
            .differences
            .iter()
            .find(|d| d.bucket == *counted)
            .or(close.comparison.first(self.shared.severity));
        let Some(bucket) = shown.map(|difference| difference.bucket.clone()) else {
            let difference = self.unseen(counted, &close);
            self.keep(Finding {
                counted: counted.clone(),
                difference,
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
        let compared = self.judge.compare(small, &mut self.remote, Watch::Full)?;
        let difference = compared.comparison.differences.iter().find(|difference| difference.bucket == bucket).cloned();
        let unsteady = difference.is_none().then(|| UNSEEN.to_owned());
        let difference = difference.unwrap_or_else(|| self.unseen(&bucket, &compared));
        self.keep(Finding { counted: counted.clone(), difference, compared, count: 1, case: number, unsteady });
        Ok(())
    }

    /// What `close()` says at the end of a case is shown better by a step that closes.
    fn closed_by_hand(&mut self, close: &Compared, bucket: &Bucket) -> Result<Option<(Case, Bucket)>, TargetError> {
        let slot = close.comparison.differences.iter().find(|d| d.bucket == *bucket).map(|difference| difference.slot);
        let (Field::Closing, Some(slot)) = (bucket.field, slot) else { return Ok(None) };
        let mut case = close.case.clone();
        case.steps.push(Step::new(Op::Close, slot as u8, []));
        let compared = self.judge.compare(case.clone(), &mut self.remote, Watch::Full)?;
        let closing = compared.comparison.differences.iter().find(|difference| difference.bucket.op == Some(Op::Close));
        Ok(closing.map(|difference| (case, difference.bucket.clone())))
    }

    fn small(&mut self, case: Case, bucket: &Bucket) -> Case {
        let hangs = bucket.severity == Severity::Death && bucket.actual == end_text(&End::Hung);
        let patience = self.shared.plan.hang;
        if hangs {
            self.remote.set_hang(patience.min(limits::HANG_AGAIN));
        }
        let small = shrink_to(&mut self.judge, &mut self.remote, case, bucket, Instant::now() + limits::SHRINK);
        self.remote.set_hang(patience);
        small
    }

    /// A difference that was counted but did not show again: all that is known is its kind.
    fn unseen(&self, bucket: &Bucket, compared: &Compared) -> Difference {
        let (expected, actual) = (bucket.expected.clone(), bucket.actual.clone());
        Difference { bucket: bucket.clone(), step: compared.case.steps.len(), slot: 0, expected, actual }
    }

    /// The worker died or hung. The case is tried again: a target that fails by itself does so again; one that was killed
    /// from outside does not, and is reported all the same.
    fn death(&mut self, number: u64, gone: &Gone) -> Result<(), TargetError> {
        self.shared.tally().cases += 1;
        if self.known_death(number, gone)? {
            return Ok(());
        }
        for _ in 0..limits::RETRIES {
            let compared = self.judge.compare(self.generated(number), &mut self.remote, Watch::Quick)?;
            let death = compared.comparison.differences.iter().find(|d| d.bucket.severity == Severity::Death);
            if let Some(bucket) = death.map(|difference| difference.bucket.clone()) {
                if self.first_of(&bucket, 1) {
                    self.look_into(self.generated(number), number, &bucket)?;
                }
                return Ok(());
            }
            if !compared.comparison.differences.is_empty() {
                // The two had parted before the death: the first divergence is the cause to report.
                for difference in compared.comparison.differences {
                    self.hit(&Hit { bucket: difference.bucket, case: number, count: 1 })?;
                }
                return Ok(());
            }
        }
        if gone.end == End::Hung {
            // Nothing in the case hangs: the machine was busy with something else.
            return Ok(());
        }
        self.killed(number, gone)
    }

    /// A death of a kind that has been looked into is counted and not tried again.
    fn known_death(&mut self, number: u64, gone: &Gone) -> Result<bool, TargetError> {
        let Answered { case, expected } = self.judge.answer(self.generated(number), Watch::Quick)?;
        let place = gone.marks.step.map_or(usize::MAX, |step| step as usize);
        let Some((step, StepTrace { result: Ok(wanted), .. })) = case.steps.get(place).zip(expected.steps.get(place))
        else {
            return Ok(false);
        };
        let bucket = death(step.op, wanted, &gone.end);
        let mut tally = self.shared.tally();
        let known = tally.taken.contains(&bucket);
        if known {
            *tally.counts.entry(bucket).or_default() += 1;
        }
        Ok(known)
    }

    fn killed(&mut self, number: u64, gone: &Gone) -> Result<(), TargetError> {
        let compared = self.judge.compare(self.generated(number), &mut self.remote, Watch::Full)?;
        let step = gone.marks.step.map_or(compared.case.steps.len(), |step| step as usize);
        let op = compared.case.steps.get(step).map(|step| step.op);
        let wanted: Option<&Outcome> = compared.expected.steps.get(step).and_then(|step| step.result.as_ref().ok());
        let (expected, actual) = (wanted.map_or("the end of the case".into(), outcome_text), end_text(&gone.end));
        let bucket = match (op, wanted) {
            (Some(op), Some(wanted)) => death(op, wanted, &gone.end),
            _ => Bucket {
                severity: Severity::Death,
                op: None,
                field: Field::Closing,
                expected: String::new(),
                actual: actual.clone(),
            },
        };
        let difference = Difference { bucket: bucket.clone(), step, slot: 0, expected, actual };
        if self.first_of(&bucket, 1) {
            let again =
                format!("the case was run {} times more and did not die: killed from outside?", limits::RETRIES);
            self.keep(Finding { counted: bucket, difference, compared, count: 1, case: number, unsteady: Some(again) });
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

/// Shrinks a case to the smallest that shows a divergence of this kind. First its numbers follow the state that is getting
/// smaller; what is left is shrunk once more with plain numbers and without the steps that have no answer.
pub fn shrink_to(judge: &mut Judge, target: &mut dyn Target, case: Case, bucket: &Bucket, deadline: Instant) -> Case {
    let mut same = |judge: &mut Judge, candidate: &Case| {
        let compared = judge.compare(candidate.clone(), target, Watch::Full);
        compared.is_ok_and(|compared| compared.comparison.differences.iter().any(|d| d.bucket == *bucket))
    };
    let small = shrink(case, deadline, &mut |candidate| same(judge, candidate));
    match judge.answer(small.clone(), Watch::Quick) {
        Ok(answered) => shrink(answered.case, deadline, &mut |candidate| same(judge, candidate)),
        Err(_) => small,
    }
}
