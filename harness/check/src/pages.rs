//! Running the examples of the specification.

use crate::compare::{Severity, end_text, outcome_text};
use crate::run::{Answered, Judge};
use mmapcheck_spec::notation::{self, Statement};
use mmapcheck_spec::pages::{Clause, Example, Page};
use mmapcheck_spec::{Case, End, Outcome, Target, TargetError, Trace, Watch};
use std::fmt;

/// An answer that is not the page's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The example.
    pub id: String,
    /// Where the answer stands: `spec/pages/reading.md:17`.
    pub place: String,
    /// The statement.
    pub statement: String,
    /// What the page says.
    pub wanted: String,
    /// What came.
    pub got: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { id, place, statement, wanted, got } = self;
        write!(
            f,
            "{place}: {id}: {statement}\n  page: {wanted}\n  got:  {got}\n  again: mmapcheck check --pages-only --filter {id}"
        )
    }
}

/// What running pages came to.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// Examples that passed, by id.
    pub passed: Vec<String>,
    /// Examples that failed.
    pub failed: Vec<Failure>,
    /// Examples that do not apply, with the reason.
    pub skipped: Vec<(String, String)>,
}

/// Runs the examples of all clauses that `chosen` takes.
///
/// # Errors
/// Where the reference or the target could not be used at all.
pub fn run(
    pages: &[Page],
    judge: &mut Judge,
    target: &mut dyn Target,
    least: Severity,
    chosen: &dyn Fn(&Clause) -> bool,
) -> Result<Outcomes, TargetError> {
    let mut outcomes = Outcomes::default();
    for page in pages {
        for clause in page.clauses.iter().filter(|clause| chosen(clause)) {
            for example in &clause.examples {
                if let Some(reason) = clause.scope.excludes(judge.profile()) {
                    outcomes.skipped.push((example.id.clone(), reason));
                    continue;
                }
                match on_target(&page.path, example, judge, target, least)? {
                    None => outcomes.passed.push(example.id.clone()),
                    Some(failure) => outcomes.failed.push(failure),
                }
            }
        }
    }
    Ok(outcomes)
}

/// Runs an example on a target. Below `least`, a difference is forgiven: the text of an exception where classes count.
///
/// # Errors
/// Where the reference or the target could not be used at all.
pub fn on_target(
    page: &str,
    example: &Example,
    judge: &mut Judge,
    target: &mut dyn Target,
    least: Severity,
) -> Result<Option<Failure>, TargetError> {
    let plain = plain(example, judge)?;
    let trace = target.run(&plain, Watch::Quick)?;
    Ok(hold_against(page, example, &trace, least))
}

/// Runs an example on the reference.
///
/// # Errors
/// Where the reference could not be used at all.
pub fn on_reference(page: &str, example: &Example, judge: &mut Judge) -> Result<Option<Failure>, TargetError> {
    let Answered { case, expected } = judge.answer(example.session.case.clone(), Watch::Quick)?;
    if case.steps.len() == example.session.case.steps.len() {
        return Ok(hold_against(page, example, &expected, Severity::Message));
    }
    let lost = first_lost(&example.session.case, &case);
    let statement = example.session.statements.iter().find(|statement| statement.step == Some(lost));
    Ok(statement.map(|statement| failure(page, example, statement, "the reference has no answer".into())))
}

/// The first step the reference left out. Numbers were made plain, so operations are what can be compared.
fn first_lost(whole: &Case, done: &Case) -> usize {
    let same = whole.steps.iter().zip(&done.steps).take_while(|(a, b)| (a.op, a.on) == (b.op, b.on)).count();
    same.min(whole.steps.len().saturating_sub(1))
}

/// The example's case with plain numbers. Its steps are all kept: a target must answer even where the reference does not.
fn plain(example: &Example, judge: &mut Judge) -> Result<Case, TargetError> {
    let answered = judge.answer(example.session.case.clone(), Watch::Quick)?;
    let whole = answered.case.steps.len() == example.session.case.steps.len();
    Ok(if whole { answered.case } else { example.session.case.clone() })
}

/// Holds a trace against the answers of a page, both ways: a missing answer fails, and so does one too many.
fn hold_against(page: &str, example: &Example, trace: &Trace, least: Severity) -> Option<Failure> {
    for statement in &example.session.statements {
        let Some(step) = statement.step else {
            let shown = statement.shows().unwrap_or_default();
            if statement.want.join("\n") != shown {
                return Some(failure(
                    page,
                    example,
                    statement,
                    if shown.is_empty() { "nothing".into() } else { shown.into() },
                ));
            }
            continue;
        };
        let got = match trace.steps.get(step).map(|step| &step.result) {
            Some(Ok(outcome)) if holds(statement, outcome, least) => continue,
            Some(Ok(outcome)) => outcome_text(outcome),
            Some(Err(End::Unsupported(reason))) => format!("unsupported: {reason}"),
            Some(Err(end)) => end_text(end),
            None => "no answer".into(),
        };
        return Some(failure(page, example, statement, got));
    }
    None
}

fn holds(statement: &Statement, outcome: &Outcome, least: Severity) -> bool {
    if statement.discards {
        return statement.want.is_empty() && matches!(outcome, Outcome::Value(_));
    }
    let class_only = statement.class_only || least > Severity::Message;
    notation::matches(&statement.want, outcome, statement.ellipsis, class_only)
}

fn failure(page: &str, example: &Example, statement: &Statement, got: String) -> Failure {
    let nothing = || "nothing".to_owned();
    let wanted = statement.want.last().cloned().unwrap_or_else(nothing);
    // A traceback is named by its last line, which is the one that counts.
    let line = statement.want_line + statement.want.len().saturating_sub(1);
    let line = if statement.want.is_empty() { statement.line } else { line };
    Failure {
        id: example.id.clone(),
        place: format!("{page}:{line}"),
        statement: statement.source.clone(),
        wanted,
        got,
    }
}

/// Whether an id matches a filter: itself, or a pattern in which `*` stands for anything.
#[must_use]
pub fn matches_filter(id: &str, filter: &str) -> bool {
    let id = id.split('.').next().unwrap_or(id);
    let filter = filter.split('.').next().unwrap_or(filter);
    let mut parts = filter.split('*');
    let Some(mut rest) = parts.next().and_then(|head| id.strip_prefix(head)) else { return false };
    let tail: Vec<&str> = parts.collect();
    let Some((last, middle)) = tail.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches_filter;

    #[test]
    fn a_filter_is_an_id_or_a_pattern() {
        assert!(
            matches_filter("READ-1", "READ-1")
                && matches_filter("READ-1.2", "READ-1")
                && matches_filter("READ-1", "READ-*")
        );
        assert!(matches_filter("READ-12", "*-12") && matches_filter("READ-12", "*EA*1*"));
        assert!(!matches_filter("READ-12", "READ-1") && !matches_filter("SEEK-1", "READ-*"));
    }
}
