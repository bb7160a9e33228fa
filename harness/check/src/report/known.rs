//! What became of known divergences, in each form of a report.

use crate::known::{SuppressionResult, SuppressionState};
use crate::text::grouped;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};
use std::fmt::Write;

/// For people: how often each was met, what was not run, and last what is stale. Nothing where nothing is listed.
#[must_use]
pub fn text(fates: &[SuppressionResult]) -> String {
    let mut text = String::new();
    if fates.is_empty() {
        return text;
    }
    let _ = writeln!(text, "known divergences, not reported above:");
    let mut by_count: Vec<_> = fates.iter().collect();
    by_count.sort_by_key(|fate| std::cmp::Reverse(fate.met));
    for fate in by_count.iter().filter(|fate| fate.standing == SuppressionState::Holds) {
        let link = fate.entry.link.as_ref().map(|link| format!(" ({link})")).unwrap_or_default();
        let met = match fate.entry.shown {
            Some(_) => format!("{} ×", grouped(fate.met)),
            None => "examples".into(),
        };
        let _ = writeln!(text, "{met:>12} {}: {}{link}", fate.entry.id, fate.entry.what);
    }
    for fate in fates {
        if let SuppressionState::NotRun(reason) = &fate.standing {
            let _ = writeln!(text, "{:>12} {}: {reason}", "not run", fate.entry.id);
        }
    }
    for fate in fates {
        if let SuppressionState::Stale(_) = fate.standing {
            let _ = writeln!(text, "STALE  {}", stale(fate));
        }
    }
    text
}

/// What is wrong with a stale entry, on one line.
fn stale(fate: &SuppressionResult) -> String {
    let reason = match &fate.standing {
        SuppressionState::Stale(reason) => reason,
        _ => "",
    };
    format!("{}: '{}' no longer holds: {reason}; change the entry or take it out", fate.entry.place, fate.entry.id)
}

/// For scripts: the counts by id, the stale entries, and those that were not run.
pub(super) fn json(fates: &[SuppressionResult]) -> [(&'static str, Value); 3] {
    let ran = fates.iter().filter(|fate| !matches!(fate.standing, SuppressionState::NotRun(_)));
    let counts: serde_json::Map<_, _> = ran.map(|fate| (fate.entry.id.clone(), json!(fate.met))).collect();
    let stale = fates.iter().filter_map(|fate| match &fate.standing {
        SuppressionState::Stale(reason) => {
            Some(json!({"id": fate.entry.id, "place": fate.entry.place, "reason": reason}))
        }
        _ => None,
    });
    let not_run = fates.iter().filter_map(|fate| match &fate.standing {
        SuppressionState::NotRun(reason) => Some(json!({"id": fate.entry.id, "reason": reason})),
        _ => None,
    });
    [("known", counts.into()), ("stale", stale.collect()), ("known_not_run", not_run.collect())]
}

/// For CI: a test case for each, skipped as long as it holds, failed where it is stale.
pub(super) fn suite(fates: &[SuppressionResult]) -> TestSuite {
    let mut suite = TestSuite::new("known divergences");
    for fate in fates {
        let (mut status, message) = match &fate.standing {
            SuppressionState::Holds => {
                (TestCaseStatus::skipped(), format!("known, met {} times: {}", fate.met, fate.entry.what))
            }
            SuppressionState::NotRun(reason) => (TestCaseStatus::skipped(), format!("not run: {reason}")),
            SuppressionState::Stale(_) => (TestCaseStatus::non_success(NonSuccessKind::Failure), stale(fate)),
        };
        status.set_message(message);
        suite.add_test_case(TestCase::new(fate.entry.id.clone(), status));
    }
    suite
}
