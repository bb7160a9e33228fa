//! Running the examples of the specification.

use crate::differential::DifferentialRun;
use crate::divergence::{Divergence, Field, Severity, outcome_text};
use crate::histogram::Histogram;
use crate::oracle::{AnswerOptions, Expected, Oracle};
use mmapcheck_spec::notation::{self, Statement};
use mmapcheck_spec::pages::{Clause, Example, Level, Page, examples, settled};
use mmapcheck_spec::{Case, Detail, Dialect, End, Op, Outcome, Target, TargetError, TargetInfo, Trace, Value};
use std::collections::BTreeMap;
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
    /// Why no answer came, where none did.
    pub end: Option<End>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { id, place, statement, wanted, got, .. } = self;
        write!(f, "{place}: {id}: {statement}\n  page: {wanted}\n  got:  {got}")
    }
}

/// What running pages came to.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// Examples that passed, by id.
    pub passed: Vec<String>,
    /// Examples that failed.
    pub failed: Vec<Failure>,
    /// Examples that failed as a known divergence says they do.
    pub expected: Vec<Failure>,
    /// Examples that do not apply, with the reason.
    pub skipped: Vec<(String, String)>,
    /// Examples that the target says it cannot run, with the reason.
    pub unsupported: Vec<(String, String)>,
}

impl Outcomes {
    /// How many were skipped, by reason.
    #[must_use]
    pub fn reasons(&self) -> BTreeMap<&str, usize> {
        let mut reasons = BTreeMap::new();
        for (_, reason) in &self.skipped {
            *reasons.entry(reason.as_str()).or_default() += 1;
        }
        reasons
    }
}

/// Runs those examples of all pages whose id `chosen` takes. A target that dies or hangs in one fails that one.
///
/// # Errors
/// Where the reference or the target could not be used at all.
pub fn run(
    pages: &[Page],
    oracle: &mut Oracle,
    target: &mut dyn Target,
    least: Severity,
    chosen: &dyn Fn(&str) -> bool,
) -> Result<Outcomes, TargetError> {
    let mut outcomes = Outcomes::default();
    for (page, clause, example) in examples(pages).filter(|(_, _, example)| chosen(&example.id)) {
        if let Some(reason) = skips(clause, oracle, target.info()) {
            outcomes.skipped.push((example.id.clone(), reason));
            continue;
        }
        match on_target(&page.path, example, oracle, target, least)? {
            None => outcomes.passed.push(example.id.clone()),
            Some(Failure { id, end: Some(End::Unsupported(reason)), .. }) => outcomes.unsupported.push((id, reason)),
            Some(failure) => outcomes.failed.push(failure),
        }
    }
    Ok(outcomes)
}

/// Why a clause is not asked of a target.
fn skips(clause: &Clause, oracle: &Oracle, info: &TargetInfo) -> Option<String> {
    let free = clause.level == Level::Free && !info.is_cpython_mmap;
    clause.scope.excludes(oracle.profile()).or_else(|| free.then(|| "implementations may differ".into()))
}

/// Runs an example on a target. Below `least`, a divergence is forgiven: the text of an exception where classes count.
///
/// # Errors
/// Where the reference or the target could not be used at all.
pub fn on_target(
    page: &str,
    example: &Example,
    oracle: &mut Oracle,
    target: &mut dyn Target,
    least: Severity,
) -> Result<Option<Failure>, TargetError> {
    let plain = plain(example, oracle)?;
    let trace = target.run(&plain, Detail::Quick)?;
    Ok(hold_against(page, example, &trace, oracle.profile().dialect(), least))
}

/// Runs an example on the reference.
///
/// # Errors
/// Where the reference could not be used at all.
pub fn on_reference(page: &str, example: &Example, oracle: &mut Oracle) -> Result<Option<Failure>, TargetError> {
    let Expected { case, expected } =
        oracle.answer(example.session.case.clone(), &AnswerOptions::new(Detail::Quick))?;
    if case.steps.len() == example.session.case.steps.len() {
        let dialect = oracle.profile().dialect();
        return Ok(hold_against(page, example, &expected, dialect, Severity::Message));
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
fn plain(example: &Example, oracle: &mut Oracle) -> Result<Case, TargetError> {
    let answered = oracle.answer(example.session.case.clone(), &AnswerOptions::new(Detail::Quick))?;
    let whole = answered.case.steps.len() == example.session.case.steps.len();
    Ok(if whole { answered.case } else { example.session.case.clone() })
}

/// Holds a trace against the answers of a page, both ways: a missing answer fails, and so does one too many.
#[must_use]
pub fn hold_against(
    page: &str,
    example: &Example,
    trace: &Trace,
    dialect: Dialect,
    least: Severity,
) -> Option<Failure> {
    for statement in &example.session.statements {
        if let Some(failure) = child_differs(page, example, statement, trace, dialect, least) {
            return Some(failure);
        }
        if let Some(got) = differs(&example.session.case, statement, trace, dialect, least) {
            let end = statement.step.and_then(|step| trace.steps.get(step)?.result.clone().err());
            return Some(Failure { end, ..failure(page, example, statement, got) });
        }
    }
    // Nobody is told what comes after the last statement, but dying there is a failure all the same.
    let (end, last) = (trace.end.as_ref()?, example.session.statements.last()?);
    let failed = failure(page, example, last, format!("{end} when everything was closed"));
    Some(Failure { end: Some(end.clone()), ..failed })
}

/// What came instead of a statement's answer; none where it came.
fn differs(case: &Case, statement: &Statement, trace: &Trace, dialect: Dialect, least: Severity) -> Option<String> {
    let Some(step) = statement.step else {
        let shown = statement.shows().unwrap_or_default();
        let got = if shown.is_empty() { "nothing" } else { shown };
        return (statement.want.join("\n") != shown).then(|| got.to_owned());
    };
    match trace.steps.get(step).map(|step| &step.result) {
        Some(Ok(outcome)) if holds(statement, outcome, dialect, least) => None,
        // As texts of exceptions, what `repr` shows is CPython's habit.
        Some(Ok(Outcome::Value(Value::Text(_)))) if case.steps[step].op == Op::Repr && least > Severity::Message => {
            None
        }
        Some(Ok(Outcome::Value(value))) => Some(notation::render_value(value, dialect)),
        Some(Ok(outcome)) => Some(outcome_text(outcome)),
        Some(Err(End::Died(signal))) if statement.dies == Some(*signal) => None,
        Some(Err(end)) => Some(end.to_string()),
        // Where the target died at the end, its answers before are lost.
        None if trace.end.is_some() => None,
        None => Some("no answer".into()),
    }
}

/// The first step of a child that did not do what its line says: it raises nothing, and answers what it is said to.
fn child_differs(
    page: &str,
    example: &Example,
    fork: &Statement,
    trace: &Trace,
    dialect: Dialect,
    least: Severity,
) -> Option<Failure> {
    let first = fork.step? + 1;
    fork.child.iter().enumerate().find_map(|(place, wanted)| {
        // Where the target died at the end, its answers before are lost.
        let result = &trace.steps.get(first + place)?.result;
        let (got, end) = match result {
            Ok(Outcome::Value(value)) => (notation::render_value(value, dialect), None),
            Ok(outcome) => (outcome_text(outcome), None),
            Err(end) => (end.to_string(), Some(end.clone())),
        };
        let holds = least > Severity::Value || wanted.as_ref().is_none_or(|wanted| *wanted == got);
        if holds && matches!(result, Ok(Outcome::Value(_))) {
            return None;
        }
        Some(Failure {
            id: example.id.clone(),
            place: format!("{page}:{}", fork.line + place + 1),
            statement: notation::step_text(&example.session.case.steps[first + place]),
            wanted: wanted.clone().unwrap_or_else(|| "no exception".into()),
            got,
            end,
        })
    })
}

/// Whether an outcome is the answer of a statement. One whose value goes to `_` shows nothing, or a traceback.
#[must_use]
pub fn holds(statement: &Statement, outcome: &Outcome, dialect: Dialect, least: Severity) -> bool {
    if statement.dies.is_some() {
        return false;
    }
    if let (true, Outcome::Value(_)) = (statement.discards, outcome) {
        return statement.want.is_empty();
    }
    let traceback = statement.want.first().is_some_and(|line| line.starts_with("Traceback"));
    if least > Severity::Value || (least > Severity::Class && traceback && matches!(outcome, Outcome::Raised(_))) {
        return true;
    }
    let class_only = statement.class_only || least > Severity::Message;
    notation::matches(&statement.want, outcome, dialect, statement.ellipsis, class_only)
        && (statement.class_only || has_number(statement, outcome))
}

/// `[Errno 22]` in a page is more than a text: the exception's `errno` must be that number.
fn has_number(statement: &Statement, outcome: &Outcome) -> bool {
    let number = |line: &String| line.split_once("[Errno ")?.1.split_once(']')?.0.parse::<i32>().ok();
    match (outcome, statement.want.last().and_then(number)) {
        (Outcome::Raised(raise), Some(errno)) => raise.errno == Some(errno),
        _ => true,
    }
}

fn failure(page: &str, example: &Example, statement: &Statement, got: String) -> Failure {
    let nothing = || "nothing".to_owned();
    let death = statement.dies.map(|signal| End::Died(signal).to_string());
    let wanted = death.or(statement.want.last().cloned()).unwrap_or_else(nothing);
    // A traceback is named by its last line, which is the one that counts.
    let line = statement.want_line + statement.want.len().saturating_sub(1);
    let line = if statement.want.is_empty() { statement.line } else { line };
    Failure {
        id: example.id.clone(),
        place: format!("{page}:{line}"),
        statement: statement.source.clone(),
        wanted,
        got,
        end: None,
    }
}

/// The clause that a divergence breaks, where one says what must happen: its id and its rule.
#[must_use]
pub fn broken_clause(compared: &DifferentialRun, divergence: &Divergence) -> Option<(&'static str, &'static str)> {
    let class = |outcome: &Outcome| match outcome {
        Outcome::Value(_) => "value".to_owned(),
        Outcome::Raised(raise) => raise.class.to_string(),
    };
    let expected = &compared.expected;
    let kind = match divergence.bucket.field {
        Field::Answer => class(expected.steps.get(divergence.step)?.result.as_ref().ok()?),
        Field::Closing => class(expected.closing.get(divergence.slot)?.as_ref()?),
        Field::Pos => "position".into(),
        Field::Len => "length".into(),
        Field::Closed => "closed".into(),
        Field::Map => "bytes".into(),
        Field::File => "file".into(),
        Field::Descriptors | Field::Pages | Field::Strays => return None,
    };
    // At the end of a case, maps are closed, and files are looked at once more.
    settled(divergence.bucket.op.unwrap_or(Op::Close), &kind)
}

/// The ways that the examples of the specification show of these operations: what a long campaign should reach.
///
/// # Errors
/// Where the reference could not be used.
pub fn shown(pages: &[Page], oracle: &mut Oracle, ops: &[Op]) -> Result<Histogram, TargetError> {
    let (mut all, profile) = (Histogram::default(), oracle.profile());
    for (_, _, example) in examples(pages).filter(|(_, clause, _)| clause.applies_to(profile)) {
        let Expected { case, expected } =
            oracle.answer(example.session.case.clone(), &AnswerOptions::new(Detail::Quick))?;
        all.count(&case, &expected, case.steps.len());
    }
    all.retain(ops);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::Profile;
    use mmapcheck_spec::pages::all;

    #[test]
    fn the_examples_show_how_a_read_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        let mut oracle = Oracle::new(Profile::cpython(3, 11, 7))?;
        let shown = shown(&all()?, &mut oracle, &[Op::Read])?;
        let ways: Vec<_> = shown.of(Op::Read).into_iter().map(|(way, _)| way.to_string()).collect();
        assert!(ways.contains(&"a value".into()) && ways.contains(&"ValueError".into()), "{ways:?}");
        assert!(shown.of(Op::Write).is_empty());
        Ok(())
    }
}
