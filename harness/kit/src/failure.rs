//! The texts of failures, without escape codes: the sentence, the session, both sides, and a Rust test to paste.

use anstream::adapter::strip_str;
use mmapcheck::pages::Failure;
use mmapcheck::report::{CauseRecord, FindingRecord, Report};
use mmapcheck::text::grouped;
use mmapcheck_spec::pages::{Clause, Example};
use std::fmt::Write;

/// The failure of an example of the specification.
pub fn example(name: &str, clause: &Clause, example: &Example, failure: &Failure) -> String {
    let Failure { statement, expected, actual, .. } = failure;
    let mut text = format!("{} · {}\n\n{}\n", clause.id, clause.rule, indented(example.text.trim_end()));
    let _ = writeln!(text, "  {statement}");
    text += &sides(expected, actual);
    let _ = writeln!(text, "  source: {}", clause.source);
    text + &test(name, &clause.id.to_lowercase().replace('-', "_"), &(example.text.trim_end().to_owned() + "\n"))
}

/// Every cause of a campaign, each with the finding of its smallest case.
pub fn campaign(name: &str, report: &Report) -> String {
    let mut text = String::new();
    for cause in &report.causes {
        let finding = report.divergences.iter().find(|finding| finding.session == cause.session);
        text += &finding.map(|finding| one(name, cause, finding)).unwrap_or_default();
    }
    for stale in &report.stale {
        let _ = writeln!(text, "{}", mmapcheck::report::text::stale(stale));
    }
    if let Some(why) = &report.failure {
        let _ = writeln!(text, "the campaign ended early, because the type can no longer be run: {why}");
    }
    text
}

fn one(name: &str, cause: &CauseRecord, finding: &FindingRecord) -> String {
    let severity = finding.severity.to_string().to_uppercase();
    let times = if cause.count == 1 { "1 case".into() } else { format!("{} cases", grouped(cause.count)) };
    let mut text = format!("{severity}  {}   ({times})\n", cause.sentence);
    for reason in finding.unsteady.iter().chain(&finding.unshrunk) {
        let _ = writeln!(text, "  {reason}");
    }
    let _ = writeln!(text, "\n{}", indented(&finding.session));
    text += &strip_str(&finding.differences.one_above_the_other()).to_string();
    for line in finding.stderr.iter().flat_map(|stderr| stderr.lines()) {
        let _ = writeln!(text, "    standard error: {line}");
    }
    if let (Some(clause), Some(promise)) = (&cause.clause, &cause.promise) {
        let _ = writeln!(text, "  clause: {clause} · {promise}");
    }
    text + &test(name, &identifier(&cause.id), &finding.session) + "\n"
}

/// The fields in which a step differs, one side above the other.
fn sides(expected: &str, actual: &str) -> String {
    format!("    expected  {expected}\n    got       {actual}\n")
}

/// A name for a function: letters, digits and `_`.
fn identifier(id: &str) -> String {
    let words: String =
        id.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let words = words.trim_matches('_').to_owned();
    if words.starts_with(|c: char| c.is_ascii_alphabetic()) { words } else { format!("case_{words}") }
}

/// The Rust test that runs a session again.
fn test(name: &str, function: &str, session: &str) -> String {
    let mut marks = "#".to_owned();
    while session.contains(&format!("\"{marks}")) {
        marks.push('#');
    }
    format!(
        "\n  a test of this session:\n\n    #[test]\n    fn {function}() {{\n        mmapcheck_kit::replay::<{name}>(r{marks}\"\n{session}\"{marks});\n    }}\n"
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_test_is_rust_whatever_the_session_holds() {
        let text = test("MyMap", "name", ">>> m.write(b'\"#')\n");
        assert!(text.contains("replay::<MyMap>(r##\"\n>>> m.write(b'\"#')\n\"##);"), "{text}");
        assert_eq!(["A b-c", "3-x", "-x-"].map(identifier), ["a_b_c", "case_3_x", "x"]);
    }
}
