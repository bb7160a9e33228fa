//! The differential run of a case: on the oracle, on a target, and compared.

use crate::compare::{Comparison, compare};
use crate::limits;
use crate::oracle::{Expected, Oracle};
use mmapcheck_spec::{Case, Detail, Leaks, Profile, Target, TargetError, Trace, repair};

/// A case, both its traces, and how they compare.
#[derive(Clone, Debug)]
pub struct DifferentialRun {
    /// The rules it was judged by.
    pub profile: Profile,
    /// The case, its numbers plain.
    pub case: Case,
    /// What the reference did.
    pub expected: Trace,
    /// What the target did.
    pub actual: Trace,
    /// Where they part.
    pub comparison: Comparison,
}
impl Expected {
    /// Runs the case on a target.
    ///
    /// # Errors
    /// Where the target could not be used at all.
    pub fn run_on(&self, target: &mut dyn Target, detail: Detail) -> Result<Trace, TargetError> {
        match self.expected.death() {
            Some(_) => target.run_to_death(&self.case, detail),
            None => target.run(&self.case, detail),
        }
    }
}

/// Runs a case that has left something behind again and again: what counts is what it leaves each time.
///
/// # Errors
/// Where the target could not be used at all.
pub fn look_for_leaks(
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

impl Oracle {
    /// Runs a case on the reference and a target and compares. A step after which the two are apart in a known way is left
    /// out, and the case run once more, so that what comes after it is compared too.
    ///
    /// # Errors
    /// Where either could not be used at all.
    pub fn compare(
        &mut self,
        case: Case,
        target: &mut dyn Target,
        detail: Detail,
    ) -> Result<DifferentialRun, TargetError> {
        let mut compared = self.compare_once(case, target, detail)?;
        // In a hurry a divergence can be seen later than it came about, as one of a kind that happens to be known.
        if compared.comparison.cut.is_some() && detail == Detail::Quick {
            compared = self.compare_once(compared.case, target, Detail::Full)?;
        }
        let mut left_out = Vec::new();
        while let (Some(step), true) = (compared.comparison.cut, left_out.len() < limits::LEFT_OUT) {
            left_out.extend(compared.comparison.known.into_iter().filter(|(at, _)| *at == step));
            let mut case = compared.case;
            case.steps.remove(step);
            repair(&mut case);
            compared = self.compare_once(case, target, Detail::Full)?;
        }
        compared.comparison.known.extend(left_out);
        Ok(compared)
    }

    fn compare_once(
        &mut self,
        case: Case,
        target: &mut dyn Target,
        detail: Detail,
    ) -> Result<DifferentialRun, TargetError> {
        let answered = self.answer(case, detail)?;
        let mut actual = answered.run_on(target, detail)?;
        let Expected { case, expected } = answered;
        look_for_leaks(&case, target, detail, &mut actual)?;
        let comparison = compare(&case, &expected, &actual, self.rules());
        Ok(DifferentialRun { profile: self.profile(), case, expected, actual, comparison })
    }
}
