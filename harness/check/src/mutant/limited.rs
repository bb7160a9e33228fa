//! Bugs of mutants with a resource limit.

use super::steps::{EFBIG, EMFILE, ENOMEM, StepResult, number};
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Arg, LimitOp, Op, Outcome, Raise, Step, Stepper};

fn errno(answer: &StepResult) -> Option<i32> {
    if let Ok(Outcome::Raised(raise)) = answer { raise.errno } else { None }
}

/// The `errno` of a step that exceeds a limit, and the step that lifts the limit.
fn lifted(limit: LimitOp) -> (i32, Step) {
    let number = match limit {
        LimitOp::LimitFile => EFBIG,
        LimitOp::LimitOpen => EMFILE,
        LimitOp::LimitMemory => ENOMEM,
    };
    (number, Step::new(limit.into(), 0, [Arg::int(limit.high())]))
}

/// Does a step that exceeds the limit all the same. The limit is lifted from then on.
pub(super) fn granted(m: &mut Reference, step: &Step, limit: LimitOp) -> StepResult {
    let answer = m.step(step);
    let (number, lift) = lifted(limit);
    if errno(&answer) != Some(number) {
        return answer;
    }
    m.step(&lift)?;
    m.step(step)
}

/// Does a step that exceeds the limit all the same, and raises the exception as well.
pub(super) fn in_spite(m: &mut Reference, step: &Step, limit: LimitOp) -> StepResult {
    let answer = m.step(step);
    let (number, lift) = lifted(limit);
    if errno(&answer) == Some(number) {
        m.step(&lift)?;
        m.step(step)?;
    }
    answer
}

/// The outcome, with another `errno`.
pub(super) fn renumbered(outcome: Outcome, from: i32, to: i32) -> Outcome {
    match outcome {
        Outcome::Raised(raise) if raise.errno == Some(from) => Outcome::Raised(Raise { errno: Some(to), ..raise }),
        outcome => outcome,
    }
}

/// Gives the file the length of its map again if the map gets no memory.
pub(super) fn put_back(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step);
    if let (Some(ENOMEM), Some(len)) = (errno(&answer), number(m, step, Op::Len)) {
        m.step(&Step::new(Op::Resize, step.on, [Arg::int(len)]))?;
    }
    answer
}

/// Closes the map if the answer has this `errno`.
pub(super) fn closed_for(m: &mut Reference, step: &Step, number: i32) -> StepResult {
    let answer = m.step(step);
    if errno(&answer) == Some(number) {
        m.step(&Step::new(Op::Close, step.on, []))?;
    }
    answer
}
