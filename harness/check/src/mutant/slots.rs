//! Bugs of mutants in the slots of the type of maps.

use super::steps::{StepResult, as_op, first_args, plain_int, raised};
use super::using::changed;
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Arg, Op, Outcome, PassedArg, SLOTS, Slot, Step, Stepper, Value};

pub(super) fn not_from_the_end(m: &mut Reference, step: &Step) -> StepResult {
    match (m.step(step), plain_int(step, 0)) {
        (Ok(Outcome::Value(_)), Some(..0)) => raised("IndexError", "mmap index out of range"),
        (answer, _) => answer,
    }
}

/// Assigns the byte that is there.
pub(super) fn kept_item(m: &mut Reference, step: &Step) -> StepResult {
    let item = m.step(&as_op(&first_args(step, 1), Op::SequenceGetItem));
    let answer = m.step(step)?;
    if let (Ok(Outcome::Value(Value::Bytes(byte))), Outcome::Value(_)) = (item, &answer) {
        let mut back = step.clone();
        back.args[1] = PassedArg::plain(Arg::bytes(&byte));
        let _ = m.step(&back);
    }
    Ok(answer)
}

/// Takes a missing value for a zero.
pub(super) fn zeroed_item(m: &mut Reference, step: &Step) -> StepResult {
    let mut zero = as_op(step, Op::SequenceSetItem);
    zero.args.push(PassedArg::plain(Arg::bytes(b"\0")));
    m.step(&zero)
}

/// A buffer with another part.
pub(super) fn with_part(m: &mut Reference, step: &Step, place: usize, part: Value) -> StepResult {
    changed(m, step, |value| match value {
        Value::Tuple(mut parts) if place < parts.len() => {
            parts[place] = part;
            Value::Tuple(parts)
        }
        value => value,
    })
}

/// Counts an export that is refused.
pub(super) fn kept_buffer(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    if matches!(&answer, Outcome::Raised(raise) if raise.class == "BufferError") {
        let _ = m.step(&Step { bind: (SLOTS - 1) as Slot, ..Step::new(Op::View, step.on, []) });
    }
    Ok(answer)
}
