//! Whether the suppressions of a list still hold.

use super::list::KnownList;
use super::suppression::{Matching, Suppression};
use crate::differential::DifferentialRun;
use crate::divergence::{Severity, headline};
use crate::oracle::{AnswerOptions, Oracle};
use crate::pages::PagesResult;
use crate::pattern::Patterns;
use crate::variation::{Variation, in_order};
use mmapcheck_spec::notation::line_text;
use mmapcheck_spec::{Case, Detail, Profile, Target, TargetError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The result of a suppression in a check.
#[derive(Clone, Debug, PartialEq)]
pub struct SuppressionResult {
    /// The suppression.
    pub suppression: Suppression,
    /// The number of times that its pattern matched in random cases.
    pub count: u64,
    /// Whether the suppression still holds.
    pub state: SuppressionState,
}

/// Whether a suppression still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuppressionState {
    /// Its case and its examples still diverge.
    Holds,
    /// Its case or one of its examples behaves otherwise, as said here.
    Stale(String),
    /// Its case was not run, for this reason.
    NotRun(String),
}

impl KnownList {
    /// Runs the case of each suppression that applies to this profile; divergences milder than `least` are none. Once `stop` returns
    /// true, or the oracle or the target could not be used at all, the rest are not run; in the second case the error is returned
    /// as well.
    pub fn run_cases(
        self,
        profile: Profile,
        least: Severity,
        oracle: &mut Oracle,
        target: &mut dyn Target,
        stop: &dyn Fn() -> bool,
    ) -> (Vec<SuppressionResult>, Result<(), TargetError>) {
        let (mut results, mut done) = (Vec::new(), Ok(()));
        let not_run = || SuppressionState::NotRun("stopped early".into());
        for suppression in self.suppressions {
            let state = match suppression.scope.excludes(profile) {
                Some(reason) => SuppressionState::NotRun(reason),
                None if stop() || done.is_err() => not_run(),
                None => state(&suppression, least, oracle, target).unwrap_or_else(|error| {
                    done = if stop() { Ok(()) } else { Err(error) };
                    not_run()
                }),
            };
            results.push(SuppressionResult { suppression, count: 0, state });
        }
        (results, done)
    }

    /// Whether a suppression that applies to this profile names the example.
    #[must_use]
    pub fn expects(&self, profile: Profile, example: &str) -> bool {
        self.suppressions.iter().any(|one| one.scope.excludes(profile).is_none() && one.names(example))
    }
}

/// Whether the case of a suppression still shows its divergence.
fn state(
    suppression: &Suppression,
    least: Severity,
    oracle: &mut Oracle,
    target: &mut dyn Target,
) -> Result<SuppressionState, TargetError> {
    let Some((matching, case)) = &suppression.reproducer else { return Ok(SuppressionState::Holds) };
    let pattern = match matching {
        Matching::Pattern(pattern) => pattern,
        Matching::Variations(variations) => {
            let holds = hold(variations, case, least, oracle, target)?;
            return Ok(if suppression.intermittent { SuppressionState::Holds } else { holds });
        }
    };
    let known = Patterns(vec![pattern.clone()]);
    let options = AnswerOptions { known: &known, ..AnswerOptions::new(Detail::Full) };
    let run = DifferentialRun::of(case.clone(), oracle, target, &options)?;
    if !run.comparison.known.is_empty() || suppression.intermittent {
        return Ok(SuppressionState::Holds);
    }
    Ok(stale(&run, Severity::Message))
}

/// Whether the target still does in a case what the reference does with these variations, and not what it does without them.
fn hold(
    variations: &[Variation],
    case: &Case,
    least: Severity,
    oracle: &mut Oracle,
    target: &mut dyn Target,
) -> Result<SuppressionState, TargetError> {
    let options = AnswerOptions::new(Detail::Full);
    let run = DifferentialRun::of(case.clone(), oracle, target, &options)?;
    if run.comparison.first(least).is_none() {
        return Ok(stale(&run, least));
    }
    oracle.vary(&in_order(variations));
    let varied = DifferentialRun::of(case.clone(), oracle, target, &options);
    oracle.vary(&Arc::default());
    let varied = varied?;
    let differs = varied.comparison.first(least).is_some();
    Ok(if differs { stale(&varied, least) } else { SuppressionState::Holds })
}

/// Why a suppression whose case ran so no longer holds.
fn stale(run: &DifferentialRun, least: Severity) -> SuppressionState {
    match (run.comparison.first(least), run.not_compared().first()) {
        (Some(other), _) => SuppressionState::Stale(format!("its case diverges otherwise: {}", headline(other))),
        (None, Some(step)) => {
            SuppressionState::NotRun(format!("{} was left out: {}", line_text(&step.step), step.reason))
        }
        (None, None) => SuppressionState::Stale("its case agrees".into()),
    }
}

/// Moves the failed examples that a suppression of this profile names from `failed` to `expected`. A named example that passed makes its
/// suppression stale, unless `forgiving`: the examples were judged by a higher severity than lists are written for.
pub fn separate_examples(
    results: &mut [SuppressionResult],
    pages: &mut PagesResult,
    profile: Profile,
    forgiving: bool,
) {
    for result in results.iter_mut().filter(|result| result.suppression.scope.excludes(profile).is_none()) {
        let suppression = &result.suppression;
        let (expected, failed) =
            std::mem::take(&mut pages.failed).into_iter().partition(|failure| suppression.names(&failure.id));
        pages.failed = failed;
        pages.expected.extend::<Vec<_>>(expected);
        let passed = pages.passed.iter().find(|id| suppression.names(id));
        if let (Some(id), SuppressionState::Holds, false, false) =
            (passed, &result.state, suppression.intermittent, forgiving)
        {
            result.state = SuppressionState::Stale(format!("{id} passes"));
        }
    }
}

/// Sets how often random cases met each suppression, from the counts by id.
pub fn set_counts(results: &mut [SuppressionResult], counts: &BTreeMap<String, u64>) {
    for result in results {
        result.count = counts.get(&result.suppression.id).copied().unwrap_or(0);
    }
}
