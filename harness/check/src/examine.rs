//! A whole check of a target: the examples of the specification, the cases of its known divergences, and a campaign.

use crate::base::Base;
use crate::campaign::{CampaignConfig, CampaignResult, Listener, Shard, campaign};
use crate::divergence::Severity;
use crate::known::{self, KnownList, SuppressionResult, SuppressionState};
use crate::oracle::Oracle;
use crate::pages::shown_answers;
use crate::pages::{self, PagesResult};
use crate::text::grouped;
use crate::worker::Unavailable;
use mmapcheck_spec::pages::matches_filter;
use mmapcheck_spec::pages::{Page, all, examples};
use mmapcheck_spec::{Target, TargetError};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// The list of known divergences that a check uses.
pub enum Lists {
    /// The list that is built in for the target.
    BuiltIn,
    /// No list.
    None,
    /// This list.
    This(KnownList),
}

/// The configuration of a check.
pub struct CheckConfig {
    /// The target, and the campaign's options.
    pub campaign: CampaignConfig,
    /// Whether a campaign is run at all.
    pub random: bool,
    /// A filter over the ids of examples; none: no example is run.
    pub pages: Option<String>,
    /// The known divergences.
    pub lists: Lists,
}

/// The result of a check.
pub struct CheckResult {
    /// The results of the examples.
    pub pages: PagesResult,
    /// The results of the known entries.
    pub suppressions: Vec<SuppressionResult>,
    /// The result of the campaign.
    pub campaign: CampaignResult,
    /// The checks that cannot be had for the target.
    pub unavailable: Vec<Unavailable>,
}

impl CheckResult {
    /// Whether the target diverges only in known ways, and no known entry is stale.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let stale = self.suppressions.iter().any(|entry| matches!(entry.state, SuppressionState::Stale(_)));
        self.pages.failed.is_empty() && self.campaign.findings.is_empty() && !stale
    }

    /// Why the check says nothing about the target: nothing was compared. `None` where something was.
    #[must_use]
    pub fn nothing_compared(&self) -> Option<String> {
        let PagesResult { passed, failed, expected, inherited, skipped, unsupported } = &self.pages;
        let judged = passed.len() + failed.len() + expected.len() + inherited.len();
        if judged > 0 || self.campaign.steps > 0 || !self.campaign.findings.is_empty() {
            return None;
        }
        let counts = [
            (unsupported.len() as u64, "examples unsupported"),
            (skipped.len() as u64, "examples skipped"),
            (self.campaign.left_out.total(), "steps left out"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts.map(|(count, what)| format!("{} {what}", grouped(count))).collect();
        let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
        Some(format!("nothing was compared{counts}"))
    }
}

/// Runs a check. Setting `interrupt` ends it early; `listener` is told of findings and progress.
///
/// # Errors
/// If the target does not start, no clause matches the filter, or a list cannot be read: one line.
pub fn examine(
    config: CheckConfig,
    interrupt: &AtomicBool,
    listener: &dyn Listener,
) -> Result<CheckResult, TargetError> {
    let CheckConfig { campaign: mut config, random, pages, lists } = config;
    let mut worker = config.target.start(config.profile, config.hang)?;
    let severity = Severity::least(config.severity, worker.info());
    let mut result = CampaignResult::new(worker.info().clone(), &config, severity);
    let known = match lists {
        Lists::This(known) => known,
        Lists::None => KnownList::default(),
        Lists::BuiltIn => KnownList::built_in(worker.info(), &config.target.module)?,
    };
    let source = config.profile.unwrap_or(worker.info().source);
    config.known = known.patterns(source);
    let mut oracle = Oracle::new(result.profile)?;
    let mut pages = match pages {
        Some(filter) => run_pages(&filter, config.shard, &mut oracle, worker.as_mut(), severity, interrupt)?,
        None => PagesResult::default(),
    };
    let stop = || interrupt.load(Ordering::Relaxed);
    let mut suppressions = known.run_cases(source, &mut oracle, worker.as_mut(), &stop)?;
    let forgiving = severity > Severity::least(None, worker.info());
    known::separate_examples(&mut suppressions, &mut pages, forgiving);
    let unavailable = worker.unavailable();
    drop(worker);
    let base = Base::of(&config.target, result.profile, config.hang);
    let base_missing = separate_inherited(&mut pages, base, &mut oracle, severity)?;
    if random && (!config.fail_fast || pages.failed.is_empty()) {
        result = campaign(&config, result.info, interrupt, listener)?;
        result.shown = shown_answers(&all_pages()?, &mut oracle, &config.ops)?;
    }
    result.base_missing = result.base_missing.or(base_missing);
    known::set_counts(&mut suppressions, &result.known);
    Ok(CheckResult { pages, suppressions, campaign: result, unavailable })
}

/// Moves the failed examples that the base of the class fails as well to those that are inherited. Returns why the base could
/// not be asked, if it could not.
fn separate_inherited(
    pages: &mut PagesResult,
    mut base: Base,
    oracle: &mut Oracle,
    least: Severity,
) -> Result<Option<String>, TargetError> {
    let all = all_pages()?;
    for failure in std::mem::take(&mut pages.failed) {
        let inherited = base.fails(&all, &failure, oracle, least)?;
        if inherited { pages.inherited.push(failure) } else { pages.failed.push(failure) }
    }
    Ok(base.missing().map(str::to_owned))
}

fn all_pages() -> Result<Vec<Page>, TargetError> {
    all().map_err(|error| TargetError(error.to_string()))
}

fn run_pages(
    filter: &str,
    shard: Shard,
    oracle: &mut Oracle,
    target: &mut dyn Target,
    least: Severity,
    interrupt: &AtomicBool,
) -> Result<PagesResult, TargetError> {
    let pages = all_pages()?;
    if !examples(&pages).any(|(_, _, example)| matches_filter(&example.id, filter)) {
        return Err(TargetError(format!(
            "no clause or example matches '{filter}': 'mmapcheck pages --list' prints their ids"
        )));
    }
    let ids = examples(&pages).map(|(_, _, example)| example.id.as_str()).filter(|id| matches_filter(id, filter));
    let ours: HashSet<&str> = ids.enumerate().filter(|(index, _)| shard.takes(*index)).map(|(_, id)| id).collect();
    let chosen = |id: &str| !interrupt.load(Ordering::Relaxed) && ours.contains(id);
    pages::run(&pages, oracle, target, least, &chosen)
}
