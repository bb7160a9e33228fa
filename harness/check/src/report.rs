//! Reports: text for people, JSON for scripts, JUnit for CI.

pub mod answers;
pub mod known;

use crate::campaign::{CampaignResult, Finding};
use crate::compare::Comparison;
use crate::differential::DifferentialRun;
use crate::divergence::{Divergence, Field, Severity, headline, headline_with, slug};
use crate::known::{KIND, SuppressionResult, kind};
use crate::limits;
use crate::pages::{Failure, Outcomes, broken_clause};
use crate::sides::{BAD, parting};
use crate::text::{begun, grouped, shortened};
use anstream::adapter::strip_str;
use anstyle::Style;
use mmapcheck_spec::notation;
use mmapcheck_spec::{Arg, Case, MapState, Op, Outcome, Step, Value};
use serde_json::json;
use std::fmt::Write;

const BOLD: Style = Style::new().bold();
/// Characters that each side has in a table.
const NARROW: usize = 40;
const LOUD: Style = BAD.bold();

/// The session of a diverging case: what must happen, and as its last lines what shows the divergence where the answer of
/// the diverging step does not. Runs under CPython's doctest.
#[must_use]
pub fn session(compared: &DifferentialRun, divergence: Option<&Divergence>) -> String {
    let mut case = compared.case.clone();
    let mut answers: Vec<_> = compared.expected.steps.iter().map(|step| step.result.clone()).collect();
    let evidence = divergence.and_then(|divergence| Some((divergence, evidence(&case, divergence, compared)?)));
    if let Some((divergence, (step, answer))) = evidence {
        case.steps.insert(divergence.step + 1, step);
        answers.insert(divergence.step + 1, Ok(answer));
    }
    notation::print_answered(&case, &answers, compared.profile.dialect())
}

/// A step that makes a divergence of state visible, with the answer it must give.
fn evidence(case: &Case, divergence: &Divergence, compared: &DifferentialRun) -> Option<(Step, Outcome)> {
    let last = compared.expected.steps.get(divergence.step)?;
    // What it makes visible has been left by the last step, of the case or of a child at its end.
    if case.steps.get(divergence.step + 1..)?.iter().any(|step| step.op != Op::Wait) {
        return None;
    }
    let slot = divergence.slot as u8;
    let number = |value: i64| Outcome::Value(Value::Int(i128::from(value)));
    let bytes = |bytes: &Option<Vec<u8>>| bytes.clone().map(|bytes| Outcome::Value(Value::Bytes(bytes)));
    let state = last.snapshot.maps.get(divergence.slot);
    match (divergence.bucket.field, state) {
        (Field::Pos, Some(MapState::Open { pos, .. })) => Some((Step::new(Op::Tell, slot, []), number(*pos))),
        (Field::Len, Some(MapState::Open { len, .. })) => Some((Step::new(Op::Len, slot, []), number(*len))),
        (Field::Map, Some(MapState::Open { content: Some(content), .. })) => {
            Some((Step::new(Op::GetSlice, slot, [Arg::Omitted, Arg::Omitted]), bytes(&content.bytes)?))
        }
        (Field::Closed, Some(state)) if *state != MapState::Unbound => {
            let closed = Outcome::Value(Value::Bool(*state == MapState::Closed));
            Some((Step::new(Op::Closed, slot, []), closed))
        }
        // By a name that leads to another file by now, other bytes would be seen.
        (Field::File, _) if !case.all_steps().any(|step| matches!(step.op, Op::FileUnlink | Op::FileReplace)) => {
            let content = last.snapshot.files.get(divergence.slot)?;
            Some((Step::new(Op::FileContent, 0, [Arg::Path(slot)]), bytes(&content.bytes)?))
        }
        _ => None,
    }
}

/// The text of a saved finding: its headline and its kind as comments, then the session.
#[must_use]
pub fn saved(report_of: &str, finding: &Finding) -> String {
    let mut text = format!("# {}: {}\n", finding.severity(), headline(&finding.divergence));
    let _ = writeln!(text, "# {report_of}");
    let _ = writeln!(text, "{KIND}{}", kind(&finding.divergence.bucket).line());
    if let Some(reason) = &finding.unsteady {
        let _ = writeln!(text, "# {reason}");
    }
    text + "\n" + &session(&finding.compared, Some(&finding.divergence))
}

/// A finding for people: headline, session, and the step at which the two part with both sides.
#[must_use]
pub fn finding(finding: &Finding, replay: &str) -> String {
    let times = if finding.count == 1 { "1 case".into() } else { format!("{} cases", grouped(finding.count)) };
    let (severity, line) = (finding.severity().to_string().to_uppercase(), headline(&finding.divergence));
    let mut text = format!("{LOUD}{severity}{LOUD:#}  {BOLD}{line}{BOLD:#}   ({times})\n");
    if let Some(reason) = &finding.unsteady {
        let _ = writeln!(text, "  unsteady: {reason}");
    }
    text.push('\n');
    for line in session(&finding.compared, Some(&finding.divergence)).lines() {
        let _ = writeln!(text, "    {}", shortened(line));
    }
    text.push('\n');
    text.push_str(&parting(&finding.compared, &finding.divergence));
    if let Some(clause) = clause(finding) {
        let _ = write!(text, "\n  clause: {clause}");
    }
    let _ = writeln!(text, "\n  replay: {replay}");
    text
}

/// All findings for people, the worst first. Where there are more than a few, a table of them comes first.
#[must_use]
pub fn findings(findings: &[Finding], replay: &dyn Fn(&Finding) -> String) -> String {
    let mut text = String::new();
    let table = findings.len() > limits::FEW;
    if table {
        let _ = writeln!(text, "   no  severity      cases  what");
        for (number, finding) in findings.iter().enumerate() {
            let (severity, cases) = (finding.severity().to_string().to_uppercase(), grouped(finding.count));
            let line = headline_with(&finding.divergence, &|text| begun(text, NARROW));
            let _ = writeln!(text, "{:>5}  {severity:<8} {cases:>10}  {line}", number + 1);
        }
        text.push('\n');
    }
    for (number, of) in findings.iter().enumerate() {
        let number = if table { format!("{}.  ", number + 1) } else { String::new() };
        let _ = writeln!(text, "{number}{}", finding(of, &replay(of)));
    }
    text
}

/// The clause a finding breaks, on one line, where one says what must happen.
fn clause(finding: &Finding) -> Option<String> {
    broken_clause(&finding.compared, &finding.divergence).map(|(id, rule)| format!("{id} · {rule}"))
}

/// What a comparison came to, in one line.
#[must_use]
pub fn verdict(comparison: &Comparison, least: Severity) -> String {
    match (comparison.first(least), &comparison.incomparable) {
        (Some(divergence), _) => {
            format!("{}  {}", divergence.bucket.severity.to_string().to_uppercase(), headline(divergence))
        }
        (None, Some(reason)) => format!("not comparable: {reason}"),
        (None, None) => match comparison.divergences.first() {
            Some(divergence) => format!("agree, but for a {}: {}", divergence.bucket.severity, headline(divergence)),
            None => "agree".into(),
        },
    }
}

/// The summary at the end of a campaign.
#[must_use]
pub fn summary(report: &CampaignResult) -> String {
    let mut text = String::new();
    if !report.milder.is_empty() {
        let _ = writeln!(text, "below severity {} (not counted as divergence):", report.severity);
        let mut milder: Vec<_> = report.milder.iter().collect();
        milder.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (bucket, count) in milder.iter().take(20) {
            let op = bucket.done().unwrap_or("end".into());
            let _ =
                writeln!(text, "  {count:>8} × {op}: {} → {}", shortened(&bucket.expected), shortened(&bucket.actual));
        }
        if milder.len() > 20 {
            let _ = writeln!(text, "  and {} kinds more", milder.len() - 20);
        }
    }
    for (reason, count) in &report.incomparable {
        let _ = writeln!(text, "not comparable to the end, {count} cases: {reason}");
    }
    let found = match report.findings.len() {
        0 => "no divergence".to_owned(),
        1 => "1 divergence".to_owned(),
        many => format!("{many} divergences ({})", by_severity(report)),
    };
    let early = if report.interrupted { ", stopped early" } else { "" };
    if report.deaths > 0 {
        let _ = writeln!(text, "deaths foreseen that came: {}", grouped(report.deaths));
    }
    let _ = writeln!(
        text,
        "{found}: {} cases, {} steps compared in {:.1} s ({} steps/s){early}",
        grouped(report.cases),
        grouped(report.steps),
        report.seconds,
        grouped((report.steps as f64 / report.seconds.max(0.001)) as u64),
    );
    text
}

fn by_severity(report: &CampaignResult) -> String {
    let many = |severity| report.findings.iter().filter(|finding| finding.severity() == severity).count();
    let counts = Severity::ALL.iter().rev().map(|(severity, name)| (many(*severity), name));
    counts.filter(|(many, _)| *many > 0).map(|(many, name)| format!("{many} {name}")).collect::<Vec<_>>().join(", ")
}

/// The report as one JSON object. `replay` gives the command for a finding, `again` the one for a failed example.
#[must_use]
pub fn json(
    report: &CampaignResult,
    replay: &dyn Fn(&Finding) -> String,
    pages: &Outcomes,
    again: &dyn Fn(&Failure) -> String,
    fates: &[SuppressionResult],
) -> String {
    let divergence = |finding: &Finding| {
        let divergence = &finding.divergence;
        json!({
            "id": slug(divergence),
            "headline": headline(divergence),
            "kind": kind(&divergence.bucket),
            "severity": finding.severity().to_string(),
            "op": divergence.bucket.op.map(|op| op.to_string()),
            "clause": broken_clause(&finding.compared, divergence).map(|(id, _)| id),
            "step": divergence.step,
            "field": divergence.bucket.field.to_string(),
            "expected": divergence.expected,
            "actual": divergence.actual,
            "count": finding.count,
            "unsteady": finding.unsteady,
            "session": session(&finding.compared, Some(divergence)),
            "replay": replay(finding),
        })
    };
    let milder: Vec<_> = report
        .milder
        .iter()
        .map(|(bucket, count)| {
            let op = bucket.op.map(|op| op.to_string());
            json!({"severity": bucket.severity.to_string(), "op": op, "expected": bucket.expected, "actual": bucket.actual, "count": count})
        })
        .collect();
    let mut whole = json!({
        "target": report.info.name,
        "profile": report.profile.to_string(),
        "seed": report.seed,
        "cases": report.cases,
        "steps": report.steps,
        "deaths": report.deaths,
        "answers": answers::json(&report.answers),
        "refused": report.answers.refused(),
        "never": answers::never(&report.answers, &report.shown),
        "seconds": report.seconds,
        "interrupted": report.interrupted,
        "pages": pages_json(pages, again),
        "divergences": report.findings.iter().map(divergence).collect::<Vec<_>>(),
        "milder": milder,
    });
    for (key, value) in known::json(fates) {
        whole[key] = value;
    }
    whole.to_string() + "\n"
}

/// The report as JUnit XML: a test case for each example of the specification, one for all random cases, and one for each
/// divergence, found or known.
///
/// # Errors
/// Where a text cannot be written as XML.
pub fn junit(
    report: &CampaignResult,
    replay: &dyn Fn(&Finding) -> String,
    pages: &Outcomes,
    again: &dyn Fn(&Failure) -> String,
    fates: &[SuppressionResult],
) -> Result<String, quick_junit::SerializeError> {
    use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
    let mut suite = TestSuite::new(report.info.name.clone());
    let name = format!("random cases, seed {}", report.seed);
    suite.add_test_case(TestCase::new(name, TestCaseStatus::success()));
    for finding_of in &report.findings {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(finding_of.severity().to_string());
        status.set_message(headline(&finding_of.divergence));
        status.set_description(strip_str(&finding(finding_of, &replay(finding_of))).to_string());
        suite.add_test_case(TestCase::new(slug(&finding_of.divergence), status));
    }
    let mut whole = quick_junit::Report::new("mmapcheck");
    whole.add_test_suite(pages_suite(report, pages, again));
    whole.add_test_suite(suite);
    whole.add_test_suite(known::suite(fates));
    whole.to_string()
}

/// What the examples of the specification came to, for people: each failure, then the counts. `verbose`: every id as well.
#[must_use]
pub fn pages(pages: &Outcomes, again: &dyn Fn(&Failure) -> String, verbose: bool) -> String {
    let mut text = String::new();
    for failure in &pages.failed {
        let _ = writeln!(text, "{failure}\n  again: {}\n", again(failure));
    }
    if verbose {
        pages.passed.iter().for_each(|id| text += &format!("passed   {id}\n"));
        pages.expected.iter().for_each(|failure| text += &format!("known    {}\n", failure.id));
        pages.skipped.iter().for_each(|(id, reason)| text += &format!("skipped  {id}: {reason}\n"));
    }
    for (id, reason) in &pages.unsupported {
        let _ = writeln!(text, "unsupported  {id}: {reason}");
    }
    let (passed, failed, skipped) = (pages.passed.len(), pages.failed.len(), pages.skipped.len());
    let known = match pages.expected.len() {
        0 => String::new(),
        many => format!(", {many} failed as is known"),
    };
    let unsupported = match pages.unsupported.len() {
        0 => String::new(),
        many => format!(", {many} unsupported"),
    };
    let _ = writeln!(text, "pages: {passed} examples passed, {failed} failed{known}{unsupported}, {skipped} skipped");
    for (reason, count) in pages.reasons() {
        let _ = writeln!(text, "  {count:>4} skipped: {reason}");
    }
    text + "\n"
}

fn pages_json(pages: &Outcomes, again: &dyn Fn(&Failure) -> String) -> serde_json::Value {
    let failure = |failure: &Failure| {
        json!({
            "id": failure.id,
            "place": failure.place,
            "statement": failure.statement,
            "expected": failure.wanted,
            "actual": failure.got,
            "replay": again(failure),
        })
    };
    json!({
        "passed": pages.passed.len(),
        "failed": pages.failed.len(),
        "known": pages.expected.len(),
        "skipped": pages.skipped.len(),
        "unsupported": pages.unsupported.len(),
        "reasons": pages.reasons(),
        "failures": pages.failed.iter().map(failure).collect::<Vec<_>>(),
    })
}

fn pages_suite(
    report: &CampaignResult,
    pages: &Outcomes,
    again: &dyn Fn(&Failure) -> String,
) -> quick_junit::TestSuite {
    use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
    let mut suite = TestSuite::new(format!("specification, {}", report.info.name));
    for id in &pages.passed {
        suite.add_test_case(TestCase::new(id.clone(), TestCaseStatus::success()));
    }
    for failure in &pages.failed {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(format!("{}: {}", failure.place, failure.statement));
        status.set_description(format!("{failure}\n  again: {}", again(failure)));
        suite.add_test_case(TestCase::new(failure.id.clone(), status));
    }
    let known = pages.expected.iter().map(|failure| (&failure.id, "fails as is known"));
    let not_run = pages.skipped.iter().chain(&pages.unsupported);
    for (id, reason) in not_run.map(|(id, reason)| (id, reason.as_str())).chain(known) {
        let mut status = TestCaseStatus::skipped();
        status.set_message(reason);
        suite.add_test_case(TestCase::new(id.clone(), status));
    }
    suite
}
