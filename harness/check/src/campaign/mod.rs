//! A campaign: batches of random cases on several workers, and the divergences they show, shrunk to findings.

mod conclude;
mod config;
mod explain;
mod firmest;
mod fresh;
mod job;
mod look;
mod losses;
mod minimise;
mod model;
mod refine;
mod refit;
mod result;
mod sample;
mod shared;

pub use conclude::SHARED;
pub use config::{Budget, CampaignConfig, Shard};
pub use minimise::{Shrunk, shrink_to};
pub use model::{Explanation, ExplanationId};
pub use result::{CampaignResult, Finding, Listener};

use crate::divergence::Severity;
use crate::histogram::Histogram;
use crate::limits;
use crate::oracle::Oracle;
use conclude::conclude;
use job::Job;
use mmapcheck_spec::{TargetError, TargetInfo};
use mmapcheck_targets::stop::Stop;
use shared::Shared;
use std::time::Instant;

/// Runs a campaign on the target that `info` describes, until `stop` is due at most. `listener` is told of each finding as soon
/// as it is shrunk, and of progress. If the target can no longer be used, the campaign ends, and its result says why.
pub fn campaign(config: &CampaignConfig, info: TargetInfo, stop: &Stop, listener: &dyn Listener) -> CampaignResult {
    let began = Instant::now();
    let severity = Severity::least(config.severity, &info);
    let profile = info.judged_by(config.profile);
    let deadline = match config.budget {
        Budget::Time(time) => began.checked_add(time),
        Budget::Cases(_) => None,
    };
    let shared = Shared::new(config, stop, listener, severity, profile, deadline);
    std::thread::scope(|scope| {
        let run = || shared.end_with(Job::start(&shared).and_then(Job::run));
        let jobs: Vec<_> = (0..config.jobs.max(1)).map(|_| scope.spawn(run)).collect();
        for job in jobs {
            if job.join().is_err() {
                shared.end_with(Err(TargetError("a job of the campaign panicked".into())));
            }
        }
    });
    let interrupted = stop.is_due();
    let mut tally = shared.into_tally();
    // Without a conclusion, the explanations are as they were found.
    let until = Instant::now() + began.elapsed().mul_f64(limits::REFINEMENT_SHARE / 2.0);
    let _ = Oracle::new(profile).and_then(|mut oracle| conclude(config, severity, until, &mut tally, &mut oracle));
    let counted = |mut findings: Vec<Finding>| {
        for finding in &mut findings {
            finding.count = tally.counts.get(&finding.counted_as).copied().unwrap_or(1);
        }
        findings.sort_by(|a, b| b.severity().cmp(&a.severity()).then(b.count.cmp(&a.count)));
        findings
    };
    let (findings, inherited) = (counted(tally.findings), counted(tally.inherited));
    let (known, explanations) = tally.model.split();
    known.into_iter().for_each(|(entry, met)| *tally.known.entry(entry).or_default() += met);
    let milder = tally.counts.into_iter().filter(|(bucket, _)| bucket.severity < severity).collect();
    CampaignResult {
        info,
        profile,
        seed: config.seed,
        cases: tally.cases,
        steps: tally.steps,
        left_out: tally.left_out,
        deaths: tally.deaths,
        answers: tally.answers,
        shown: Histogram::default(),
        seconds: began.elapsed().as_secs_f64(),
        severity,
        findings,
        inherited,
        explanations,
        understood: Some(tally.fresh).filter(|fresh| fresh.cases > 0),
        diagnosing: tally.diagnosing.as_secs_f64(),
        base_missing: tally.base_missing,
        known: tally.known,
        milder,
        incomparable: tally.incomparable,
        interrupted,
        failure: tally.failure,
    }
}
