//! Steps and results that mutants are built from.

use mmapcheck_reference::Reference;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{Arg, End, Op, Outcome, Raise, Step, Stepper, SystemError, Value};

/// The size in bytes of a page of Linux: mutants run on its files.
pub(super) const PAGE: i128 = LINUX.page.bytes() as i128;

/// System errors of Linux.
pub(super) const EFBIG: i32 = LINUX.errno(SystemError::FileTooLarge);
pub(super) const EINVAL: i32 = LINUX.errno(SystemError::InvalidArgument);
pub(super) const EMFILE: i32 = LINUX.errno(SystemError::TooManyFiles);
pub(super) const ENOMEM: i32 = LINUX.errno(SystemError::NoMemory);

/// The result of a step.
pub(super) type StepResult = Result<Outcome, End>;

pub(super) fn none() -> StepResult {
    Ok(Outcome::Value(Value::None))
}

pub(super) fn boolean(value: bool) -> StepResult {
    Ok(Outcome::Value(Value::Bool(value)))
}

pub(super) fn text(text: &str) -> StepResult {
    Ok(Outcome::Value(Value::Text(text.into())))
}

pub(super) fn as_op(step: &Step, op: Op) -> Step {
    Step { op, ..step.clone() }
}

pub(super) fn first_args(step: &Step, many: usize) -> Step {
    let mut step = step.clone();
    step.args.truncate(many);
    step
}

pub(super) fn plain_int(step: &Step, place: usize) -> Option<i128> {
    match step.args.get(place).map(|given| &given.arg) {
        Some(Arg::Int(num)) => num.as_plain(),
        _ => None,
    }
}

pub(super) fn with_int(step: &Step, place: usize, value: i128) -> Step {
    let mut step = step.clone();
    if let Some(given) = step.args.get_mut(place) {
        given.arg = Arg::int(value);
    }
    step
}

pub(super) fn map_int(answer: StepResult, change: fn(i128) -> i128) -> StepResult {
    answer.map(|outcome| match outcome {
        Outcome::Value(Value::Int(value)) => Outcome::Value(Value::Int(change(value))),
        outcome => outcome,
    })
}

pub(super) fn number(m: &mut impl Stepper, step: &Step, op: Op) -> Option<i128> {
    match m.step(&Step::new(op, step.on, [])) {
        Ok(Outcome::Value(Value::Int(value))) => Some(value),
        _ => None,
    }
}

pub(super) fn seek(m: &mut impl Stepper, step: &Step, pos: i128) {
    // A position out of range after a shrink is refused and stays, which is wrong as well.
    let _ = m.step(&Step::new(Op::Seek, step.on, [Arg::int(pos)]));
}

pub(super) fn needle(step: &Step) -> Option<&[u8]> {
    match step.args.first().map(|given| &given.arg) {
        Some(Arg::Bytes(_, bytes)) => Some(bytes),
        _ => None,
    }
}

pub(super) fn raised(class: &'static str, message: &'static str) -> StepResult {
    Ok(Outcome::Raised(Raise::new(class, message)))
}

/// Does a step with other arguments. `change` gives the argument in place of one, or none.
pub(super) fn with_args(m: &mut Reference, step: &Step, change: impl Fn(&Arg) -> Option<Arg>) -> StepResult {
    let mut step = step.clone();
    for given in &mut step.args {
        if let Some(arg) = change(&given.arg) {
            given.arg = arg;
        }
    }
    m.step(&step)
}
