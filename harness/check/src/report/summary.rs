//! A summary of a report in Markdown, for the summary of a job in continuous integration: the verdict, the causes with their
//! smallest cases, and the counts.

use super::issue::block;
use super::screen::verdict;
use super::{CauseRecord, Report};
use crate::text::grouped;
use mmapcheck_spec::printable;

/// The most causes that are shown with their session.
const MOST: usize = 20;

/// The summary of a report. A target's own words are escaped: they become neither Markdown nor HTML.
#[must_use]
pub fn summary(report: &Report) -> String {
    let mut text = format!("## mmapcheck: {}\n\n", words(&verdict(report)));
    if let Some(failure) = &report.failure {
        text += &format!("**The check ended early:** {}\n\n", words(failure));
    }
    if !report.causes.is_empty() {
        text += "| no | level | severity | cases | difference |\n| ---: | --- | --- | ---: | --- |\n";
        text += &(1..).zip(&report.causes).map(|(number, cause)| row(number, cause)).collect::<String>();
        text.push('\n');
        text += &(1..)
            .zip(report.causes.iter().take(MOST))
            .map(|(number, cause)| session(number, cause))
            .collect::<String>();
    }
    text + &examples(report) + &stale(report) + &counts(report)
}

fn row(number: usize, cause: &CauseRecord) -> String {
    let level = cause.level.map_or("-".to_owned(), |level| level.to_string());
    let inherited = if cause.inherited { "inherited: " } else { "" };
    let sentence = words(&cause.sentence);
    format!("| {number} | {level} | {} | {} | {inherited}{sentence} |\n", cause.severity, grouped(cause.count))
}

/// The smallest case of a cause, which a reader opens.
fn session(number: usize, cause: &CauseRecord) -> String {
    let promise = cause.promise.as_deref().zip(cause.clause.as_deref());
    let promise = promise.map(|(promise, id)| format!("The clause {id}: {}.\n\n", words(promise))).unwrap_or_default();
    let block = block("pycon", &cause.session);
    format!(
        "<details><summary>Difference {number}: the smallest case, with the expected answers</summary>\n\n{block}{promise}</details>\n\n"
    )
}

/// The failed examples of the specification.
fn examples(report: &Report) -> String {
    let failures = &report.pages.failures;
    if failures.is_empty() {
        return String::new();
    }
    let mut text = "| failed example | statement | expected | got |\n| --- | --- | --- | --- |\n".to_owned();
    for failure in failures.iter().take(MOST) {
        let cells = [&failure.statement, &failure.expected, &failure.actual].map(|part| words(part));
        text += &format!("| {} | {} |\n", words(&failure.id), cells.join(" | "));
    }
    if failures.len() > MOST {
        text += &format!("\nand {} more\n", failures.len() - MOST);
    }
    text + "\n"
}

/// The known entries that no longer hold.
fn stale(report: &Report) -> String {
    let line = |entry: &super::StaleRecord| {
        format!("- the known divergence {} no longer holds: {}\n", words(&entry.id), words(&entry.reason))
    };
    let lines: String = report.stale.iter().map(line).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}

fn counts(report: &Report) -> String {
    let pages = &report.pages;
    let known = pages.known + pages.inherited;
    format!(
        "{} examples passed, {} failed, {known} known or inherited, {} unsupported, {} do not apply; \
         {} random cases, {} steps compared, seed {}.\n",
        pages.passed,
        pages.failed,
        pages.unsupported,
        pages.skipped,
        grouped(report.cases),
        grouped(report.steps),
        report.seed
    )
}

/// A text within a line of Markdown. Its code stays code; whatever else could be markup is escaped.
fn words(text: &str) -> String {
    let text = printable(text);
    let is_balanced = text.matches('`').count().is_multiple_of(2);
    let mut out = String::new();
    for (place, part) in text.split('`').enumerate() {
        if place > 0 {
            out.push_str(if is_balanced { "`" } else { "\\`" });
        }
        let is_code = is_balanced && place % 2 == 1;
        for c in part.chars() {
            match c {
                '|' => out.push_str("\\|"),
                '<' if !is_code => out.push_str("&lt;"),
                '&' if !is_code => out.push_str("&amp;"),
                '*' | '_' | '[' | ']' | '#' | '\\' | '@' | '!' if !is_code => out.extend(['\\', c]),
                c => out.push(c),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_target_are_no_markup_but_code_stays_code() {
        assert_eq!(words("`a|b` <img> *x* [y](z)"), "`a\\|b` &lt;img> \\*x\\* \\[y\\](z)");
        assert_eq!(words("one ` and <b>"), "one \\` and &lt;b>");
        assert_eq!(words("a\nb"), "a\\\\nb");
        assert_eq!(block("pycon", "```"), "````pycon\n```\n````\n\n");
    }
}
