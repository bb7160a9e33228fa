//! Reports: text for people, JSON for scripts, JUnit for CI.

use crate::campaign::{Finding, Report};
use crate::compare::{Comparison, Field, Severity, content_text, end_text, outcome_text};
use crate::limits;
use crate::run::Compared;
use mmapcheck_spec::notation::{self, step_text};
use mmapcheck_spec::{Arg, Case, Kind, MapState, Op, Outcome, StepTrace, Value};
use serde_json::json;
use std::fmt::Write;

/// The session of a diverging case: what must happen, and as its last lines what shows the divergence where the answer of
/// the diverging step does not. Runs under CPython's doctest.
#[must_use]
pub fn session(compared: &Compared, difference: Option<&crate::compare::Difference>) -> String {
    let answers: Vec<Outcome> = compared.expected.steps.iter().filter_map(|step| step.result.clone().ok()).collect();
    let mut text = notation::print_answered(&compared.case, &answers);
    if let Some((step, answer)) = difference.and_then(|difference| evidence(&compared.case, difference, compared)) {
        let _ = writeln!(text, ">>> {}", step_text(&step));
        for line in notation::render(&answer) {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// A step that makes a divergence of state visible, with the answer it must give.
fn evidence(
    case: &Case,
    difference: &crate::compare::Difference,
    compared: &Compared,
) -> Option<(mmapcheck_spec::Step, Outcome)> {
    use mmapcheck_spec::Step;
    let last = compared.expected.steps.get(difference.step)?;
    if difference.step + 1 != case.steps.len() {
        return None;
    }
    let slot = difference.slot as u8;
    let number = |value: i64| Outcome::Value(Value::Int(i128::from(value)));
    let bytes = |bytes: &Option<Vec<u8>>| bytes.clone().map(|bytes| Outcome::Value(Value::Bytes(bytes)));
    let state = last.left.maps.get(difference.slot);
    match (difference.bucket.field, state) {
        (Field::Pos, Some(MapState::Open { pos, .. })) => Some((Step::new(Op::Tell, slot, []), number(*pos))),
        (Field::Len, Some(MapState::Open { len, .. })) => Some((Step::new(Op::Len, slot, []), number(*len))),
        (Field::Map, Some(MapState::Open { content: Some(content), .. })) => {
            Some((Step::new(Op::GetSlice, slot, [Arg::Omitted, Arg::Omitted]), bytes(&content.bytes)?))
        }
        (Field::Closed, Some(state)) => {
            let closed = Outcome::Value(Value::Bool(*state == MapState::Closed));
            Some((Step::new(Op::Closed, slot, []), closed))
        }
        (Field::File, _) => {
            let content = last.left.files.get(difference.slot)?;
            Some((Step::new(Op::FileContent, 0, [Arg::Path(slot)]), bytes(&content.bytes)?))
        }
        _ => None,
    }
}

/// One line that says what goes wrong.
#[must_use]
pub fn headline(difference: &crate::compare::Difference) -> String {
    let what = difference.bucket.op.map_or("at the end of the case".to_owned(), |op| op.to_string());
    let (expected, actual) = (shortened(&difference.expected), shortened(&difference.actual));
    match difference.bucket.field {
        Field::Answer => format!("{what}: expected {expected}, got {actual}"),
        field => format!("{what}: {field}: expected {expected}, got {actual}"),
    }
}

/// A name for a file that holds the finding.
#[must_use]
pub fn slug(difference: &crate::compare::Difference) -> String {
    let bucket = &difference.bucket;
    let op = bucket.op.map_or("end".to_owned(), |op| op.to_string());
    let parts = [op, bucket.field.to_string(), bucket.expected.clone(), bucket.actual.clone()];
    let words: String = parts.join(" ").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    words.split_whitespace().take(10).collect::<Vec<_>>().join("-").to_lowercase()
}

/// The text of a saved finding: its headline as comments, then the session.
#[must_use]
pub fn saved(report_of: &str, finding: &Finding) -> String {
    let mut text = format!("# {}: {}\n", finding.severity(), headline(&finding.difference));
    let _ = writeln!(text, "# {report_of}");
    if let Some(reason) = &finding.unsteady {
        let _ = writeln!(text, "# {reason}");
    }
    text + "\n" + &session(&finding.compared, Some(&finding.difference))
}

/// A finding for people: headline, session, and the step at which the two part with both sides.
#[must_use]
pub fn finding(finding: &Finding, replay: &str) -> String {
    let times = if finding.count == 1 { "1 case".into() } else { format!("{} cases", finding.count) };
    let mut text =
        format!("{}  {}   ({times})\n", finding.severity().to_string().to_uppercase(), headline(&finding.difference));
    if let Some(reason) = &finding.unsteady {
        let _ = writeln!(text, "  unsteady: {reason}");
    }
    text.push('\n');
    for line in session(&finding.compared, Some(&finding.difference)).lines() {
        let _ = writeln!(text, "    {}", shortened(line));
    }
    text.push('\n');
    text.push_str(&sides(&finding.compared, finding.difference.step));
    let _ = writeln!(text, "\n  replay: {replay}");
    text
}

/// The table of one step: what was expected beside what was given. A star marks each row that differs.
#[must_use]
pub fn sides(compared: &Compared, step: usize) -> String {
    let rows = match (compared.case.steps.get(step), compared.expected.steps.get(step)) {
        (Some(_), Some(wanted)) => step_rows(wanted, compared.actual.steps.get(step)),
        _ => end_rows(compared),
    };
    let title = match compared.case.steps.get(step) {
        Some(done) => format!("step {} of {}: {}", step + 1, compared.case.steps.len(), shortened(&step_text(done))),
        None => "after the last step".to_owned(),
    };
    let width = |pick: fn(&Row) -> &str| rows.iter().map(|row| pick(row).chars().count()).max().unwrap_or(0);
    let (first, second) = (width(|row| &row.0).max(4), width(|row| &row.1).max(8));
    let mut text = format!("  {title}\n    {:first$}   {:second$}   got\n", "", "expected");
    for (name, wanted, given) in &rows {
        let star = if wanted == given { ' ' } else { '*' };
        let _ = writeln!(text, "  {star} {name:first$}   {wanted:second$}   {given}");
    }
    text
}

type Row = (String, String, String);

fn step_rows(wanted: &StepTrace, given: Option<&StepTrace>) -> Vec<Row> {
    let answer = |step: &StepTrace| match &step.result {
        Ok(outcome) => shortened(&outcome_text(outcome)),
        Err(end) => end_text(end),
    };
    let nothing = || "nothing".to_owned();
    let mut rows = vec![("answer".to_owned(), answer(wanted), given.map_or_else(nothing, answer))];
    let Some(given) = given.filter(|given| given.result.is_ok()) else { return rows };
    let many = wanted.left.maps.len().max(given.left.maps.len());
    for slot in 0..many {
        let name = notation::name(Kind::Map, slot as u8);
        let of = |step: &StepTrace| step.left.maps.get(slot).cloned().unwrap_or(MapState::Unbound);
        let (ours, theirs) = (map_rows(&of(wanted)), map_rows(&of(given)));
        for (i, label) in ["state", "position", "length", "bytes"].into_iter().enumerate() {
            let get = |rows: &[String]| rows.get(i).cloned().unwrap_or_default();
            if !(get(&ours).is_empty() && get(&theirs).is_empty()) {
                rows.push((format!("{name} {label}"), get(&ours), get(&theirs)));
            }
        }
    }
    for (number, (ours, theirs)) in wanted.left.files.iter().zip(&given.left.files).enumerate() {
        let name = format!("file {}", notation::name(Kind::File, number as u8));
        rows.push((name, shortened(&content_text(ours)), shortened(&content_text(theirs))));
    }
    rows
}

fn map_rows(state: &MapState) -> Vec<String> {
    match state {
        MapState::Unbound => Vec::new(),
        MapState::Closed => vec!["closed".into()],
        MapState::Strange(text) => vec![text.clone()],
        MapState::Open { pos, len, content } => {
            let content = content.as_ref().map_or("not readable".into(), |content| shortened(&content_text(content)));
            vec!["open".into(), pos.to_string(), len.to_string(), content]
        }
    }
}

fn end_rows(compared: &Compared) -> Vec<Row> {
    let (wanted, given) = (&compared.expected, &compared.actual);
    let mut rows = Vec::new();
    for (slot, (ours, theirs)) in wanted.closing.iter().zip(&given.closing).enumerate() {
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            let name = format!("{}.close()", notation::name(Kind::Map, slot as u8));
            rows.push((name, outcome_text(ours), outcome_text(theirs)));
        }
    }
    for (number, (ours, theirs)) in wanted.files.iter().zip(&given.files).enumerate() {
        let name = format!("file {}", notation::name(Kind::File, number as u8));
        rows.push((name, shortened(&content_text(ours)), shortened(&content_text(theirs))));
    }
    rows
}

/// Both traces of a whole case, step by step.
#[must_use]
pub fn side_by_side(compared: &Compared) -> String {
    let mut text = String::new();
    for step in 0..=compared.case.steps.len().min(compared.actual.steps.len()) {
        text.push_str(&sides(compared, step));
    }
    text
}

/// What a comparison came to, in one line.
#[must_use]
pub fn verdict(comparison: &Comparison, least: Severity) -> String {
    match (comparison.first(least), &comparison.incomparable) {
        (Some(difference), _) => {
            format!("{}  {}", difference.bucket.severity.to_string().to_uppercase(), headline(difference))
        }
        (None, Some(reason)) => format!("not comparable: {reason}"),
        (None, None) => match comparison.differences.first() {
            Some(difference) => format!("agree, but for a {}: {}", difference.bucket.severity, headline(difference)),
            None => "agree".into(),
        },
    }
}

/// A text of at most [`limits::LINE`] characters: a long one loses its middle.
#[must_use]
pub fn shortened(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= limits::LINE {
        return text.to_owned();
    }
    let half = limits::LINE / 2 - 8;
    let (head, tail): (String, String) = (chars[..half].iter().collect(), chars[chars.len() - half..].iter().collect());
    format!("{head} … {} more … {tail}", chars.len() - 2 * half)
}

/// The summary at the end of a campaign.
#[must_use]
pub fn summary(report: &Report) -> String {
    let mut text = String::new();
    if !report.milder.is_empty() {
        let _ = writeln!(text, "below severity {} (not counted as divergence):", report.severity);
        let mut milder: Vec<_> = report.milder.iter().collect();
        milder.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (bucket, count) in milder.iter().take(20) {
            let op = bucket.op.map_or("end".into(), |op| op.to_string());
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
        many => format!("{many} divergences"),
    };
    let early = if report.interrupted { ", stopped early" } else { "" };
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

/// A number with its digits in groups of three.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The report as one JSON object. `replay` gives the command for a finding.
#[must_use]
pub fn json(report: &Report, replay: &dyn Fn(&Finding) -> String) -> String {
    let divergence = |finding: &Finding| {
        let difference = &finding.difference;
        json!({
            "id": slug(difference),
            "severity": finding.severity().to_string(),
            "op": difference.bucket.op.map(|op| op.to_string()),
            "clause": null,
            "step": difference.step,
            "field": difference.bucket.field.to_string(),
            "expected": difference.expected,
            "actual": difference.actual,
            "count": finding.count,
            "unsteady": finding.unsteady,
            "session": session(&finding.compared, Some(difference)),
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
    let whole = json!({
        "target": report.host.name,
        "profile": report.profile.to_string(),
        "seed": report.seed,
        "cases": report.cases,
        "steps": report.steps,
        "seconds": report.seconds,
        "interrupted": report.interrupted,
        "pages": {"passed": 0, "failed": 0, "skipped": 0},
        "known": {},
        "divergences": report.findings.iter().map(divergence).collect::<Vec<_>>(),
        "milder": milder,
    });
    whole.to_string() + "\n"
}

/// The report as JUnit XML: one test case for the random cases, one for each divergence.
///
/// # Errors
/// Where a text cannot be written as XML.
pub fn junit(report: &Report, replay: &dyn Fn(&Finding) -> String) -> Result<String, quick_junit::SerializeError> {
    use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
    let mut suite = TestSuite::new(report.host.name.clone());
    let name = format!("random cases, seed {}", report.seed);
    suite.add_test_case(TestCase::new(name, TestCaseStatus::success()));
    for finding_of in &report.findings {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(finding_of.severity().to_string());
        status.set_message(headline(&finding_of.difference));
        status.set_description(finding(finding_of, &replay(finding_of)));
        suite.add_test_case(TestCase::new(slug(&finding_of.difference), status));
    }
    let mut whole = quick_junit::Report::new("mmapcheck");
    whole.add_test_suite(suite);
    whole.to_string()
}
