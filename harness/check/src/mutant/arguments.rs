//! Bugs of mutants in the conversion of arguments of unusual types.

use super::steps::{StepResult, raised, with_args};
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Arg, BytesLike, IntClass, Num, Outcome, Step, Stepper};

pub(super) fn calls_index(m: &mut Reference, step: &Step) -> StepResult {
    with_args(m, step, |arg| match arg {
        Arg::OfInt(IntClass::WithIndex, num) => Some(Arg::Int(Num { plus: num.plus.saturating_add(1), ..*num })),
        _ => None,
    })
}

pub(super) fn no_int_subclass(m: &mut Reference, step: &Step) -> StepResult {
    let is_one = step.args.iter().any(|given| matches!(given.arg, Arg::OfInt(..)));
    match m.step(step)? {
        Outcome::Value(_) if is_one => raised("TypeError", "mmap indices must be integers"),
        answer => Ok(answer),
    }
}

pub(super) fn whole_floats(m: &mut Reference, step: &Step) -> StepResult {
    with_args(m, step, |arg| match arg {
        Arg::Float(float) if float.value().fract() == 0.0 => Some(Arg::int(float.value() as i128)),
        _ => None,
    })
}

pub(super) fn text_as_bytes(m: &mut Reference, step: &Step) -> StepResult {
    with_args(m, step, |arg| match arg {
        Arg::Text(text) => Some(Arg::Bytes(BytesLike::Bytes, text.encoded().to_vec())),
        _ => None,
    })
}
