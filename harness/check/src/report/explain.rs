//! One cause of a report, whole, as text of 80 columns. Sessions and commands are whole whatever their width.

use super::screen::wrapped;
use super::{CauseRecord, Report};
use crate::text::{brief, grouped};
use crate::trace_table::{BAD, GOOD, StepTable};
use anstyle::Style;
use mmapcheck_spec::pages::{Clause, all};
use std::fmt::Write;

const BOLD: Style = Style::new().bold();

/// Width of the text in columns.
const WIDTH: usize = 80;

/// Width of the column with the names.
const NAMES: usize = 11;

/// The most findings that are listed.
const MOST: usize = 20;

/// The clause with this id.
#[must_use]
pub fn clause(id: &str) -> Option<&'static Clause> {
    all().ok()?.iter().flat_map(|page| &page.clauses).find(|clause| clause.id == id)
}

/// A cause by its number in the table of causes, counted from 1. `issue`: the shell command that prints it to be filed.
///
/// # Errors
/// If there is no such cause: one line with the range.
pub fn explain(report: &Report, number: usize, issue: &str) -> Result<String, String> {
    let cause = report.cause(number)?;
    let title = format!("Cause {number} of {}: {}", report.causes.len(), cause.sentence);
    let mut text = format!("{BOLD}{}{BOLD:#}\n\n", wrapped(&title, WIDTH).join("\n"));
    text += &facts(report, cause);
    text += &findings(report, cause);
    let _ = writeln!(text, "\nThe smallest case, with the expected answers:\n\n{}", cause.session.trim_end());
    if let Some(finding) = report.findings_of(cause).first().filter(|finding| finding.session == cause.session) {
        text += &format!("\nWhere the two part:\n\n{}", parting(&finding.differences));
        if let Some(stderr) = &finding.stderr {
            text += "\nThe last lines of the target on standard error:\n\n";
            text.extend(stderr.lines().map(|line| format!("  {line}\n")));
        }
    }
    let _ = writeln!(text, "\nRun it again:\n  {}", cause.replay);
    let _ = writeln!(text, "A text to file upstream:\n  {issue}");
    Ok(text)
}

/// A name and its value, in lines that fit.
fn fact(name: &str, value: &str) -> String {
    let lines = wrapped(value, WIDTH - NAMES);
    format!("{name:NAMES$}{}\n", lines.join(&format!("\n{:NAMES$}", "")))
}

fn facts(report: &Report, cause: &CauseRecord) -> String {
    let mut text = fact("target", &format!("{}, judged as {}", report.target, report.profile));
    text += &fact("level", &cause.level.map_or("none: no clause covers it".into(), |level| level.to_string()));
    text += &fact("severity", &cause.severity.to_string());
    text += &fact("met", &format!("in {} of {} cases", grouped(cause.count), grouped(report.cases)));
    if !cause.ops.is_empty() {
        text += &fact("operations", &cause.ops.join(", "));
    }
    if !cause.versions.is_empty() {
        text += &fact("as CPython", &cause.versions.join(", "));
    }
    if !cause.any_argument.is_empty() {
        text +=
            &fact("any value", &format!("of {}: the difference does not depend on it", cause.any_argument.join(", ")));
    }
    if cause.inherited {
        text += &fact("inherited", "the base of the class differs in the same way");
    }
    if let (Some(id), Some(promise)) = (&cause.clause, &cause.promise) {
        text += &fact("clause", &format!("{id}: {promise}"));
        let clause = clause(id);
        text += &clause.map_or(String::new(), |clause| fact("", &clause.source));
        text += &clause.and_then(Clause::address).map_or(String::new(), |address| format!("{:NAMES$}{address}\n", ""));
    }
    text
}

fn findings(report: &Report, cause: &CauseRecord) -> String {
    let all = report.findings_of(cause);
    let mut text = String::from("\nIts findings, with the cases that showed each:\n\n");
    for finding in all.iter().take(MOST) {
        let lines = wrapped(&finding.headline, WIDTH - NAMES);
        let count = grouped(finding.count);
        let _ = writeln!(text, "{count:>9}  {}", lines.join(&format!("\n{:NAMES$}", "")));
    }
    if all.len() > MOST {
        let _ = writeln!(text, "{:NAMES$}and {} more", "", all.len() - MOST);
    }
    text
}

/// The fields in which a step differs, the expected value above the actual one.
fn parting(table: &StepTable) -> String {
    let width = table.rows.iter().map(|row| row.field.chars().count()).max().unwrap_or(0);
    let indent = width + 15;
    let room = WIDTH.saturating_sub(indent).max(20);
    let value = |text: &str| {
        let words: Vec<_> = text.split(' ').map(|word| brief(word, room)).collect();
        wrapped(&words.join(" "), room).join(&format!("\n{:indent$}", ""))
    };
    let mut text = wrapped(&table.step, WIDTH - 4).iter().map(|line| format!("  {line}\n")).collect::<String>();
    for row in &table.rows {
        let _ = writeln!(text, "    {:width$} expected  {GOOD}{}{GOOD:#}", row.field, value(&row.expected));
        let _ = writeln!(text, "    {:width$} got       {BAD}{}{BAD:#}", "", value(&row.actual));
    }
    text
}
