//! Whether the suppressions of a list still hold.

use super::list::KnownList;
use super::suppression::Entry;
use crate::differential::DifferentialRun;
use crate::divergence::headline;
use crate::oracle::{AnswerOptions, Oracle};
use crate::pages::Outcomes;
use crate::pattern::Patterns;
use mmapcheck_spec::pages::matches_filter;
use mmapcheck_spec::{Detail, Target, TargetError};
use std::collections::BTreeMap;

/// What became of an entry in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionResult {
    /// The entry.
    pub entry: Entry,
    /// How often random cases met it.
    pub met: u64,
    /// Whether it still holds.
    pub standing: SuppressionState,
}

/// Whether an entry still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuppressionState {
    /// It does.
    Holds,
    /// It does not: what was seen instead.
    Stale(String),
    /// It was not run, for this reason.
    NotRun(String),
}

impl KnownList {
    /// Runs the case of each entry that applies. `stop` says when to leave the rest.
    ///
    /// # Errors
    /// Where the reference or the target could not be used at all.
    pub fn hold(
        self,
        oracle: &mut Oracle,
        target: &mut dyn Target,
        stop: &dyn Fn() -> bool,
    ) -> Result<Vec<SuppressionResult>, TargetError> {
        let mut fates = Vec::new();
        for entry in self.entries {
            let standing = match entry.scope.excludes(oracle.profile()) {
                Some(reason) => SuppressionState::NotRun(reason),
                None if stop() => SuppressionState::NotRun("stopped early".into()),
                None => entry.hold(oracle, target)?,
            };
            fates.push(SuppressionResult { entry, met: 0, standing });
        }
        Ok(fates)
    }
}

impl Entry {
    /// Whether its case still shows what it says.
    fn hold(&self, oracle: &mut Oracle, target: &mut dyn Target) -> Result<SuppressionState, TargetError> {
        let Some((rule, case)) = &self.shown else { return Ok(SuppressionState::Holds) };
        let known = Patterns(vec![rule.clone()]);
        let options = AnswerOptions { known: &known, ..AnswerOptions::new(Detail::Full) };
        let comparison = DifferentialRun::of(case.clone(), oracle, target, &options)?.comparison;
        if !comparison.known.is_empty() || self.intermittent {
            return Ok(SuppressionState::Holds);
        }
        Ok(match (comparison.divergences.first(), comparison.incomparable) {
            (Some(other), _) => SuppressionState::Stale(format!("its case diverges otherwise: {}", headline(other))),
            (None, Some(reason)) => SuppressionState::NotRun(reason),
            (None, None) => SuppressionState::Stale("its case agrees".into()),
        })
    }

    fn names(&self, example: &str) -> bool {
        self.clauses.iter().any(|clause| matches_filter(example, clause))
    }
}

/// Sets apart the examples that were expected to fail. One that passed makes its entry stale, unless `forgiving`: examples were
/// held against less than a list is written for.
pub fn expect(fates: &mut [SuppressionResult], pages: &mut Outcomes, forgiving: bool) {
    for fate in fates.iter_mut().filter(|fate| !matches!(fate.standing, SuppressionState::NotRun(_))) {
        let (expected, failed) =
            std::mem::take(&mut pages.failed).into_iter().partition(|failure| fate.entry.names(&failure.id));
        pages.failed = failed;
        pages.expected.extend::<Vec<_>>(expected);
        let passed = pages.passed.iter().find(|id| fate.entry.names(id));
        if let (Some(id), SuppressionState::Holds, false, false) =
            (passed, &fate.standing, fate.entry.intermittent, forgiving)
        {
            fate.standing = SuppressionState::Stale(format!("{id} passes"));
        }
    }
}

/// Enters how often random cases met each entry.
pub fn count(fates: &mut [SuppressionResult], met: &BTreeMap<String, u64>) {
    for fate in fates {
        fate.met = met.get(&fate.entry.id).copied().unwrap_or(0);
    }
}
