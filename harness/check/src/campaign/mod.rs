//! A campaign: batches of random cases on several workers, and the divergences they show, shrunk to findings.

mod config;
mod job;
mod minimise;
mod result;
mod shared;

pub use config::{Budget, CampaignConfig, Shard};
pub use minimise::shrink_to;
pub use result::{CampaignResult, Finding, Listener};

use crate::divergence::Severity;
use crate::histogram::Histogram;
use job::Job;
use mmapcheck_spec::{TargetError, TargetInfo};
use shared::Shared;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Runs a campaign on the target that `info` describes. Setting `interrupt` ends it early; `listener` is told of each finding
/// as soon as it is shrunk, and of progress.
///
/// # Errors
/// If the target does not start, or no temporary folder can be made.
pub fn campaign(
    config: &CampaignConfig,
    info: TargetInfo,
    interrupt: &AtomicBool,
    listener: &dyn Listener,
) -> Result<CampaignResult, TargetError> {
    let began = Instant::now();
    let severity = Severity::least(config.severity, &info);
    let profile = config.profile.unwrap_or(info.profile);
    let deadline = match config.budget {
        Budget::Time(time) => Some(began + time),
        Budget::Cases(_) => None,
    };
    let shared = Shared::new(config, interrupt, listener, severity, profile, deadline);
    std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..config.jobs.max(1)).map(|_| scope.spawn(|| Job::start(&shared)?.run())).collect();
        let panicked = |_| Err(TargetError("a job of the campaign panicked".into()));
        // Every job is joined before the first error is returned.
        let ended: Vec<_> = jobs.into_iter().map(|job| job.join().unwrap_or_else(panicked)).collect();
        ended.into_iter().collect::<Result<(), _>>()
    })?;
    let interrupted = shared.interrupted();
    let tally = shared.into_tally();
    let counted = |mut findings: Vec<Finding>| {
        for finding in &mut findings {
            finding.count = tally.counts.get(&finding.counted_as).copied().unwrap_or(1);
        }
        findings.sort_by(|a, b| b.severity().cmp(&a.severity()).then(b.count.cmp(&a.count)));
        findings
    };
    let (findings, inherited) = (counted(tally.findings), counted(tally.inherited));
    let milder = tally.counts.into_iter().filter(|(bucket, _)| bucket.severity < severity).collect();
    Ok(CampaignResult {
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
        base_missing: tally.base_missing,
        known: tally.known,
        milder,
        incomparable: tally.incomparable,
        interrupted,
    })
}
