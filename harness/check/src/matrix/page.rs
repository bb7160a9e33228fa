//! The pages of the matrix, as Markdown.

use super::{Cell, Found, Matrix, Shown, Wrong};
use crate::text::{grouped, shortened};
use mmapcheck_spec::pages::{Clause, Page};
use std::fmt::Write;

/// The table of clauses and targets: first those clauses that some target fails, then all.
pub(super) fn matrix(matrix: &Matrix, pages: &[Page]) -> String {
    let mut text = String::from(
        "# Conformance matrix\n\n\
         Written by `mmapcheck matrix`; the same as data is in [matrix.json](matrix.json).\n\
         Each target was asked every example of the specification that applies to it, and then random cases.\n\n\
         | target | judged as | pass | fail | known | died | unsupported | not run | random steps | kinds of divergence |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (key, shown) in &matrix.targets {
        text += &summary_row(key, shown);
    }
    for (key, shown) in &matrix.targets {
        if let Some(trouble) = &shown.trouble {
            let _ = writeln!(text, "\n{key} could not be run again, and is shown as it was before: {}.", line(trouble));
        }
    }
    let clauses = || pages.iter().flat_map(|page| page.clauses.iter().map(move |clause| (page, clause)));
    text += "\n`+` pass, `F` fail, `k` fails as is known, `D` died or hung, `?` unsupported, `-` does not apply.\n";
    text += "\n## Clauses that some target fails\n\n";
    let (head, failed) =
        (header(matrix), clauses().filter(|(_, clause)| matrix.targets.values().any(|s| fails(s, clause))));
    text += &head;
    failed.for_each(|(page, clause)| text += &row(matrix, page, clause));
    text += "\n## All clauses\n\n";
    text += &head;
    clauses().for_each(|(page, clause)| text += &row(matrix, page, clause));
    text
}

fn summary_row(key: &str, shown: &Shown) -> String {
    let many = |test: fn(&Cell) -> bool| shown.many(test);
    format!(
        "| [{}]({key}/README.md) | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        shown.name,
        shown.profile,
        many(|cell| *cell == Cell::Pass),
        many(|cell| matches!(cell, Cell::Fail(_))),
        many(|cell| matches!(cell, Cell::KnownList(_))),
        many(|cell| matches!(cell, Cell::Died(_))),
        many(|cell| matches!(cell, Cell::Unsupported(_))),
        many(|cell| matches!(cell, Cell::NotRun(_))),
        grouped(shown.steps),
        shown.found.len(),
    )
}

fn header(matrix: &Matrix) -> String {
    let keys: Vec<_> = matrix.targets.keys().map(|key| format!("[{key}]({key}/README.md)")).collect();
    format!("| clause | {} |\n| --- |{}\n", keys.join(" | "), " --- |".repeat(keys.len()))
}

fn row(matrix: &Matrix, page: &Page, clause: &Clause) -> String {
    let mark = |shown: &Shown| match shown.clauses.get(&clause.id) {
        Some(Cell::Pass) => "+",
        Some(Cell::Fail(_)) => "**F**",
        Some(Cell::KnownList(_)) => "k",
        Some(Cell::Died(_)) => "**D**",
        Some(Cell::Unsupported(_)) => "?",
        Some(Cell::NotRun(_)) | None => "-",
    };
    let marks: Vec<_> = matrix.targets.values().map(mark).collect();
    format!("| [{}](../{}) {} | {} |\n", clause.id, page.path, cell(&clause.rule), marks.join(" | "))
}

fn fails(shown: &Shown, clause: &Clause) -> bool {
    matches!(shown.clauses.get(&clause.id), Some(Cell::Fail(_) | Cell::Died(_) | Cell::KnownList(_)))
}

/// The page of one target: its divergences in random cases, the worst first, then the examples it fails.
pub(super) fn target(shown: &Shown, pages: &[Page]) -> String {
    let mut text = format!("# {}\n\nJudged as `{}`.\n", shown.name, shown.profile);
    let _ = writeln!(text, "{}.", shown.line());
    if let Some(trouble) = &shown.trouble {
        let _ = writeln!(text, "It could not be run again, and this is what it showed before: {}.", line(trouble));
    }
    let _ = writeln!(
        text,
        "To run it again: `mmapcheck check{} --seed {} --cases {}`.\n",
        shown.flags, shown.seed, shown.cases
    );
    if !shown.found.is_empty() {
        text += "## Divergences in random cases\n\nEach was made as small as possible; the number of cases that showed it is beside it.\n\n";
        text += "| | severity | operation | | expected | got | cases |\n| --- | --- | --- | --- | --- | --- | --- |\n";
        for (place, found) in shown.found.iter().enumerate() {
            text += &found_row(place + 1, found);
        }
        text.push('\n');
        shown.found.iter().enumerate().for_each(|(place, found)| text += &section(place + 1, found, shown));
    }
    text += &failures(shown, pages);
    text += &counts(shown);
    text
}

fn found_row(place: usize, found: &Found) -> String {
    format!(
        "| [{place}](#{place}) | {} | {} | {} | {} | {} | {} |\n",
        found.severity,
        cell(&found.op),
        found.field,
        code(&found.expected),
        code(&found.actual),
        grouped(found.count)
    )
}

fn section(place: usize, found: &Found, shown: &Shown) -> String {
    let mut text = format!("<a id=\"{place}\"></a>\n\n### {place}. {}: {}\n\n", found.severity, line(&found.headline));
    if let Some(unsteady) = &found.unsteady {
        let _ = writeln!(text, "Unsteady: {}.\n", line(unsteady));
    }
    if let Some(clause) = &found.clause {
        let _ = writeln!(text, "Clause {clause}.\n");
    }
    let _ = writeln!(text, "```pycon\n{}\n```\n", found.session.trim_end());
    let _ = writeln!(text, "- got: {}", code(&found.actual));
    // The script takes the class as it is named here: MODULE or MODULE:CLASS.
    let module = shown.flags.split_once("--module ").map_or(String::new(), |(_, module)| format!(" {module}"));
    let _ = writeln!(text, "- on any interpreter: [`python3 {0}.py{module}`]({0}.py)", found.id);
    let _ = writeln!(text, "- again: `mmapcheck replay {}.pycon{}`\n", found.id, shown.flags);
    text
}

/// The examples of the specification that it fails.
fn failures(shown: &Shown, pages: &[Page]) -> String {
    let wrong = |cell: &Cell| match cell {
        Cell::Fail(wrong) => Some((wrong.clone(), "")),
        Cell::KnownList(wrong) => Some((wrong.clone(), "known: ")),
        Cell::Died(wrong) => Some((wrong.clone(), "died: ")),
        _ => None,
    };
    let all = pages.iter().flat_map(|page| page.clauses.iter().map(move |clause| (page, clause)));
    let rows: Vec<_> =
        all.filter_map(|(page, clause)| Some((page, clause, wrong(shown.clauses.get(&clause.id)?)?))).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut text =
        String::from("## Clauses that fail\n\n| clause | statement | expected | got |\n| --- | --- | --- | --- |\n");
    for (page, clause, (Wrong { statement, expected, actual, .. }, how)) in rows {
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

/// What was counted and not shown.
fn counts(shown: &Shown) -> String {
    let mut text = String::new();
    for (id, count) in &shown.known {
        let _ = writeln!(text, "- {} × known: {id}", grouped(*count));
    }
    for (why, count) in &shown.incomparable {
        let _ = writeln!(text, "- {} × not comparable to the end of the case: {}", grouped(*count), line(why));
    }
    if shown.milder > 0 {
        let _ = writeln!(text, "- {} kinds of divergence in the texts of exceptions alone", shown.milder);
    }
    if text.is_empty() { text } else { format!("## Counted apart\n\n{text}") }
}

fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

/// Code in a cell of a table.
fn code(text: &str) -> String {
    let text = cell(&shortened(text)).replace('`', "'");
    format!("`{}`", if text.is_empty() { " " } else { &text })
}
