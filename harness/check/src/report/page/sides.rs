//! The case of a finding as a table: each step with its expected and its actual answer, and the differing bytes marked.

use super::marks::{Marks, Piece, marks};
use crate::report::FindingRecord;
use crate::text::shortened;
use crate::trace_table::FieldRow;
use mmapcheck_spec::notation::{Statement, parse};

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideRow {
    /// The source of a statement, or the name of a field of the state after it.
    pub source: String,
    /// Whether the source is Python.
    pub is_code: bool,
    /// Whether the traces part here.
    pub parts: bool,
    /// Both answers; none for a statement that has none.
    pub answers: Option<Marks>,
}

impl SideRow {
    fn statement(statement: &Statement, answers: Option<Marks>) -> SideRow {
        SideRow { source: statement.source.clone(), is_code: true, parts: false, answers }
    }

    fn field(row: &FieldRow, finding: &FindingRecord) -> SideRow {
        SideRow { source: row.field.clone(), is_code: false, parts: true, answers: Some(differing(row, finding)) }
    }
}

/// The case of a finding, a row for each statement, and after the statement where the traces part a row for each field of the state
/// that differs.
#[must_use]
pub fn sides(finding: &FindingRecord) -> Vec<SideRow> {
    let mut fields: Vec<&FieldRow> = finding.differences.rows.iter().collect();
    let Ok(session) = parse(&finding.session, 1) else {
        // A session of another version of the notation.
        let whole = SideRow { source: finding.session.clone(), is_code: true, parts: false, answers: None };
        return [whole].into_iter().chain(fields.iter().map(|row| SideRow::field(row, finding))).collect();
    };
    let is_before = |statement: &Statement| statement.step.is_none_or(|step| step <= finding.step);
    // The step may be one of a child process, whose steps belong to the statement that forks.
    let is_at_end = finding.step >= session.case.steps.len();
    let parting =
        session.statements.iter().rposition(|one| one.step.is_some() && is_before(one)).filter(|_| !is_at_end);
    let mut rows = Vec::new();
    for (number, statement) in session.statements.iter().enumerate() {
        let answer = answer(statement);
        if Some(number) == parting {
            let index = fields.iter().position(|row| row.field == "answer");
            let answers = index.map_or(same(&answer), |index| differing(fields.remove(index), finding));
            rows.push(SideRow { parts: true, ..SideRow::statement(statement, Some(answers)) });
            rows.extend(fields.drain(..).map(|row| SideRow::field(row, finding)));
        } else if parting.is_some_and(|parting| number > parting) {
            let answers = statement.step.map(|_| Marks { actual: Piece::plain("not compared"), ..same(&answer) });
            rows.push(SideRow::statement(statement, answers));
        } else {
            let shows = statement.step.is_some() && !answer.is_empty();
            rows.push(SideRow::statement(statement, shows.then(|| same(&answer))));
        }
    }
    rows.extend(fields.into_iter().map(|row| SideRow::field(row, finding)));
    rows
}

/// The answer that a session expects of a statement, on one line.
fn answer(statement: &Statement) -> String {
    if let Some(signal) = statement.dies {
        return format!("died of signal {signal}");
    }
    let lines = match statement.want.as_slice() {
        [first, _, rest @ ..] if first.starts_with("Traceback") => rest,
        lines => lines,
    };
    shortened(&lines.join("\n"))
}

fn same(answer: &str) -> Marks {
    Marks { expected: Piece::plain(answer), actual: Piece::plain(answer), note: None }
}

/// Both values of a field. A value that the table of the step has shortened is compared in full where the finding has it.
fn differing(row: &FieldRow, finding: &FindingRecord) -> Marks {
    let is_shown = row.expected == shortened(&finding.expected) && row.actual == shortened(&finding.actual);
    if is_shown { marks(&finding.expected, &finding.actual) } else { marks(&row.expected, &row.actual) }
}
