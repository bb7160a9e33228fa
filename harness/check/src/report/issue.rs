//! One cause of a report as a text in Markdown for the tracker of the target.

use super::explain::clause;
use super::{CauseRecord, FindingRecord, Report};
use crate::divergence::Field;
use crate::script::script;
use crate::since::{Deciding, since};
use crate::trace_table::FieldRow;
use mmapcheck_spec::notation::{NotationError, parse};
use mmapcheck_spec::pages::Level;
use std::fmt::Write;

/// A cause by its number in the table of causes, counted from 1.
///
/// # Errors
/// If there is no such cause, or if its session cannot be read: one line.
pub fn issue(report: &Report, number: usize) -> Result<String, String> {
    let cause = report.cause(number)?;
    let unreadable = |error| format!("the session of cause {number} cannot be read: line {error}");
    let found = report.findings_of(cause);
    let finding = found.first().ok_or_else(|| format!("the report has no finding of cause {number}"))?;
    let about =
        [cause.sentence.replace('\n', " "), format!("Found in {}, judged as {}.", report.target, report.profile)];
    let script = script(&finding.session, &about, finding.field, finding.severity).map_err(unreadable)?;
    let mut text = format!("# {}\n\n", cause.sentence);
    let _ = writeln!(text, "- Target: {}", report.target);
    let _ = writeln!(text, "- Judged by: the rules of {} (implementation, version, platform)", report.profile);
    let _ = writeln!(text, "- Severity: {}\n", cause.severity);
    text += &answers(finding);
    text += &promise(cause);
    text += &history(report, cause, finding);
    text += "## A script that shows it\n\n";
    text += &usage(cause, finding, &report.target).map_err(unreadable)?;
    text += &block("python", &script);
    if let Some(stderr) = &finding.stderr {
        text += &format!("## The last lines on standard error\n\n{}", block("text", stderr));
    }
    text.truncate(text.trim_end().len());
    Ok(text + "\n")
}

/// A fenced block, whose fence is longer than any run of backquotes in it.
pub(super) fn block(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n\n", text.trim_end())
}

/// Both sides of the step at which the two part.
fn answers(finding: &FindingRecord) -> String {
    let mut text = format!("## Expected and actual\n\n{}", block("pycon", &finding.session));
    let _ =
        writeln!(text, "The session shows the expected answers. The difference is in {}:\n", finding.differences.step);
    let rows = &finding.differences.rows;
    let width = rows.iter().map(|row| row.field.chars().count()).max().unwrap_or(0);
    let line = |row: &FieldRow| {
        format!("{:width$}  expected  {}\n{:width$}  actual    {}\n", row.field, row.expected, "", row.actual)
    };
    text + &block("text", &rows.iter().map(line).collect::<String>())
}

/// The clause that the cause breaks.
fn promise(cause: &CauseRecord) -> String {
    let Some(clause) = cause.clause.as_deref().and_then(clause) else { return String::new() };
    let kind = match clause.level {
        Level::Documented => "The documentation promises it",
        Level::CPython => "CPython does it in every release, without a promise of the documentation",
        Level::Free => "Implementations may differ here",
    };
    let source = match clause.address() {
        Some(address) => format!("[{}]({address})", clause.source),
        None => clause.source.clone(),
    };
    format!("## The promise\n\n{kind}: {} ({}; {source}).\n\n", clause.rule, clause.id)
}

/// The rules that decide the expected answer and hold in some versions only, and the versions that do what the target does.
fn history(report: &Report, cause: &CauseRecord, finding: &FindingRecord) -> String {
    let rules = since(&finding.session, report.profile);
    if rules.is_empty() && cause.versions.is_empty() {
        return String::new();
    }
    let like = match &cause.versions[..] {
        [] => String::new(),
        versions => format!("- CPython {} does in this case what the target does.\n", versions.join(", ")),
    };
    let line = |rule: &Deciding| {
        let holds = if rule.holds { "CPython does so" } else { "CPython did otherwise" };
        format!("- {} {holds} {}: {}.\n", rule.row.sentence, rule.row.scope(), rule.row.source)
    };
    format!("## When CPython changed\n\n{}{like}\n", rules.iter().map(line).collect::<String>())
}

/// How to run the script, and what it shows.
fn usage(cause: &CauseRecord, finding: &FindingRecord, target: &str) -> Result<String, NotationError> {
    let run = match cause.module() {
        Some(module) => format!(
            "`python3 issue.py {module}` exits with 1 if the difference is there, else with 0.\n\
             Without an argument the script runs the interpreter's own `mmap`.\n\n"
        ),
        None => format!("Run by {target}, it exits with 1 if the difference is there, else with 0.\n\n"),
    };
    let hidden = match finding.field {
        Field::Answer | Field::Descriptors | Field::Pages | Field::Strays => false,
        Field::Closing => true,
        // A step after the diverging one shows the state.
        _ => parse(&finding.session, 1)?.case.steps.len() <= finding.step + 1,
    };
    let note = format!(
        "The difference is in the {}, which no answer of the script shows; it exits with 0.\n\n",
        finding.field.name()
    );
    Ok(format!("The script needs nothing but the standard library.\n{}", if hidden { note } else { run }))
}
