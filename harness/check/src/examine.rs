//! All that is asked of a target: the examples of the specification, the pinned cases of what is known of it, random cases.

use crate::campaign::{CampaignConfig, Listener, Report, Shard, campaign};
use crate::compare::Severity;
use crate::histogram::shown;
use crate::known::{self, KnownList, SuppressionResult, SuppressionState};
use crate::pages::{self, Outcomes, matches_filter};
use crate::run::Oracle;
use mmapcheck_spec::pages::{Page, all, examples};
use mmapcheck_spec::{Target, TargetError};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which list of known divergences counts.
pub enum Lists {
    /// The one that this program carries for the target.
    BuiltIn,
    /// None.
    None,
    /// This one.
    This(KnownList),
}

/// What is to be asked.
pub struct CheckConfig {
    /// Of random cases.
    pub plan: CampaignConfig,
    /// Whether random cases are run at all.
    pub random: bool,
    /// The examples whose id this pattern takes in; none: no examples.
    pub pages: Option<String>,
    /// What is known already.
    pub lists: Lists,
}

/// What came of it.
pub struct CheckResult {
    /// Of the examples.
    pub pages: Outcomes,
    /// Of known divergences.
    pub fates: Vec<SuppressionResult>,
    /// Of random cases.
    pub report: Report,
}

impl CheckResult {
    /// Whether nothing diverges but what is known, and all of that still does.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let stale = self.fates.iter().any(|fate| matches!(fate.standing, SuppressionState::Stale(_)));
        self.pages.failed.is_empty() && self.report.findings.is_empty() && !stale
    }
}

/// Asks it all. `stop` ends it early; `watcher` is told of findings and progress.
///
/// # Errors
/// Where the target does not start, no clause fits the pattern, or a list cannot be read: one line.
pub fn examine(order: CheckConfig, stop: &AtomicBool, watcher: &dyn Listener) -> Result<CheckResult, TargetError> {
    let CheckConfig { mut plan, random, pages, lists } = order;
    let mut worker = plan.subject.start(plan.profile, plan.hang)?;
    let severity = Severity::least(plan.severity, worker.info());
    let mut report = Report::new(worker.info().clone(), &plan, severity);
    let known = match lists {
        Lists::This(known) => known,
        Lists::None => KnownList::default(),
        Lists::BuiltIn => KnownList::built_in(worker.info(), &plan.subject.module)?,
    };
    plan.known = known.rules(report.profile);
    let mut oracle = Oracle::new(report.profile)?;
    let mut pages = match pages {
        Some(filter) => run_pages(&filter, plan.shard, &mut oracle, worker.as_mut(), severity, stop)?,
        None => Outcomes::default(),
    };
    let mut fates = known.hold(&mut oracle, worker.as_mut(), &|| stop.load(Ordering::Relaxed))?;
    let forgiving = severity > Severity::least(None, worker.info());
    known::expect(&mut fates, &mut pages, forgiving);
    drop(worker);
    if random && (!plan.fail_fast || pages.failed.is_empty()) {
        report = campaign(&plan, report.info, stop, watcher)?;
        report.shown = shown(&all_pages()?, &mut oracle, &plan.ops)?;
    }
    known::count(&mut fates, &report.met);
    Ok(CheckResult { pages, fates, report })
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
    stop: &AtomicBool,
) -> Result<Outcomes, TargetError> {
    let pages = all_pages()?;
    if !examples(&pages).any(|(_, _, example)| matches_filter(&example.id, filter)) {
        return Err(TargetError(format!("no clause is called '{filter}'; 'mmapcheck pages --list' shows them all")));
    }
    let ids = examples(&pages).map(|(_, _, example)| example.id.as_str()).filter(|id| matches_filter(id, filter));
    let ours: HashSet<&str> = ids.enumerate().filter(|(place, _)| shard.takes(*place)).map(|(_, id)| id).collect();
    let chosen = |id: &str| !stop.load(Ordering::Relaxed) && ours.contains(id);
    pages::run(&pages, oracle, target, least, &chosen)
}
