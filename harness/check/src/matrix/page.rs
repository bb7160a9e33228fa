//! The pages of the matrix in Markdown.

use super::data::{ClauseResult, FailedExample, Matrix, MatrixFinding, TargetResult};
use crate::text::{grouped, shortened};
use mmapcheck_spec::pages::{Clause, Page};
use mmapcheck_spec::printable;
use std::fmt::Write;

/// The table of clauses and targets: first the clauses that some target fails, then all clauses.
pub(super) fn matrix(matrix: &Matrix, pages: &[Page]) -> String {
    let mut text = String::from(
        "# Conformance matrix\n\n\
         Written by `mmapcheck matrix` from [matrix.json](matrix.json).\n\
         Each target ran every example of the specification that applies to it, then random cases.\n\n\
         | target | judged as | pass | fail | known | died | unsupported | not run | random steps | divergences |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (key, result) in &matrix.targets {
        text += &summary_row(key, result);
    }
    for (key, result) in &matrix.targets {
        if let Some(trouble) = &result.trouble {
            let _ = writeln!(
                text,
                "\nThe last run of {key} failed, and its row is from an earlier run: {}.",
                plain(trouble)
            );
        }
    }
    let clauses = || pages.iter().flat_map(|page| page.clauses.iter().map(move |clause| (page, clause)));
    text += "\n`+` pass, `F` fail, `k` fails as known, `D` died or hung, `?` unsupported, `-` does not apply.\n";
    text += "\n## Clauses that some target fails\n\n";
    let (head, failed) =
        (header(matrix), clauses().filter(|(_, clause)| matrix.targets.values().any(|result| fails(result, clause))));
    text += &head;
    failed.for_each(|(page, clause)| text += &row(matrix, page, clause));
    text += "\n## All clauses\n\n";
    text += &head;
    clauses().for_each(|(page, clause)| text += &row(matrix, page, clause));
    text
}

fn summary_row(key: &str, result: &TargetResult) -> String {
    let many = |test: fn(&ClauseResult) -> bool| result.many(test);
    format!(
        "| [{}]({key}/README.md) | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        plain(&result.name),
        result.profile,
        many(|clause| *clause == ClauseResult::Pass),
        many(|clause| matches!(clause, ClauseResult::Fail(_))),
        many(|clause| matches!(clause, ClauseResult::Known(_))),
        many(|clause| matches!(clause, ClauseResult::Died(_))),
        many(|clause| matches!(clause, ClauseResult::Unsupported(_))),
        many(|clause| matches!(clause, ClauseResult::NotRun(_))),
        grouped(result.steps),
        result.found.len(),
    )
}

fn header(matrix: &Matrix) -> String {
    let keys: Vec<_> = matrix.targets.keys().map(|key| format!("[{key}]({key}/README.md)")).collect();
    format!("| clause | {} |\n| --- |{}\n", keys.join(" | "), " --- |".repeat(keys.len()))
}

fn row(matrix: &Matrix, page: &Page, clause: &Clause) -> String {
    let mark = |result: &TargetResult| match result.clauses.get(&clause.id) {
        Some(ClauseResult::Pass) => "+",
        Some(ClauseResult::Fail(_)) => "**F**",
        Some(ClauseResult::Known(_)) => "k",
        Some(ClauseResult::Died(_)) => "**D**",
        Some(ClauseResult::Unsupported(_)) => "?",
        Some(ClauseResult::NotRun(_)) | None => "-",
    };
    let marks: Vec<_> = matrix.targets.values().map(mark).collect();
    format!("| [{}](../{}) {} | {} |\n", clause.id, page.path, cell(&clause.rule), marks.join(" | "))
}

fn fails(result: &TargetResult, clause: &Clause) -> bool {
    matches!(
        result.clauses.get(&clause.id),
        Some(ClauseResult::Fail(_) | ClauseResult::Died(_) | ClauseResult::Known(_))
    )
}

/// The page of one target: its findings, most severe first, then the examples that it fails.
pub(super) fn target(result: &TargetResult, pages: &[Page]) -> String {
    let mut text = format!("# {}\n\nJudged as `{}`.\n", plain(&result.name), result.profile);
    let _ = writeln!(text, "{}.", plain(&result.line()));
    if let Some(trouble) = &result.trouble {
        let _ = writeln!(text, "The last run failed, and this page is from an earlier run: {}.", plain(trouble));
    }
    let _ =
        writeln!(text, "Command: `mmapcheck check{} --seed {} --cases {}`.\n", result.flags, result.seed, result.cases);
    if !result.found.is_empty() {
        text += "## Divergences in random cases\n\nEach session is shrunk; `cases` is the number of random cases that showed the divergence.\n\n";
        text += "| | severity | operation | field | expected | got | cases |\n| --- | --- | --- | --- | --- | --- | --- |\n";
        for (number, finding) in (1..).zip(&result.found) {
            text += &finding_row(number, finding);
        }
        text.push('\n');
        (1..).zip(&result.found).for_each(|(number, finding)| text += &section(number, finding, result));
    }
    text += &failures(result, pages);
    text += &counts(result);
    text
}

fn finding_row(number: usize, finding: &MatrixFinding) -> String {
    format!(
        "| [{number}](#{number}) | {} | {} | {} | {} | {} | {} |\n",
        finding.severity,
        plain(&finding.op),
        finding.field,
        code(&finding.expected),
        code(&finding.actual),
        grouped(finding.count)
    )
}

fn section(number: usize, finding: &MatrixFinding, result: &TargetResult) -> String {
    let mut text =
        format!("<a id=\"{number}\"></a>\n\n### {number}. {}: {}\n\n", finding.severity, plain(&finding.headline));
    if let Some(unsteady) = &finding.unsteady {
        let _ = writeln!(text, "Unsteady: {}.\n", plain(unsteady));
    }
    if let Some(clause) = &finding.clause {
        let _ = writeln!(text, "Clause {clause}.\n");
    }
    let _ = writeln!(text, "```pycon\n{}\n```\n", finding.session.trim_end());
    let _ = writeln!(text, "- got: {}", code(&finding.actual));
    // The argument of the script names the class as the option does: MODULE or MODULE:CLASS.
    let module = result.flags.split_once("--module ").map_or(String::new(), |(_, module)| format!(" {module}"));
    let _ = writeln!(text, "- on any interpreter: [`python3 {0}.py{module}`]({0}.py)", finding.id);
    let _ = writeln!(text, "- replay: `mmapcheck replay {}.pycon{}`\n", finding.id, result.flags);
    text
}

/// The table of the examples that the target fails.
fn failures(result: &TargetResult, pages: &[Page]) -> String {
    let failed = |clause: &ClauseResult| match clause {
        ClauseResult::Fail(example) => Some((example.clone(), "")),
        ClauseResult::Known(example) => Some((example.clone(), "known: ")),
        ClauseResult::Died(example) => Some((example.clone(), "died: ")),
        ClauseResult::NotRun(_) | ClauseResult::Pass | ClauseResult::Unsupported(_) => None,
    };
    let all = pages.iter().flat_map(|page| page.clauses.iter().map(move |clause| (page, clause)));
    let rows: Vec<_> =
        all.filter_map(|(page, clause)| Some((page, clause, failed(result.clauses.get(&clause.id)?)?))).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut text =
        String::from("## Clauses that fail\n\n| clause | statement | expected | got |\n| --- | --- | --- | --- |\n");
    for (page, clause, (FailedExample { statement, expected, actual, .. }, how)) in rows {
        let rule = cell(&clause.rule);
        let (statement, expected, actual) = (code(&statement), code(&expected), code(&actual));
        let _ = writeln!(
            text,
            "| [{}](../../{}) {rule} | {how}{statement} | {expected} | {actual} |",
            clause.id, page.path
        );
    }
    text.push('\n');
    text
}

/// The counts of divergences without a session.
fn counts(result: &TargetResult) -> String {
    let mut text = String::new();
    for (id, count) in &result.known {
        let _ = writeln!(text, "- {} × known: {}", grouped(*count), plain(id));
    }
    for (why, count) in &result.incomparable {
        let _ = writeln!(text, "- {} × not compared to the end of the case: {}", grouped(*count), plain(why));
    }
    if result.milder > 0 {
        let _ = writeln!(text, "- {} divergences in the texts of exceptions alone", result.milder);
    }
    if text.is_empty() { text } else { format!("## Counted apart\n\n{text}") }
}

fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A target's words as text of a page: on one line, and without effect on its form. A backslash keeps every mark of Markdown
/// and HTML literal.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in printable(text).chars() {
        if "\\`*_[]<>&|#!~".contains(c) {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}

/// Text for a cell of a table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

/// Code for a cell of a table.
fn code(text: &str) -> String {
    let text = cell(&shortened(text)).replace('`', "'");
    format!("`{}`", if text.is_empty() { " " } else { &text })
}
