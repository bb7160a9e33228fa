//! Bugs of mutants in uses of a map as an object or as bytes, and in the layout of views.

use super::steps::{PAGE, StepResult, boolean, number, plain_int, with_int};
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Arg, Op, Outcome, Step, Stepper, Value};

/// Does a step, and changes its value.
pub(super) fn changed(m: &mut Reference, step: &Step, change: impl FnOnce(Value) -> Value) -> StepResult {
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(value) => Outcome::Value(change(value)),
        raised @ Outcome::Raised(_) => raised,
    })
}

pub(super) fn calling_close(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step);
    // Closing a closed map again has an effect only in the subclass.
    let _ = m.step(&Step::new(Op::Close, step.on, []));
    answer
}

pub(super) fn of_base(m: &mut Reference, step: &Step) -> StepResult {
    changed(m, step, |value| match value {
        Value::Text(text) => Value::Text(text.replace("<Sub", "<mmap.mmap")),
        value => value,
    })
}

pub(super) fn iterable(m: &mut Reference, step: &Step) -> StepResult {
    changed(m, step, |_| Value::Tuple([true, true, true, false].map(Value::Bool).into()))
}

pub(super) fn short_bytes(m: &mut Reference, step: &Step) -> StepResult {
    changed(m, step, |value| match value {
        Value::Bytes(bytes) => Value::Bytes(bytes[..bytes.len().saturating_sub(1)].to_vec()),
        value => value,
    })
}

pub(super) fn cut_text(m: &mut Reference, step: &Step) -> StepResult {
    changed(m, step, |value| match value {
        Value::Text(text) => Value::Text(text.split('\0').next().unwrap_or_default().to_owned()),
        value => value,
    })
}

pub(super) fn upper_case(m: &mut Reference, step: &Step) -> StepResult {
    changed(m, step, |value| match value {
        Value::Text(text) => Value::Text(text.to_uppercase()),
        value => value,
    })
}

pub(super) fn first_page(m: &mut Reference, step: &Step) -> StepResult {
    match number(m, step, Op::Len) {
        Some(len) if len > PAGE => boolean(false),
        _ => m.step(step),
    }
}

pub(super) fn from_position(m: &mut Reference, step: &Step) -> StepResult {
    let pos = number(m, step, Op::Tell).unwrap_or(0) as usize;
    changed(m, step, |value| match value {
        Value::Bytes(bytes) => Value::Bytes(bytes.get(pos..).unwrap_or_default().to_vec()),
        value => value,
    })
}

pub(super) fn from_the_end(m: &mut Reference, step: &Step) -> StepResult {
    match (plain_int(step, 0), number(m, step, Op::Len)) {
        (Some(offset), Some(len)) if offset < 0 && offset + len >= 0 => m.step(&with_int(step, 0, offset + len)),
        _ => m.step(step),
    }
}

pub(super) fn next_byte(m: &mut Reference, step: &Step) -> StepResult {
    match plain_int(step, 0) {
        Some(offset) if offset >= 0 => m.step(&with_int(step, 0, offset + 1)),
        _ => m.step(step),
    }
}

/// The view as it is, in place of a view derived from it.
pub(super) fn writable_view(m: &mut Reference, step: &Step) -> StepResult {
    m.step(&Step { bind: step.bind, ..Step::new(Op::SubView, step.on, [Arg::Omitted, Arg::Omitted]) })
}

pub(super) fn rows_swapped(m: &mut Reference, step: &Step) -> StepResult {
    changed(m, step, |value| match value {
        Value::List(rows) => Value::List(rows.into_iter().rev().collect()),
        value => value,
    })
}

pub(super) fn without_stride(m: &mut Reference, step: &Step) -> StepResult {
    changed(m, step, |value| match value {
        Value::Tuple(mut parts) if parts.len() == 5 => {
            parts[3] = Value::Tuple(vec![parts[1].clone()]);
            Value::Tuple(parts)
        }
        value => value,
    })
}

pub(super) fn as_bytes(m: &mut Reference, step: &Step) -> StepResult {
    let single = |item: Value| match item {
        Value::Int(byte) => Value::Bytes(vec![byte as u8]),
        item => item,
    };
    changed(m, step, |value| match value {
        Value::List(items) => Value::List(items.into_iter().map(single).collect()),
        value => value,
    })
}

pub(super) fn byte_instead(m: &mut Reference, step: &Step) -> StepResult {
    changed(m, step, |value| match value {
        Value::Int(number) => Value::Int(number & 0xff),
        value => value,
    })
}
