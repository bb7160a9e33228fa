//! The random campaign of a suite.

use crate::plan::Plan;
use crate::{failure, worker};
use mmapcheck::campaign::{Budget, CampaignConfig, Finding, Listener, Shard};
use mmapcheck::examine::{CheckConfig, CheckResult, Lists, Pages, examine};
use mmapcheck::generate::Weights;
use mmapcheck::histogram::Histogram;
use mmapcheck::limits;
use mmapcheck::pattern::Patterns;
use mmapcheck::report::Report;
use mmapcheck::report::build::Commands;
use mmapcheck::report::json::json;
use mmapcheck::report::screen::screen;
use mmapcheck::text::grouped;
use mmapcheck::triage::propose;
use mmapcheck_spec::Op;
use mmapcheck_spec::pages::Level;
use mmapcheck_targets::stop::Stop;
use std::fmt::Write;
use std::path::Path;

/// Runs the campaign. Returns a line about it, and the text of the failure if the type diverges in a way that is not known, or a
/// known difference no longer holds.
pub fn run(plan: &Plan) -> (String, Result<(), String>) {
    let config = CheckConfig {
        campaign: config(plan),
        random: true,
        // A report says of the examples too how the type differs.
        pages: plan.report.as_ref().map_or(Pages::None, |_| Pages::These(plan.pages())),
        level: Level::Free,
        lists: Lists::This(plan.known.clone()),
    };
    let result = match examine(config, &Stop::never(), &Silent) {
        Ok(result) => result,
        Err(error) => return (again(plan, "the campaign was not run"), Err(error.0)),
    };
    let report = Report::new(&result, &Silent);
    let stored = plan.report.as_ref().map_or(Ok(()), |folder| store(&report, folder));
    (again(plan, &summary(plan, &report)), stored.and_then(|()| judge(plan, &result, &report)))
}

fn config(plan: &Plan) -> CampaignConfig {
    CampaignConfig {
        target: worker::spec(&plan.name),
        profile: None,
        seed: plan.seed,
        jobs: 1,
        ops: plan.offer.ops.iter().chain(Op::ALL.iter().filter(|op| op.is_of_files())).copied().collect(),
        weights: Weights::default(),
        steps: limits::STEPS,
        callbacks: false,
        offer: Some(plan.offer.clone()),
        budget: Budget::Time(plan.time),
        shard: Shard::WHOLE,
        hang: worker::hang_within(plan.time),
        shrink_time: None,
        fail_fast: false,
        severity: None,
        known: Patterns::default(),
        known_model: Vec::new(),
    }
}

fn judge(plan: &Plan, result: &CheckResult, report: &Report) -> Result<(), String> {
    if let Some(why) = result.nothing_compared() {
        return Err(why);
    }
    if result.agrees() {
        return Ok(());
    }
    Err(format!("{}\nthe campaign again: {}", failure::campaign(&plan.name, report), plan.command))
}

fn summary(plan: &Plan, report: &Report) -> String {
    let mut text = format!(
        "campaign: {} cases, {} steps compared in {:.1} s, {} differences, {} expected deaths",
        grouped(report.cases),
        grouped(report.steps),
        report.seconds,
        report.causes.len(),
        grouped(report.deaths)
    );
    let _ = write!(text, "{}", known(plan, report));
    for (reason, count) in &report.incomparable {
        let _ = write!(text, "\n  not compared to the end, {count} cases: {reason}");
    }
    text
}

/// A line on the known differences, and the tests that look for each; none without any.
fn known(plan: &Plan, report: &Report) -> String {
    let (cases, clauses): (Vec<_>, Vec<_>) =
        plan.known.applying(plan.profile).partition(|entry| entry.reproducer.is_some());
    let met = report.known.values().filter(|count| **count > 0).count();
    let mut parts = Vec::new();
    if !cases.is_empty() {
        parts.push(format!("{} checked by their cases, {met} of them met at random as well", cases.len()));
    }
    if !clauses.is_empty() {
        parts.push(format!("{} checked by the tests of clauses", clauses.len()));
    }
    if parts.is_empty() { String::new() } else { format!("\n  known differences: {}", parts.join("; ")) }
}

fn again(plan: &Plan, summary: &str) -> String {
    format!("{summary}\n  again: {}", plan.command)
}

/// Writes the report, and a known list for its divergences, into a folder.
fn store(report: &Report, folder: &Path) -> Result<(), String> {
    let text = json(report).map_err(|error| error.to_string())?;
    let known = propose(&[("report.json".to_owned(), text.clone())])?;
    let causes = anstream::adapter::strip_str(&screen(report)).to_string();
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, text) in [("report.json", &text), ("known.toml", &known), ("causes.txt", &causes)] {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// A listener that shows nothing, and a report without commands: the text of the failure holds a test for each.
struct Silent;

impl Listener for Silent {
    fn found(&self, _: &Finding) {}

    fn progress(&self, _: u64, _: u64, _: &Histogram) {}
}

impl Commands for Silent {
    fn finding(&self, _: &Finding, _: &str) -> String {
        String::new()
    }

    fn example(&self, _: &str) -> String {
        String::new()
    }
}
