//! The result of a campaign: findings and counts.

use super::CampaignConfig;
use super::model::{Explanation, ExplanationId};
use crate::agreement::Agreement;
use crate::differential::DifferentialRun;
use crate::divergence::{Bucket, Divergence, Severity};
use crate::histogram::Histogram;
use crate::left_out::Counts;
use crate::oracle::Expected;
use crate::repeat::Rate;
use mmapcheck_spec::{Profile, TargetInfo};
use std::collections::BTreeMap;

/// A shrunk divergence.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The bucket under which the batches counted the divergence. A closer look may put it into another one.
    pub(super) counted_as: Bucket,
    /// The divergence that the shrunk case shows.
    pub divergence: Divergence,
    /// The shrunk case with both traces.
    pub compared: DifferentialRun,
    /// The answer of the rules alone to the case, if the model that it was compared with says something else.
    pub plain: Option<Expected>,
    /// Number of cases that showed the divergence.
    pub count: u64,
    /// Number of the first of these cases.
    pub case: u64,
    /// How often the case showed the divergence when it was run again; none if it was not.
    pub rate: Option<Rate>,
    /// Why the divergence may not show again, if it did not show each time.
    pub unsteady: Option<String>,
    /// Whether the base of the class shows the divergence as well ([`crate::base`]).
    pub inherited: bool,
    /// Why the case is not as small as it can be, if it is not.
    pub unshrunk: Option<String>,
    /// The explanation of the finding.
    pub explanation: Option<ExplanationId>,
}

impl Finding {
    /// A finding made outside of a campaign, from one case.
    #[must_use]
    pub fn of(divergence: Divergence, compared: DifferentialRun) -> Finding {
        Finding {
            counted_as: divergence.bucket.clone(),
            divergence,
            compared,
            plain: None,
            count: 1,
            case: 0,
            rate: None,
            unsteady: None,
            inherited: false,
            unshrunk: None,
            explanation: None,
        }
    }

    /// The same, with the rate at which its case shows it.
    #[must_use]
    pub fn with_rate(self, rate: Rate) -> Finding {
        Finding { rate: Some(rate), unsteady: rate.unsteady(), ..self }
    }

    /// The severity of the divergence.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.divergence.bucket.severity
    }
}

/// The findings and counts of a campaign.
#[derive(Clone, Debug)]
pub struct CampaignResult {
    /// The target.
    pub info: TargetInfo,
    /// The profile that the target was judged by.
    pub profile: Profile,
    /// The seed of the generated cases.
    pub seed: u64,
    /// Number of cases run.
    pub cases: u64,
    /// Number of steps compared.
    pub steps: u64,
    /// Number of steps that were not compared, by the kind of reason.
    pub left_out: Counts,
    /// Number of cases in which the target died as expected.
    pub deaths: u64,
    /// The outcomes of the steps, counted by operation.
    pub answers: Histogram,
    /// The outcomes that the examples of the specification show for these operations.
    pub shown: Histogram,
    /// Duration in seconds.
    pub seconds: f64,
    /// The mildest severity of a finding.
    pub severity: Severity,
    /// The divergences of at least that severity, most severe first.
    pub findings: Vec<Finding>,
    /// The inherited ones among those of that severity, most severe first.
    pub inherited: Vec<Finding>,
    /// The explanations of findings: together, the model of the target.
    pub explanations: BTreeMap<ExplanationId, Explanation>,
    /// How much of the target the model takes in; none without findings.
    pub understood: Option<Agreement>,
    /// Time in seconds that the jobs spent on diagnoses, together.
    pub diagnosing: f64,
    /// Why inherited divergences were not told apart, if they were not.
    pub base_missing: Option<String>,
    /// Number of divergences that each known entry matched, by the entry's id.
    pub known: BTreeMap<String, u64>,
    /// The divergences below that severity, with the number of cases that showed them.
    pub milder: BTreeMap<Bucket, u64>,
    /// Number of cases that were not compared to their end, by reason.
    pub incomparable: BTreeMap<String, u64>,
    /// Whether the campaign ended before its budget was used up.
    pub interrupted: bool,
    /// Why the target could no longer be used, if that ended the check.
    pub failure: Option<String>,
}

impl CampaignResult {
    /// The result of a campaign that has not started.
    #[must_use]
    pub fn new(info: TargetInfo, config: &CampaignConfig, severity: Severity) -> CampaignResult {
        CampaignResult {
            profile: info.judged_by(config.profile),
            info,
            seed: config.seed,
            cases: 0,
            steps: 0,
            left_out: Counts::default(),
            deaths: 0,
            answers: Histogram::default(),
            shown: Histogram::default(),
            seconds: 0.0,
            severity,
            findings: Vec::new(),
            inherited: Vec::new(),
            explanations: BTreeMap::new(),
            understood: None,
            diagnosing: 0.0,
            base_missing: None,
            known: BTreeMap::new(),
            milder: BTreeMap::new(),
            incomparable: BTreeMap::new(),
            interrupted: false,
            failure: None,
        }
    }
}

/// Receives the findings and the progress of a running campaign.
pub trait Listener: Sync {
    /// Called for each finding as soon as it is shrunk, before the campaign goes on.
    fn found(&self, finding: &Finding);
    /// Called after each batch with the number of cases and steps so far and the outcomes of the steps.
    fn progress(&self, cases: u64, steps: u64, answers: &Histogram);
}
