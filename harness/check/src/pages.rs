//! Running the examples of the specification.

use crate::divergence::{Severity, end_text, outcome_text};
use crate::histogram::Histogram;
use crate::oracle::{AnswerOptions, Expected, Oracle};
use mmapcheck_spec::notation::{self, Statement};
use mmapcheck_spec::pages::{Clause, Example, Level, Page, examples};
use mmapcheck_spec::{
    Case, Detail, Dialect, End, Op, Outcome, Profile, Target, TargetError, TargetInfo, Trace, Value, printable,
};
use std::collections::BTreeMap;
use std::fmt;

/// A failed example: the first answer that is not the page's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The id of the example.
    pub id: String,
    /// Page and line of the answer: `spec/pages/reading.md:17`.
    pub place: String,
    /// The statement.
    pub statement: String,
    /// The answer of the page.
    pub expected: String,
    /// The answer of the target.
    pub actual: String,
    /// The end of the step, if it has no outcome.
    pub end: Option<End>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { id, place, statement, expected, actual, .. } = self;
        write!(f, "{place}: {id}: {statement}\n  page: {expected}\n  got:  {actual}")
    }
}

/// The results of the examples of some pages.
#[derive(Clone, Debug, Default)]
pub struct PagesResult {
    /// The ids of the examples that passed.
    pub passed: Vec<String>,
    /// The examples that failed.
    pub failed: Vec<Failure>,
    /// The examples that failed as a suppression expects.
    pub expected: Vec<Failure>,
    /// The examples that failed as on the base of the class ([`crate::base`]).
    pub inherited: Vec<Failure>,
    /// The ids of the examples that do not apply, with the reason.
    pub skipped: Vec<(String, String)>,
    /// The ids of the examples that the target does not support, with the reason.
    pub unsupported: Vec<(String, String)>,
}

impl PagesResult {
    /// The number of skipped examples, by reason.
    #[must_use]
    pub fn reasons(&self) -> BTreeMap<&str, usize> {
        let mut reasons = BTreeMap::new();
        for (_, reason) in &self.skipped {
            *reasons.entry(reason.as_str()).or_default() += 1;
        }
        reasons
    }
}

/// Runs the examples whose id `chosen` accepts. If the target dies or hangs in one, that example fails.
///
/// # Errors
/// Where the oracle or the target could not be used at all.
pub fn run(
    pages: &[Page],
    oracle: &mut Oracle,
    target: &mut dyn Target,
    least: Severity,
    chosen: &dyn Fn(&str) -> bool,
) -> Result<PagesResult, TargetError> {
    let mut outcomes = PagesResult::default();
    run_until(pages, oracle, target, least, chosen, &|_| false, &mut outcomes)?;
    Ok(outcomes)
}

/// As [`run`], until `over` returns true for the results so far, which are kept where an error ends the run.
///
/// # Errors
/// Where the oracle or the target could not be used at all.
pub fn run_until(
    pages: &[Page],
    oracle: &mut Oracle,
    target: &mut dyn Target,
    least: Severity,
    chosen: &dyn Fn(&str) -> bool,
    over: &dyn Fn(&PagesResult) -> bool,
    outcomes: &mut PagesResult,
) -> Result<(), TargetError> {
    for (page, clause, example) in examples(pages).filter(|(_, _, example)| chosen(&example.id)) {
        if over(outcomes) {
            break;
        }
        let skipped = match skips(clause, oracle, target.info()) {
            None => undecided(&page.path, clause, example, oracle)?,
            reason => reason,
        };
        if let Some(reason) = skipped {
            outcomes.skipped.push((example.id.clone(), reason));
            continue;
        }
        match on_target(&page.path, example, oracle, target, least)? {
            None => outcomes.passed.push(example.id.clone()),
            Some(Failure { id, end: Some(End::Unsupported(reason)), .. }) => {
                outcomes.unsupported.push((id, printable(&reason)))
            }
            Some(failure) => outcomes.failed.push(failure),
        }
    }
    Ok(())
}

/// Why a clause does not apply to a target; none if it applies.
#[must_use]
pub fn skips(clause: &Clause, oracle: &Oracle, info: &TargetInfo) -> Option<String> {
    let free = clause.level == Level::Free && !info.is_cpython_mmap;
    clause.scope.excludes(oracle.profile()).or_else(|| free.then(|| "implementations may differ".into()))
}

/// Why the specification does not decide an example; none if it does. A target may lack a rule of its version, and what a
/// free clause says of the kernel may not hold on this system.
fn undecided(
    page: &str,
    clause: &Clause,
    example: &Example,
    oracle: &mut Oracle,
) -> Result<Option<String>, TargetError> {
    let profile = oracle.profile();
    let lacks_rule = profile != Profile::new(profile.implementation(), profile.version(), profile.platform());
    if !lacks_rule && clause.level != Level::Free {
        return Ok(None);
    }
    let reason = if lacks_rule { "the kernel decides in development mode" } else { "this system answers otherwise" };
    Ok(on_reference(page, example, oracle)?.map(|_| reason.into()))
}

/// Runs an example on a target. Divergences milder than `least` count as agreement.
///
/// # Errors
/// Where the oracle or the target could not be used at all.
pub fn on_target(
    page: &str,
    example: &Example,
    oracle: &mut Oracle,
    target: &mut dyn Target,
    least: Severity,
) -> Result<Option<Failure>, TargetError> {
    let plain = plain(example, oracle)?;
    let trace = target.run(&plain, Detail::Quick)?;
    Ok(compare_answers(page, example, &trace, oracle.profile().dialect(), least))
}

/// Runs an example on the oracle.
///
/// # Errors
/// Where the oracle could not be used at all.
pub fn on_reference(page: &str, example: &Example, oracle: &mut Oracle) -> Result<Option<Failure>, TargetError> {
    let Expected { expected, left_out, .. } =
        oracle.answer(example.session.case.clone(), &AnswerOptions::new(Detail::Quick))?;
    let Some(lost) = left_out.first() else {
        let dialect = oracle.profile().dialect();
        return Ok(compare_answers(page, example, &expected, dialect, Severity::Message));
    };
    // A step of a child belongs to the statement of its fork.
    let of_step = |statement: &&Statement| statement.step.is_some_and(|step| step <= lost.place);
    let statement = example.session.statements.iter().rfind(of_step);
    Ok(statement.map(|statement| failure(page, example, statement, lost.reason.to_string())))
}

/// The example's case with plain numbers. All steps are kept: a target must answer even where the oracle has no outcome.
fn plain(example: &Example, oracle: &mut Oracle) -> Result<Case, TargetError> {
    let answered = oracle.answer(example.session.case.clone(), &AnswerOptions::new(Detail::Quick))?;
    Ok(if answered.left_out.is_empty() { answered.case } else { example.session.case.clone() })
}

/// Compares a trace with the answers of a page. A missing answer fails, and so does a superfluous one.
#[must_use]
pub fn compare_answers(
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
    // A page says nothing of the time after its last statement, but a death there is a failure.
    let (end, last) = (trace.end.as_ref()?, example.session.statements.last()?);
    let failed = failure(page, example, last, format!("{} when everything was closed", end_text(end)));
    Some(Failure { end: Some(end.clone()), ..failed })
}

/// The target's answer to a statement, if it is not the page's.
fn differs(case: &Case, statement: &Statement, trace: &Trace, dialect: Dialect, least: Severity) -> Option<String> {
    let Some(step) = statement.step else {
        let shown = statement.shows().unwrap_or_default();
        let got = if shown.is_empty() { "nothing" } else { shown };
        return (statement.want.join("\n") != shown).then(|| got.to_owned());
    };
    match trace.steps.get(step).map(|step| &step.result) {
        Some(Ok(outcome)) if matches_answer(statement, outcome, dialect, least) => None,
        // The text of a `repr` is CPython's habit, as messages are.
        Some(Ok(Outcome::Value(Value::Text(_)))) if case.steps[step].op == Op::Repr && least > Severity::Message => {
            None
        }
        Some(Ok(Outcome::Value(value))) => Some(printable(&notation::render_value(value, dialect))),
        Some(Ok(outcome)) => Some(outcome_text(outcome)),
        Some(Err(End::Died(signal))) if statement.dies == Some(*signal) => None,
        Some(Err(end)) => Some(end_text(end)),
        // A target that dies at the end of the case loses its answers.
        None if trace.end.is_some() => None,
        None => Some("no answer".into()),
    }
}

/// The failure of the first step of a child process that raises, or whose value is not the page's.
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
        // A target that dies at the end of the case loses its answers.
        let result = &trace.steps.get(first + place)?.result;
        let (got, end) = match result {
            Ok(Outcome::Value(value)) => (printable(&notation::render_value(value, dialect)), None),
            Ok(outcome) => (outcome_text(outcome), None),
            Err(end) => (end_text(end), Some(end.clone())),
        };
        let holds = least > Severity::Value || wanted.as_ref().is_none_or(|wanted| *wanted == got);
        if holds && matches!(result, Ok(Outcome::Value(_))) {
            return None;
        }
        Some(Failure {
            id: example.id.clone(),
            place: format!("{page}:{}", fork.line + place + 1),
            statement: notation::step_text(&example.session.case.steps[first + place]),
            expected: wanted.clone().unwrap_or_else(|| "no exception".into()),
            actual: got,
            end,
        })
    })
}

/// Whether an outcome is the page's answer to a statement. A statement whose value goes to `_` shows nothing or a traceback.
#[must_use]
pub fn matches_answer(statement: &Statement, outcome: &Outcome, dialect: Dialect, least: Severity) -> bool {
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

/// Whether the exception's `errno` is the number of an `[Errno 22]` in the page's answer.
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
    // Of a traceback, the last line is compared.
    let line = statement.want_line + statement.want.len().saturating_sub(1);
    let line = if statement.want.is_empty() { statement.line } else { line };
    Failure {
        id: example.id.clone(),
        place: format!("{page}:{line}"),
        statement: statement.source.clone(),
        expected: wanted,
        actual: got,
        end: None,
    }
}

/// The kinds of answers that the examples of the specification show for these operations: a long campaign should reach them.
///
/// # Errors
/// Where the oracle could not be used at all.
pub fn shown_answers(pages: &[Page], oracle: &mut Oracle, ops: &[Op]) -> Result<Histogram, TargetError> {
    let (mut all, profile) = (Histogram::default(), oracle.profile());
    for (_, _, example) in examples(pages).filter(|(_, clause, _)| clause.applies_to(profile)) {
        let Expected { case, expected, .. } =
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
        let shown = shown_answers(all()?, &mut oracle, &[Op::Read])?;
        let ways: Vec<_> = shown.of(Op::Read).into_iter().map(|(way, _)| way.to_string()).collect();
        assert!(ways.contains(&"a value".into()) && ways.contains(&"ValueError".into()), "{ways:?}");
        assert!(shown.of(Op::Write).is_empty());
        Ok(())
    }
}
