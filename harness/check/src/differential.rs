//! The differential run of a case: the oracle answers it, a target runs it, and the two traces are compared.

use crate::compare::{Comparison, compare, compare_from};
use crate::left_out::{Kind, LeftOut, Reason};
use crate::limits;
use crate::oracle::{AnswerOptions, Expected, Oracle};
use crate::pattern::Patterns;
use mmapcheck_spec::{Case, Detail, Leaks, NextCase, Profile, Target, TargetError, Trace};
use std::ops::Range;

/// A case, its two traces, and their comparison.
#[derive(Clone, Debug)]
pub struct DifferentialRun {
    /// The profile of the oracle.
    pub profile: Profile,
    /// The case as the target ran it, with plain numbers.
    pub case: Case,
    /// The steps that were left out of the case, in order.
    pub left_out: Vec<LeftOut>,
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
        DifferentialRun::without(case, Vec::new(), oracle, target, options)
    }

    /// Like [`DifferentialRun::of`], and leaves out the steps at these places for these reasons.
    ///
    /// # Errors
    /// As [`DifferentialRun::of`].
    pub fn without(
        case: Case,
        mut without: Vec<(usize, Reason)>,
        oracle: &mut Oracle,
        target: &mut dyn Target,
        options: &AnswerOptions<'_>,
    ) -> Result<DifferentialRun, TargetError> {
        let full = options.with_detail(Detail::Full);
        let mut run = DifferentialRun::once(case, without.clone(), oracle, target, options)?;
        // Under `Detail::Quick` a divergence can be seen some steps late, in a bucket that happens to be known.
        if run.comparison.cut.is_some() && options.detail == Detail::Quick {
            run = DifferentialRun::once(run.whole(), without.clone(), oracle, target, &full)?;
        }
        let (mut known, mut rounds) = (Vec::new(), 0);
        while let (Some(step), true) = (run.comparison.cut, rounds < limits::LEFT_OUT) {
            known.extend(std::mem::take(&mut run.comparison.known).into_iter().filter(|(at, _)| *at == step));
            without.push((run.place(run.case.step_to_leave_out(step)), Kind::KnownDivergence.into()));
            rounds += 1;
            run = DifferentialRun::once(run.whole(), without.clone(), oracle, target, &full)?;
        }
        run.comparison.known.extend(known);
        Ok(run)
    }

    fn once(
        case: Case,
        without: Vec<(usize, Reason)>,
        oracle: &mut Oracle,
        target: &mut dyn Target,
        options: &AnswerOptions<'_>,
    ) -> Result<DifferentialRun, TargetError> {
        let answered = oracle.answer_without(case, options, without)?;
        let mut actual = run_expected(&answered, target, options.detail, None)?;
        let Expected { case, expected, left_out } = answered;
        confirm_leaks(&case, target, options.detail, &mut actual)?;
        let comparison = compare(&case, &expected, &actual, options.known);
        Ok(DifferentialRun { profile: oracle.profile(), case, left_out, expected, actual, comparison })
    }

    /// The whole case, with the steps that were left out.
    #[must_use]
    pub fn whole(&self) -> Case {
        self.case.clone().restored(self.left_out.iter().map(|step| (step.place, step.step.clone())))
    }

    /// The number of steps of the whole case.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.case.steps.len() + self.left_out.len()
    }

    /// The place of a step of the case in the whole case, counted from 0.
    #[must_use]
    pub fn place(&self, step: usize) -> usize {
        self.left_out.iter().fold(step, |place, left_out| if left_out.place <= place { place + 1 } else { place })
    }

    /// The same run, compared from a step of the whole case on, counted from 0.
    #[must_use]
    pub fn compared_from(self, first: usize) -> DifferentialRun {
        let first = (0..self.case.steps.len()).take_while(|step| self.place(*step) < first).count();
        let comparison = compare_from(first, &self.case, &self.expected, &self.actual, &Patterns::default());
        DifferentialRun { comparison, ..self }
    }

    /// The places of the whole case at which a step was to be run and compared, counted from 0.
    #[must_use]
    pub fn part(&self) -> Range<usize> {
        let first = self.comparison.begins.checked_sub(1).map_or(0, |before| self.place(before) + 1);
        let mut end = self.steps();
        let is_later = |step: &&LeftOut| step.reason.kind == Kind::AfterLast;
        for step in self.left_out.iter().rev().take_while(is_later) {
            end -= usize::from(step.place + 1 == end);
        }
        first..end
    }

    /// Every step of the whole case that was not compared, in order: those left out, and those before and after the comparison.
    #[must_use]
    pub fn not_compared(&self) -> Vec<LeftOut> {
        let Comparison { begins, compared, .. } = self.comparison;
        let not_compared = |number: usize, reason| LeftOut {
            place: self.place(number),
            step: self.case.steps[number].clone(),
            reason,
        };
        let earlier = (0..begins).map(|number| not_compared(number, Kind::BeforeFirst.into()));
        let later = (compared..self.case.steps.len())
            .map(|number| not_compared(number, self.comparison.reason_not_compared(number)));
        let mut all: Vec<_> = self.left_out.iter().cloned().chain(earlier).chain(later).collect();
        all.sort_by_key(|step| step.place);
        all
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
