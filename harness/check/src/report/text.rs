//! A report for people, as text. Styles are ANSI codes; the command line removes them if the output is not a terminal.

use super::screen::{WIDTH, screen};
use super::{
    ExampleRecord, ExampleResult, FailureRecord, FindingRecord, MilderRecord, OutcomeCounts, PagesRecord, Report,
    StaleRecord,
};
use crate::divergence::{Severity, headline_of};
use crate::histogram::Histogram;
use crate::text::{begun, grouped, shortened};
use crate::trace_table::BAD;
use anstyle::Style;
use std::cmp::Reverse;
use std::fmt::Write;

const BOLD: Style = Style::new().bold();
const LOUD: Style = BAD.bold();

/// Maximum number of milder buckets in a summary.
const MILDER: usize = 20;

/// Maximum number of characters of each side in the table of findings.
const NARROW: usize = 40;

/// The parts of a text report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The examples of the specification.
    pub pages: bool,
    /// The generated cases.
    pub random: bool,
    /// The results of all examples, and the outcomes of each operation.
    pub verbose: bool,
}

/// Renders these parts of a report: the first screen, or with [`Parts::verbose`] everything.
#[must_use]
pub fn text(report: &Report, parts: Parts) -> String {
    let seed = if parts.random { format!(" · seed {}", report.seed) } else { String::new() };
    let mut text = format!("{} · judged as {}{seed}\n\n", report.target, report.profile);
    if parts.random {
        text += &screen(report);
    }
    if parts.random && (parts.verbose || report.causes.len() <= IN_FULL) {
        text += &findings(report, parts.verbose);
    }
    if parts.pages {
        text += &pages(&report.pages, parts.verbose);
        if !parts.random && (report.interrupted || report.failure.is_some()) {
            text += "stopped early: the other examples were not run\n";
        }
    }
    text += &inherited(report, parts.verbose);
    text += &known(report, parts.verbose);
    text += &unavailable(report, parts.verbose);
    if parts.random {
        if parts.verbose {
            text += &outcomes(&report.outcomes, true);
        }
        text += &summary(report, parts.verbose);
    }
    text + &next(report, parts.verbose)
}

/// The most causes whose smallest findings the first screen shows in full.
const IN_FULL: usize = 1;

/// The most failed examples that the first screen shows in full.
const FAILED: usize = 2;

fn unavailable(report: &Report, verbose: bool) -> String {
    let all = &report.unavailable;
    if verbose || all.len() == 1 {
        return all.iter().map(|(check, reason)| format!("not checked: {check}: {reason}\n")).collect();
    }
    let names: Vec<_> = all.keys().map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!("not checked: {}\n", names.join(", ")) }
}

/// The commands that say more.
fn next(report: &Report, verbose: bool) -> String {
    let mut text = String::new();
    if !report.causes.is_empty() {
        text += "next: mmapcheck explain 1 (one cause whole; --issue: as a text to file)\n";
    }
    if !verbose && (!report.causes.is_empty() || report.pages.failed > 0) {
        text += "      --verbose (all findings, examples, and what was left out)\n";
    }
    text
}

/// The failures of the examples, then the counts. With `verbose`, the result of every example.
fn pages(pages: &PagesRecord, verbose: bool) -> String {
    let mut text = String::new();
    let shown = if verbose || pages.failures.len() <= FAILED { pages.failures.len() } else { 0 };
    for record in &pages.failures[..shown] {
        let _ = writeln!(text, "{}\n", failure(record));
    }
    if shown < pages.failures.len() {
        let ids: Vec<_> = pages.failures.iter().map(|failure| failure.id.as_str()).collect();
        let _ = writeln!(text, "{}", begun(&format!("failed: {}", ids.join(" ")), WIDTH));
    }
    let with = |result| pages.examples.iter().filter(move |example| example.result == result);
    let reason = |example: &ExampleRecord| example.reason.clone().unwrap_or_default();
    if verbose {
        with(ExampleResult::Passed).for_each(|example| text += &format!("passed   {}\n", example.id));
        with(ExampleResult::Known).for_each(|example| text += &format!("known    {}\n", example.id));
        with(ExampleResult::Inherited).for_each(|example| text += &format!("inherited  {}\n", example.id));
        with(ExampleResult::Skipped)
            .for_each(|example| text += &format!("skipped  {}: {}\n", example.id, reason(example)));
    }
    for example in with(ExampleResult::Unsupported).filter(|_| verbose) {
        let _ = writeln!(text, "unsupported  {}: {}", example.id, reason(example));
    }
    let PagesRecord { passed, failed, skipped, .. } = pages;
    let known = if pages.known == 0 { String::new() } else { format!(", {} failed as known", pages.known) };
    let inherited =
        if pages.inherited == 0 { String::new() } else { format!(", {} failed as inherited", pages.inherited) };
    let unsupported =
        if pages.unsupported == 0 { String::new() } else { format!(", {} unsupported", pages.unsupported) };
    let _ = writeln!(
        text,
        "pages: {passed} examples passed, {failed} failed{known}{inherited}{unsupported}, {skipped} skipped"
    );
    for (reason, count) in pages.reasons.iter().filter(|_| verbose) {
        let _ = writeln!(text, "  {count:>4} skipped: {reason}");
    }
    text
}

/// An example that failed: place, statement, both answers, and the command that runs it again.
#[must_use]
pub fn failure(failure: &FailureRecord) -> String {
    let FailureRecord { id, place, statement, expected, actual, replay, .. } = failure;
    format!("{place}: {id}: {statement}\n  page:   {expected}\n  got:    {actual}\n  replay: {replay}")
}

/// The finding of each cause with the smallest case; with `verbose`, all of them, most severe first.
fn findings(report: &Report, verbose: bool) -> String {
    let own: Vec<_> = report.divergences.iter().collect();
    let first = report
        .causes
        .iter()
        .filter(|cause| !cause.inherited)
        .filter_map(|cause| own.iter().find(|finding| finding.session == cause.session));
    let chosen: Vec<_> = if verbose || report.causes.is_empty() { own.iter().collect() } else { first.collect() };
    chosen.into_iter().map(|one| finding(one) + "\n").collect()
}

fn one_line(finding: &FindingRecord) -> String {
    let sides = [&finding.expected, &finding.actual].map(|side| begun(side, NARROW));
    headline_of(finding.operation.as_deref(), finding.field, &sides)
}

/// A finding: headline, session, the fields that differ at the diverging step, clause, and the command that runs it again.
#[must_use]
pub fn finding(finding: &FindingRecord) -> String {
    let times = if finding.count == 1 { "1 case".into() } else { format!("{} cases", grouped(finding.count)) };
    let severity = finding.severity.to_string().to_uppercase();
    let mut text = format!("{LOUD}{severity}{LOUD:#}  {BOLD}{}{BOLD:#}   ({times})\n", finding.headline);
    if let Some(reason) = &finding.unsteady {
        let _ = writeln!(text, "  unsteady: {reason}");
    }
    if let Some(reason) = &finding.unshrunk {
        let _ = writeln!(text, "  not shrunk to the end: {reason}");
    }
    text.push('\n');
    for line in finding.session.lines() {
        let _ = writeln!(text, "    {}", shortened(line));
    }
    text.push('\n');
    text.push_str(&finding.differences.one_above_the_other());
    for line in finding.stderr.iter().flat_map(|stderr| stderr.lines()) {
        let _ = writeln!(text, "    standard error: {line}");
    }
    match (&finding.clause, &finding.promise) {
        (Some(clause), Some(promise)) => drop(write!(text, "\n  clause: {clause} · {promise}")),
        _ => text += "\n  clause: none covers this condition",
    }
    let _ = writeln!(text, "\n  replay: {}", finding.replay);
    text
}

/// The inherited divergences of the examples and of the generated cases, one line each.
fn inherited(report: &Report, verbose: bool) -> String {
    let mut text = String::new();
    let (examples, findings) = (&report.pages.inherited_failures, &report.inherited);
    if !verbose {
        let (examples, findings) = (examples.len(), findings.len());
        let said = format!("inherited from the interpreter: {examples} examples, {findings} divergences\n");
        return if examples + findings == 0 { text } else { said };
    }
    if !examples.is_empty() || !findings.is_empty() {
        let _ = writeln!(
            text,
            "inherited, not counted as divergence: the interpreter's own mmap, or an empty subclass of it, does the same"
        );
    }
    for FailureRecord { id, statement, expected, actual, .. } in examples {
        let [expected, actual] = [expected, actual].map(|side| begun(side, NARROW));
        let _ =
            writeln!(text, "{:>12} {id}: {}: expected {expected}, got {actual}", "example", begun(statement, NARROW));
    }
    for finding in findings {
        let _ = writeln!(text, "{:>10} × {}", grouped(finding.count), one_line(finding));
    }
    text
}

/// The known entries, and last the stale ones. Empty without entries.
fn known(report: &Report, verbose: bool) -> String {
    let mut text = String::new();
    if report.known_entries.is_empty() {
        return text;
    }
    if verbose {
        text += &known_entries(report);
    } else {
        let met = report.known.values().filter(|count| **count > 0).count();
        let _ = writeln!(text, "known divergences: {met} of {} entries met", report.known_entries.len());
    }
    for entry in &report.stale {
        let _ = writeln!(text, "STALE  {}", stale(entry));
    }
    text
}

/// The known entries that were met or not run, one line each.
fn known_entries(report: &Report) -> String {
    let mut text = String::from("known divergences, not reported above:\n");
    let is_stale = |id: &str| report.stale.iter().any(|stale| stale.id == id);
    let count = |id: &str| report.known.get(id).copied().filter(|_| !is_stale(id));
    let mut holding: Vec<_> =
        report.known_entries.iter().filter_map(|entry| Some((entry, count(&entry.id)?))).collect();
    holding.sort_by_key(|(_, count)| Reverse(*count));
    for (entry, count) in holding {
        let link = entry.link.as_ref().map(|link| format!(" ({link})")).unwrap_or_default();
        let count = if entry.counted { format!("{} ×", grouped(count)) } else { "examples".into() };
        let _ = writeln!(text, "{count:>12} {}: {}{link}", entry.id, entry.what);
    }
    for entry in &report.known_not_run {
        let _ = writeln!(text, "{:>12} {}: {}", "not run", entry.id, entry.reason);
    }
    text
}

/// A stale entry on one line.
#[must_use]
pub fn stale(StaleRecord { id, place, reason }: &StaleRecord) -> String {
    format!("{place}: '{id}' no longer holds: {reason}; change or remove the entry")
}

/// The share of steps without a value, and the outcomes of the examples that no step had. With `verbose`, the outcomes of
/// each operation, and the names of the missing ones.
#[must_use]
pub fn outcomes(counts: &OutcomeCounts, verbose: bool) -> String {
    let mut text = String::new();
    if verbose {
        for (op, outcomes) in &counts.answers {
            let outcomes: Vec<_> =
                outcomes.iter().map(|(outcome, count)| format!("{outcome} {}", grouped(*count))).collect();
            let line = if outcomes.is_empty() { "no step".to_owned() } else { outcomes.join(" · ") };
            let _ = writeln!(text, "{op:>18}  {line}");
        }
        counts.never.iter().for_each(|(op, outcome)| text += &format!("never: {op}: {outcome}\n"));
    }
    let met = counts.shown - counts.never.len() as u64;
    let others = counts.answers.values().map(|outcomes| outcomes.len() as u64).sum::<u64>() - met;
    let _ = writeln!(
        text,
        "steps: {}; {met} of the {} outcomes in the examples occurred, and {others} others",
        refused(counts.refused),
        counts.shown,
    );
    text
}

fn refused(share: f64) -> String {
    format!("{:.1} % refused", 100.0 * share)
}

/// The summary of the generated cases.
fn summary(report: &Report, verbose: bool) -> String {
    let mut text = milder(report, verbose);
    let left_out: u64 = report.left_out.values().sum();
    if left_out > 0 {
        let _ = writeln!(text, "left out, not compared: {} steps", grouped(left_out));
    }
    let mut reasons: Vec<_> = report.left_out.iter().collect();
    reasons.sort_by_key(|(_, count)| Reverse(**count));
    for (reason, count) in reasons.into_iter().filter(|_| verbose) {
        let _ = writeln!(text, "{:>12} × {reason}", grouped(*count));
    }
    for (reason, count) in &report.incomparable {
        let _ = writeln!(text, "not compared to the end, {count} cases: {reason}");
    }
    if report.deaths > 0 {
        let _ = writeln!(text, "expected deaths: {}", grouped(report.deaths));
    }
    let found = match report.divergences.len() {
        0 => "no divergence".to_owned(),
        1 => "1 divergence".to_owned(),
        many => format!("{many} divergences ({})", by_severity(report)),
    };
    let early = if report.interrupted || report.failure.is_some() { ", stopped early" } else { "" };
    let _ = writeln!(
        text,
        "{found}: {} cases, {} steps compared in {:.1} s ({} steps/s){early}",
        grouped(report.cases),
        grouped(report.steps),
        report.seconds,
        grouped((report.steps as f64 / report.seconds.max(0.001)) as u64),
    );
    text
}

fn milder(report: &Report, verbose: bool) -> String {
    let mut text = String::new();
    if report.milder.is_empty() {
        return text;
    }
    if !verbose {
        let severity = report.severity;
        let _ = writeln!(text, "below severity {severity}, not counted: {} kinds", report.milder.len());
        return text;
    }
    let _ = writeln!(text, "below severity {} (not counted as divergence):", report.severity);
    let mut milder: Vec<_> = report.milder.iter().collect();
    milder.sort_by_key(|record| Reverse(record.count));
    for MilderRecord { operation, expected, actual, count, .. } in milder.iter().take(MILDER) {
        let operation = operation.as_deref().unwrap_or("end");
        let _ = writeln!(text, "  {count:>8} × {operation}: {} → {}", shortened(expected), shortened(actual));
    }
    if milder.len() > MILDER {
        let _ = writeln!(text, "  and {} buckets more", milder.len() - MILDER);
    }
    text
}

fn by_severity(report: &Report) -> String {
    let many = |severity| report.divergences.iter().filter(|finding| finding.severity == severity).count();
    let counts = Severity::ALL.iter().rev().map(|(severity, name)| (many(*severity), name));
    counts.filter(|(many, _)| *many > 0).map(|(many, name)| format!("{many} {name}")).collect::<Vec<_>>().join(", ")
}

/// The progress of a campaign on one line.
#[must_use]
pub fn progress(cases: u64, steps: u64, answers: &Histogram) -> String {
    let (cases, steps, refused) = (grouped(cases), grouped(steps), refused(answers.refused()));
    format!("{cases} cases, {steps} steps, {refused}, {} outcomes", answers.met())
}
