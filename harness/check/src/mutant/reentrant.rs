//! Bugs of mutants with callback arguments, and with buffers held meanwhile.

use super::steps::{StepResult, none, number, plain_int, seek};
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Arg, Op, Outcome, SLOTS, Slot, Step, Stepper, Value};

fn callbacks(step: &Step, op: Op) -> bool {
    step.callback().is_some_and(|callback| callback.op == op)
}

/// The step without its callback.
fn inert(step: &Step) -> Step {
    let mut step = step.clone();
    step.args.iter_mut().for_each(|given| given.arg = std::mem::replace(&mut given.arg, Arg::None).without_callback());
    step
}

fn is_refused(answer: &Outcome, class: &str, words: &str) -> bool {
    matches!(answer, Outcome::Raised(raise) if raise.class == class && raise.message.contains(words))
}

pub(super) fn used_after_close(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    if callbacks(step, Op::Close) && is_refused(&answer, "ValueError", "closed") { none() } else { Ok(answer) }
}

pub(super) fn stale_end(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    if callbacks(step, Op::Resize) && is_refused(&answer, "IndexError", "") { none() } else { Ok(answer) }
}

pub(super) fn stale_length(m: &mut Reference, step: &Step) -> StepResult {
    let before = number(m, step, Op::Len);
    let answer = m.step(step)?;
    let wanted = match step.args.first().map(|given| &given.arg) {
        Some(Arg::IndexAfter(num, _)) => num.as_plain(),
        _ => None,
    };
    Ok(match answer {
        Outcome::Value(Value::Bytes(mut bytes))
            if callbacks(step, Op::Resize)
                && number(m, step, Op::Len) < before
                && wanted > Some(bytes.len() as i128) =>
        {
            bytes.push(0);
            Outcome::Value(Value::Bytes(bytes))
        }
        answer => answer,
    })
}

pub(super) fn converted_twice(m: &mut Reference, step: &Step) -> StepResult {
    if let Some(callback) = step.callback() {
        m.step(callback)?;
    }
    m.step(step)
}

pub(super) fn stale_position(m: &mut Reference, step: &Step) -> StepResult {
    let Some(callback) = step.callback().filter(|callback| callback.op == Op::Seek) else { return m.step(step) };
    let before = number(m, step, Op::Tell);
    m.step(callback)?;
    seek(m, step, before.unwrap_or(0));
    m.step(&inert(step))
}

pub(super) fn lost_exception(m: &mut Reference, step: &Step) -> StepResult {
    let Some(callback) = step.callback() else { return m.step(step) };
    m.step(callback)?;
    m.step(&inert(step))
}

pub(super) fn never_asked(m: &mut Reference, step: &Step) -> StepResult {
    m.step(&inert(step))
}

/// Keeps the buffer of a needle if the search fails after taking it.
pub(super) fn lost_export(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    let map = step.args.first().map(|given| &given.arg);
    if let (Outcome::Raised(_), Some(Arg::Map(map)), true) = (&answer, map, step.args.len() > 1) {
        // A closed map has no buffer to keep.
        let _ = m.step(&Step { bind: (SLOTS - 1) as Slot, ..Step::new(Op::View, *map, []) });
    }
    Ok(answer)
}

/// Checks the range of a seek against the length from before a shrink.
pub(super) fn stale_range(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    let from_start = plain_int(step, 1).unwrap_or(0) == 0;
    if from_start && callbacks(step, Op::Resize) && is_refused(&answer, "ValueError", "out of range") {
        return none();
    }
    Ok(answer)
}
