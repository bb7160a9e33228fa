//! The differential run of a case: the oracle answers it, a target runs it, and the two traces are compared.

use crate::compare::{Comparison, compare};
use crate::limits;
use crate::oracle::{AnswerOptions, Expected, Oracle};
use mmapcheck_spec::{Case, Detail, Leaks, NextCase, Profile, Target, TargetError, Trace};

/// A case, its two traces, and their comparison.
#[derive(Clone, Debug)]
pub struct DifferentialRun {
    /// The profile of the oracle.
    pub profile: Profile,
    /// The case as the target ran it, with plain numbers.
    pub case: Case,
    /// The trace of the oracle.
    pub expected: Trace,
    /// The trace of the target.
    pub actual: Trace,
    /// The divergences of the two traces.
    pub comparison: Comparison,
}

impl DifferentialRun {
    /// Runs a case on the oracle and on a target and compares. A step after which the two states differ in a known way is left
    /// out, and the case is run again, at most [`limits::LEFT_OUT`] times, so that the steps after it are compared.
    ///
    /// # Errors
    /// Where the oracle or the target could not be used at all.
    pub fn of(
        case: Case,
        oracle: &mut Oracle,
        target: &mut dyn Target,
        options: &AnswerOptions<'_>,
    ) -> Result<DifferentialRun, TargetError> {
        let full = options.with_detail(Detail::Full);
        let mut run = DifferentialRun::once(case, oracle, target, options)?;
        // Under `Detail::Quick` a divergence can be seen some steps late, in a bucket that happens to be known.
        if run.comparison.cut.is_some() && options.detail == Detail::Quick {
            run = DifferentialRun::once(run.case, oracle, target, &full)?;
        }
        let mut left_out = Vec::new();
        while let (Some(step), true) = (run.comparison.cut, left_out.len() < limits::LEFT_OUT) {
            left_out.extend(run.comparison.known.into_iter().filter(|(at, _)| *at == step));
            run = DifferentialRun::once(run.case.without(step..step + 1), oracle, target, &full)?;
        }
        run.comparison.known.extend(left_out);
        Ok(run)
    }

    fn once(
        case: Case,
        oracle: &mut Oracle,
        target: &mut dyn Target,
        options: &AnswerOptions<'_>,
    ) -> Result<DifferentialRun, TargetError> {
        let answered = oracle.answer(case, options)?;
        let mut actual = run_expected(&answered, target, options.detail, None)?;
        let Expected { case, expected } = answered;
        confirm_leaks(&case, target, options.detail, &mut actual)?;
        let comparison = compare(&case, &expected, &actual, options.known);
        Ok(DifferentialRun { profile: oracle.profile(), case, expected, actual, comparison })
    }
}

/// Runs an answered case on a target, which is told whether a process is expected to die in the last step, but not of what.
/// `next`: the case that the target will most likely run next.
///
/// # Errors
/// Where the target could not be used at all.
pub fn run_expected(
    answered: &Expected,
    target: &mut dyn Target,
    detail: Detail,
    next: Option<NextCase<'_>>,
) -> Result<Trace, TargetError> {
    match answered.expected.death() {
        Some(_) => target.run_to_death(&answered.case, detail),
        None => target.run_with_next(&answered.case, detail, next),
    }
}

/// Runs a case that leaked up to [`limits::LEAKS`] times again, and keeps only what leaks in each of these runs.
///
/// # Errors
/// Where the target could not be used at all.
pub fn confirm_leaks(
    case: &Case,
    target: &mut dyn Target,
    detail: Detail,
    trace: &mut Trace,
) -> Result<(), TargetError> {
    for _ in 0..limits::LEAKS {
        if trace.leaks == Leaks::default() {
            break;
        }
        trace.leaks = trace.leaks.common(target.run(case, detail)?.leaks);
    }
    Ok(())
}
