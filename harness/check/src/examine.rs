//! A whole check of a target: the examples of the specification, the cases of its known divergences, and a campaign.

use crate::base::Base;
use crate::campaign::{CampaignConfig, CampaignResult, Finding, Listener, Shard, campaign};
use crate::clauses::Clauses;
use crate::divergence::Severity;
use crate::known::{self, KnownList, SuppressionResult, SuppressionState};
use crate::oracle::Oracle;
use crate::pages::shown_answers;
use crate::pages::{self, Failure, PagesResult};
use crate::text::grouped;
use crate::worker::Unavailable;
use mmapcheck_spec::TargetError;
use mmapcheck_spec::pages::matches_filter;
use mmapcheck_spec::pages::{Level, Page, all, examples};
use mmapcheck_targets::stop::Stop;
use mmapcheck_targets::supervisor::raise_limits;
use rustix::process::Resource;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// The list of known divergences that a check uses.
pub enum Lists {
    /// The list that is built in for the target.
    BuiltIn,
    /// No list.
    None,
    /// This list.
    This(KnownList),
}

/// The examples that a check runs.
pub enum Pages {
    /// No example.
    None,
    /// The examples of the specification whose ids match this filter.
    Matching(String),
    /// The examples of these pages.
    These(Vec<Page>),
}

impl Pages {
    /// The pages, and the ids of the examples of them that are run.
    fn chosen<'a>(
        &'a self,
        all: &'a [Page],
        level: Level,
        shard: Shard,
    ) -> Result<(&'a [Page], HashSet<&'a str>), TargetError> {
        Ok(match self {
            Pages::None => (&[], HashSet::new()),
            Pages::Matching(filter) => (all, chosen(all, filter, level, shard)?),
            Pages::These(these) => (these, examples(these).map(|(_, _, example)| example.id.as_str()).collect()),
        })
    }
}

/// The configuration of a check.
pub struct CheckConfig {
    /// The target, and the campaign's options.
    pub campaign: CampaignConfig,
    /// Whether a campaign is run at all.
    pub random: bool,
    /// The examples to run.
    pub pages: Pages,
    /// The level of the promises that count: those of the documentation alone, or also CPython's habits, or everything.
    pub level: Level,
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
        let failed = self.campaign.failure.is_some();
        self.pages.failed.is_empty() && self.campaign.findings.is_empty() && !stale && !failed
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

/// Runs a check, until `stop` is due at most; `listener` is told of findings and progress. If the target can no longer be used, the
/// check ends, and its result says why.
///
/// # Errors
/// If the target does not start, no clause matches the filter, or a list cannot be read: one line.
pub fn examine(config: CheckConfig, stop: &Stop, listener: &dyn Listener) -> Result<CheckResult, TargetError> {
    let CheckConfig { campaign: mut config, random, pages: wanted, level, lists } = config;
    allow_descriptors(config.jobs)?;
    // A finding names the clause that it breaks, so that a check needs every page, whatever it runs.
    let all = all_pages()?;
    let (run, ours) = wanted.chosen(all, level, config.shard)?;
    let mut worker = config.target.start(config.profile, config.hang, stop)?;
    let severity = Severity::least(config.severity, worker.info());
    let mut result = CampaignResult::new(worker.info().clone(), &config, severity);
    let profile = result.profile;
    let known = match lists {
        Lists::This(known) => known,
        Lists::None => KnownList::default(),
        Lists::BuiltIn => KnownList::built_in(worker.info(), &config.target.module)?,
    };
    let source = config.profile.unwrap_or(worker.info().source);
    config.known = known.patterns(source);
    config.known_model = known.variations(source);
    let mut oracle = Oracle::new(profile)?;
    let mut pages = PagesResult::default();
    let base = RefCell::new((Base::of(&config.target, profile, config.hang, stop), Oracle::new(profile)?));
    let (judged, has_failed) = (Cell::new(0), Cell::new(false));
    let failed_fast = |so_far: &PagesResult| {
        let new = &so_far.failed[judged.replace(so_far.failed.len())..];
        let is_own = |one: &Failure| !known.expects(source, &one.id) && !is_inherited(run, one, &base, severity);
        has_failed.set(has_failed.get() || (config.fail_fast && new.iter().any(is_own)));
        has_failed.get()
    };
    let over = |so_far: &PagesResult| stop.is_due() || failed_fast(so_far);
    let is_ours = |id: &str| ours.contains(id);
    let mut done = pages::run_until(run, &mut oracle, worker.as_mut(), severity, &is_ours, &over, &mut pages);
    let skip_cases = done.is_err() || failed_fast(&pages);
    let (mut suppressions, cases_done) =
        known.run_cases(source, severity, &mut oracle, worker.as_mut(), &|| skip_cases || stop.is_due());
    done = done.and(cases_done);
    let forgiving = severity > Severity::least(None, worker.info());
    known::separate_examples(&mut suppressions, &mut pages, source, forgiving);
    let mut unavailable = worker.unavailable();
    drop(worker);
    let base_missing = separate_inherited(run, &mut pages, &base, severity);
    match done {
        // A check that was stopped has not failed.
        Err(error) if !stop.is_due() => result.failure = Some(error.0),
        _ if random && (!config.fail_fast || pages.failed.is_empty()) => {
            result = campaign(&config, result.info, stop, listener);
            keep_level(&mut result, level);
            result.shown = shown_answers(all, &mut oracle, &config.ops)?;
        }
        _ => result.interrupted = stop.is_due(),
    }
    if let Some(why) = result.base_missing.clone().or(base_missing) {
        unavailable.push(Unavailable::new("inherited divergences", why));
    }
    known::set_counts(&mut suppressions, &result.known);
    Ok(CheckResult { pages, suppressions, campaign: result, unavailable })
}

/// Lets this process open as many descriptors as so many jobs need: each has a worker, and one for the base of the class.
fn allow_descriptors(jobs: usize) -> Result<(), TargetError> {
    let needed = 24 + 8 * jobs as u64;
    raise_limits(&[(Resource::Nofile, needed)]).map_err(|_| {
        TargetError(format!(
            "--jobs {jobs} needs {needed} open files, more than the limit of this process: start mmapcheck where 'ulimit -n' is \
             at least that, or with fewer --jobs"
        ))
    })
}

/// Moves the failed examples that the base of the class fails as well to those that are inherited. Returns why the base could
/// not be asked, if it could not.
fn separate_inherited(
    all: &[Page],
    pages: &mut PagesResult,
    base: &RefCell<(Base, Oracle)>,
    least: Severity,
) -> Option<String> {
    for failure in std::mem::take(&mut pages.failed) {
        let inherited = is_inherited(all, &failure, base, least);
        if inherited { pages.inherited.push(failure) } else { pages.failed.push(failure) }
    }
    base.borrow().0.missing().map(str::to_owned)
}

/// Whether the base of the class fails an example as well. A failure is the class's own where the base can no longer be asked.
fn is_inherited(all: &[Page], failure: &Failure, base: &RefCell<(Base, Oracle)>, least: Severity) -> bool {
    let (base, oracle) = &mut *base.borrow_mut();
    base.fails(all, failure, oracle, least).unwrap_or(false)
}

fn all_pages() -> Result<&'static [Page], TargetError> {
    all().map_err(|error| TargetError(error.to_string()))
}

/// Counts the findings that break no clause of this level or a firmer one as milder divergences.
fn keep_level(result: &mut CampaignResult, level: Level) {
    if level == Level::Free {
        return;
    }
    let clauses = Clauses::of(result.profile);
    let counts =
        |finding: &Finding| clauses.level(&finding.compared, &finding.divergence).is_some_and(|broken| broken <= level);
    let (kept, others) = std::mem::take(&mut result.findings).into_iter().partition(counts);
    result.findings = kept;
    for finding in Vec::<Finding>::from_iter(others) {
        *result.milder.entry(finding.divergence.bucket).or_default() += finding.count;
    }
}

/// The ids of the examples of a level that match a filter and belong to a part of the check.
fn chosen<'a>(pages: &'a [Page], filter: &str, level: Level, shard: Shard) -> Result<HashSet<&'a str>, TargetError> {
    let of_level = examples(pages).filter(|(_, clause, _)| clause.level <= level);
    let ids = of_level.map(|(_, _, example)| example.id.as_str()).filter(|id| matches_filter(id, filter));
    let ids: Vec<&str> = ids.collect();
    if ids.is_empty() {
        return Err(TargetError(format!(
            "no clause or example matches '{filter}': 'mmapcheck pages --list' prints their ids"
        )));
    }
    Ok(ids.into_iter().enumerate().filter(|(index, _)| shard.takes(*index)).map(|(_, id)| id).collect())
}
