//! The matrix as one page of HTML that needs no network.

use super::data::{ClauseResult, FailedExample, Matrix, MatrixCause, MatrixFinding, TargetResult};
use crate::text::{grouped, shortened};
use askama::Template;
use mmapcheck_spec::pages::{Clause, Page};

/// The page of a matrix.
///
/// # Errors
/// If the template cannot be rendered.
pub(super) fn html(matrix: &Matrix, pages: &[Page]) -> askama::Result<String> {
    MatrixPage::new(matrix, pages).render()
}

#[derive(Template)]
#[template(path = "matrix.html")]
struct MatrixPage<'a> {
    title: &'static str,
    targets: Vec<TargetView<'a>>,
    rows: Vec<ClauseRow<'a>>,
    outcomes: [&'static str; 6],
}

/// A target.
struct TargetView<'a> {
    /// The name of its folder.
    key: &'a str,
    result: &'a TargetResult,
    steps: String,
    /// The number of clauses by outcome, in the order of [`OUTCOMES`].
    counts: Vec<usize>,
    causes: Vec<(&'a MatrixCause, String)>,
    findings: Vec<(&'a MatrixFinding, String)>,
    failed: Vec<(&'a str, &'static str, Shortened)>,
}

/// The texts of an example that failed, for a cell.
struct Shortened {
    statement: String,
    expected: String,
    actual: String,
}

/// A clause and its outcome on each target.
struct ClauseRow<'a> {
    clause: &'a Clause,
    page: &'a str,
    outcomes: Vec<&'static str>,
}

/// The outcomes of a clause by the names of the page, those that need a look first.
const OUTCOMES: [&str; 6] = ["died", "fail", "known", "unsupported", "not-run", "pass"];

/// The outcome of a clause. A clause that the matrix does not have was not run.
fn outcome(result: Option<&ClauseResult>) -> &'static str {
    match result {
        Some(ClauseResult::Died(_)) => "died",
        Some(ClauseResult::Fail(_)) => "fail",
        Some(ClauseResult::Known(_)) => "known",
        Some(ClauseResult::Unsupported(_)) => "unsupported",
        Some(ClauseResult::NotRun(_)) | None => "not-run",
        Some(ClauseResult::Pass) => "pass",
    }
}

impl<'a> MatrixPage<'a> {
    fn new(matrix: &'a Matrix, pages: &'a [Page]) -> MatrixPage<'a> {
        let mut targets: Vec<_> = matrix.targets.iter().map(|(key, result)| TargetView::new(key, result)).collect();
        targets.sort_by_cached_key(|target| parts(target.key));
        let row = |page: &'a Page, clause: &'a Clause| ClauseRow {
            clause,
            page: &page.path,
            outcomes: targets.iter().map(|target| outcome(target.result.clauses.get(&clause.id))).collect(),
        };
        let all = pages.iter().flat_map(|page| page.clauses.iter().map(move |clause| (page, clause)));
        let mut rows: Vec<_> = all.map(|(page, clause)| row(page, clause)).collect();
        let needs_look = |row: &ClauseRow<'_>| row.outcomes.iter().any(|outcome| OUTCOMES[..3].contains(outcome));
        rows.sort_by_key(|row| !needs_look(row));
        MatrixPage { title: "Conformance matrix", targets, rows, outcomes: OUTCOMES }
    }
}

impl<'a> TargetView<'a> {
    fn new(key: &'a str, result: &'a TargetResult) -> TargetView<'a> {
        let counts = OUTCOMES.map(|name| result.many(|clause| outcome(Some(clause)) == name));
        let failed = result.clauses.iter().filter_map(|(id, clause)| match clause {
            ClauseResult::Fail(example) | ClauseResult::Known(example) | ClauseResult::Died(example) => {
                Some((id.as_str(), outcome(Some(clause)), Shortened::new(example)))
            }
            ClauseResult::NotRun(_) | ClauseResult::Pass | ClauseResult::Unsupported(_) => None,
        });
        TargetView {
            key,
            result,
            steps: grouped(result.steps),
            counts: counts.to_vec(),
            causes: result.causes.iter().map(|cause| (cause, grouped(cause.count))).collect(),
            findings: result.found.iter().map(|finding| (finding, grouped(finding.count))).collect(),
            failed: failed.collect(),
        }
    }
}

impl Shortened {
    fn new(example: &FailedExample) -> Shortened {
        let [statement, expected, actual] =
            [&example.statement, &example.expected, &example.actual].map(|text| shortened(text));
        Shortened { statement, expected, actual }
    }
}

/// A part of a name: a number sorts by its value, so that 3.9 stands before 3.10.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum NamePart {
    Number(u64),
    Text(String),
}

/// The parts of the name of a folder.
fn parts(name: &str) -> Vec<NamePart> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(part.parse().map_or_else(|_| NamePart::Text(part.to_owned()), NamePart::Number));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn versions_are_sorted_as_versions() {
        let mut names =
            ["pypy-7.3.11", "cpython-3.13.18", "cpython-3.9.18", "cpython-3.10.1", "cpython-3.13.2", "cpython-2.7.18"];
        names.sort_by_cached_key(|name| parts(name));
        assert_eq!(
            names,
            ["cpython-2.7.18", "cpython-3.9.18", "cpython-3.10.1", "cpython-3.13.2", "cpython-3.13.18", "pypy-7.3.11"]
        );
    }

    #[test]
    fn the_words_of_a_target_become_no_markup() -> Result<(), Box<dyn std::error::Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports");
        let mut matrix = Matrix::read(&folder)?;
        let hostile = "\"'><script>alert(1)</script>&amp;";
        for result in matrix.targets.values_mut() {
            result.name = hostile.into();
            result.trouble = Some(hostile.into());
            result.clauses.insert(
                "READ-1".into(),
                ClauseResult::Fail(FailedExample {
                    place: hostile.into(),
                    statement: hostile.into(),
                    expected: hostile.into(),
                    actual: hostile.into(),
                }),
            );
            for finding in &mut result.found {
                finding.headline = hostile.into();
                finding.session = hostile.into();
            }
        }
        let page = html(&matrix, mmapcheck_spec::pages::all()?)?;
        assert_eq!((page.matches("<script").count(), page.matches("alert(1)").count() > 5), (1, true));
        assert!(!page.contains("\"'>"), "a quote of a target ends an attribute");
        Ok(())
    }
}
