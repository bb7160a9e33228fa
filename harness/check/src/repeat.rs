//! Repeated runs of a case: the rate at which a divergence shows.

use crate::differential::DifferentialRun;
use crate::divergence::Bucket;
use crate::limits;
use crate::oracle::{AnswerOptions, Oracle};
use mmapcheck_spec::{Case, Target, TargetError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Instant;

/// The number of runs of a case that showed a divergence, out of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The number of runs that showed it.
    pub shown: usize,
    /// The number of runs.
    pub runs: usize,
}

impl Rate {
    /// The rate of a divergence that the only run showed.
    pub const ONCE: Rate = Rate { shown: 1, runs: 1 };

    /// The rate among these runs.
    #[must_use]
    pub fn among(runs: &[DifferentialRun], shows: impl Fn(&DifferentialRun) -> bool) -> Rate {
        Rate { shown: runs.iter().filter(|run| shows(run)).count(), runs: runs.len() }
    }

    /// Whether every run showed the divergence.
    #[must_use]
    pub fn is_steady(self) -> bool {
        self.shown == self.runs
    }

    /// Why the divergence may not show again; none if it showed each time.
    #[must_use]
    pub fn unsteady(self) -> Option<String> {
        (!self.is_steady()).then(|| format!("it showed in {self} runs"))
    }

    /// Whether a smaller case is worth the same, if `shown` tells for each run whether it showed the divergence. One run
    /// decides about a steady divergence. Of any other, a smaller case may show half as often; it gets three times the runs, so
    /// that no case is chosen by luck, but not if the first ones show nothing.
    ///
    /// # Errors
    /// The error of a run.
    pub fn holds<E>(self, mut shown: impl FnMut() -> Result<bool, E>) -> Result<bool, E> {
        if self.is_steady() {
            return shown();
        }
        let (wanted, most) = ((3 * self.shown).div_ceil(2).max(1), 3 * self.runs);
        let mut so_far = Rate { shown: 0, runs: 0 };
        while so_far.shown < wanted && so_far.runs - so_far.shown <= most - wanted {
            so_far.shown += usize::from(shown()?);
            so_far.runs += 1;
            if so_far.shown == 0 && so_far.runs == self.runs {
                return Ok(false);
            }
        }
        Ok(so_far.shown == wanted)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.shown, self.runs)
    }
}

/// Whether a run shows a divergence of this bucket.
#[must_use]
pub fn shows(run: &DifferentialRun, bucket: &Bucket) -> bool {
    run.comparison.divergences.iter().any(|divergence| divergence.bucket == *bucket)
}

/// The time at which runs that begin now end for the sake of the rate: at `deadline`, and after [`limits::REPEATING`].
#[must_use]
pub fn in_time(deadline: Option<Instant>) -> Instant {
    let last = Instant::now() + limits::REPEATING;
    deadline.map_or(last, |deadline| deadline.min(last))
}

/// Runs a case `many` times. No run but the first begins at `until` or later, or when the target can no longer be used.
///
/// # Errors
/// Where the oracle or the target could not be used at all.
pub fn repeat(
    case: &Case,
    many: usize,
    oracle: &mut Oracle,
    target: &mut dyn Target,
    options: &AnswerOptions<'_>,
    until: Option<Instant>,
) -> Result<Vec<DifferentialRun>, TargetError> {
    repeat_run(many, until, || DifferentialRun::of(case.clone(), oracle, target, options))
}

/// Like [`repeat`], for any way to run the case.
///
/// # Errors
/// The error of the first run.
pub fn repeat_run(
    many: usize,
    until: Option<Instant>,
    mut run: impl FnMut() -> Result<DifferentialRun, TargetError>,
) -> Result<Vec<DifferentialRun>, TargetError> {
    let mut runs = vec![run()?];
    while runs.len() < many && until.is_none_or(|until| Instant::now() < until) {
        match run() {
            Ok(run) => runs.push(run),
            Err(_) => break,
        }
    }
    Ok(runs)
}

/// The runs of a shrunk case. A divergence may be absent from as many runs as `some` makes, also if a larger case showed it each
/// time: they are made up to three times, until it shows.
///
/// # Errors
/// The error of the runs.
pub fn until_shown<E>(
    bucket: &Bucket,
    mut some: impl FnMut() -> Result<Vec<DifferentialRun>, E>,
) -> Result<Vec<DifferentialRun>, E> {
    let mut runs = some()?;
    for _ in 1..3 {
        if runs.iter().any(|run| shows(run, bucket)) {
            break;
        }
        runs.extend(some()?);
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a smaller case that shows in some of each ten runs takes the place of one with this rate, and after how many
    /// runs that is known.
    fn decided(rate: Rate, shows: &dyn Fn(usize) -> bool) -> (bool, usize) {
        let mut runs = 0;
        let holds = rate.holds(|| {
            runs += 1;
            Ok::<_, ()>(shows(runs - 1))
        });
        (holds == Ok(true), runs)
    }

    #[test]
    fn one_run_decides_about_a_steady_divergence() {
        let rate = Rate { shown: 10, runs: 10 };
        assert_eq!((decided(rate, &|_| true), decided(rate, &|_| false)), ((true, 1), (false, 1)));
    }

    #[test]
    fn a_smaller_case_of_an_unsteady_divergence_shows_at_half_its_rate_at_least() {
        let rate = Rate { shown: 4, runs: 10 };
        assert_eq!(decided(rate, &|_| false), (false, 10));
        assert_eq!(decided(rate, &|run| run % 10 == 0), (false, 28));
        assert_eq!(decided(rate, &|run| run % 5 == 0), (true, 26));
        assert_eq!(decided(rate, &|_| true), (true, 6));
        assert_eq!(decided(Rate { shown: 1, runs: 10 }, &|run| run % 20 == 9), (true, 30));
    }
}
