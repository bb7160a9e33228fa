//! A report for CI: JUnit XML with a test suite each for the specification, the generated cases and the known divergences.

use super::{ExampleResult, FailureRecord, FindingRecord, Report, text};
use anstream::adapter::strip_str;
use quick_junit::{NonSuccessKind, SerializeError, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The message of what the base of the class shows as well.
const INHERITED: &str = "inherited from the interpreter";

/// Renders the report as JUnit XML.
///
/// # Errors
/// If a text of the report cannot be written as XML.
pub fn junit(report: &Report) -> Result<String, SerializeError> {
    let mut whole = quick_junit::Report::new("mmapcheck");
    whole.add_test_suite(pages(report));
    whole.add_test_suite(causes(report));
    whole.add_test_suite(random(report));
    whole.add_test_suite(known(report));
    whole.to_string()
}

/// A test case for each example of the specification.
fn pages(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(format!("specification, {}", report.target));
    let with = |result| report.pages.examples.iter().filter(move |example| example.result == result);
    for example in with(ExampleResult::Passed) {
        suite.add_test_case(TestCase::new(example.id.clone(), TestCaseStatus::success()));
    }
    for failure in &report.pages.failures {
        suite.add_test_case(TestCase::new(failure.id.clone(), failed_example(failure)));
    }
    let not_run = with(ExampleResult::Skipped).chain(with(ExampleResult::Unsupported));
    for example in not_run.chain(with(ExampleResult::Known)).chain(with(ExampleResult::Inherited)) {
        let why = if example.result == ExampleResult::Inherited { INHERITED } else { "fails as is known" };
        let mut status = TestCaseStatus::skipped();
        status.set_message(example.reason.as_deref().unwrap_or(why));
        suite.add_test_case(TestCase::new(example.id.clone(), status));
    }
    suite
}

fn failed_example(failure: &FailureRecord) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(format!("{}: {}", failure.place, failure.statement));
    status.set_description(text::failure(failure));
    status
}

/// A test case for each cause: failed, but for those that the base of the class has as well.
fn causes(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(format!("causes, {}", report.target));
    for cause in &report.causes {
        let (mut status, of) = match cause.inherited {
            true => (TestCaseStatus::skipped(), format!("{INHERITED}: ")),
            false => (TestCaseStatus::non_success(NonSuccessKind::Failure), String::new()),
        };
        status.set_message(of + &cause.sentence);
        status.set_type(cause.severity.to_string());
        status.set_description(format!("{}\n{}", cause.session, cause.replay));
        let mut case = TestCase::new(cause.id.clone(), status);
        case.set_classname("causes");
        suite.add_test_case(case);
    }
    suite
}

/// A test case for the generated cases as a whole, and one for each finding.
fn random(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(report.target.clone());
    let name = format!("random cases, seed {}", report.seed);
    let status = match &report.failure {
        Some(why) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(format!("the check ended early: {why}"));
            status
        }
        None => TestCaseStatus::success(),
    };
    suite.set_time(Duration::from_secs_f64(report.seconds));
    suite.add_test_case(TestCase::new(name, status));
    for finding in &report.divergences {
        suite.add_test_case(TestCase::new(finding.id.clone(), failed_case(finding)));
    }
    for finding in &report.inherited {
        let mut status = TestCaseStatus::skipped();
        status.set_message(format!("{INHERITED}: {}", finding.headline));
        suite.add_test_case(TestCase::new(finding.id.clone(), status));
    }
    suite
}

fn failed_case(finding: &FindingRecord) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(finding.severity.to_string());
    let unsteady = finding.unsteady.iter().map(|reason| format!(" (unsteady: {reason})"));
    status.set_message(finding.headline.clone() + &unsteady.collect::<String>());
    status.set_description(strip_str(&text::finding(finding)).to_string());
    status
}

/// A test case for each known entry: skipped while the entry holds, failed once it is stale.
fn known(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new("known divergences");
    for entry in &report.known_entries {
        let stale = report.stale.iter().find(|stale| stale.id == entry.id);
        let not_run = report.known_not_run.iter().find(|not_run| not_run.id == entry.id);
        let (mut status, message) = match (stale, not_run) {
            (Some(stale), _) => (TestCaseStatus::non_success(NonSuccessKind::Failure), text::stale(stale)),
            (None, Some(not_run)) => (TestCaseStatus::skipped(), format!("not run: {}", not_run.reason)),
            (None, None) => {
                let count = report.known.get(&entry.id).copied().unwrap_or_default();
                (TestCaseStatus::skipped(), format!("known, matched {count} times: {}", entry.what))
            }
        };
        status.set_message(message);
        suite.add_test_case(TestCase::new(entry.id.clone(), status));
    }
    suite
}
