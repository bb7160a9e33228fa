//! Bugs of mutants with long maps, long arguments and many maps.

use super::steps::{EMFILE, StepResult, needle, number, plain_int, raised, with_int};
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Arg, Op, Outcome, PassedArg, Raise, Slot, Step, Stepper, Value};

/// The values of 16 bits.
const WIDE: i128 = 1 << 16;

/// Whether a search may use an algorithm for long needles.
fn is_long_search(m: &mut Reference, step: &Step) -> bool {
    needle(step).is_some_and(|needle| needle.len() >= 100) && number(m, step, Op::Len) >= Some(20_000)
}

pub(super) fn long_needle_missed(m: &mut Reference, step: &Step) -> StepResult {
    let is_long = is_long_search(m, step);
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Int(0..)) if is_long => Outcome::Value(Value::Int(-1)),
        outcome => outcome,
    })
}

/// Finds a long needle without its last byte.
pub(super) fn long_needle_cut(m: &mut Reference, step: &Step) -> StepResult {
    let mut step = step.clone();
    if let (true, Some(PassedArg { arg: Arg::Bytes(_, bytes), .. })) = (is_long_search(m, &step), step.args.first_mut())
    {
        bytes.pop();
    }
    m.step(&step)
}

/// The step with the low 16 bits of a number; the same step if it raises, or if the number is negative.
pub(super) fn low_16_bits(m: &mut Reference, step: &Step, place: usize) -> StepResult {
    match plain_int(step, place) {
        Some(value) if value >= WIDE && Some(value) < number(m, step, Op::Len) => {
            m.step(&with_int(step, place, value % WIDE))
        }
        _ => m.step(step),
    }
}

pub(super) fn write_of_16_bits(m: &mut Reference, step: &Step) -> StepResult {
    let room = number(m, step, Op::Len).zip(number(m, step, Op::Tell)).map_or(0, |(len, position)| len - position);
    let mut step = step.clone();
    if let Some(PassedArg { arg: Arg::Bytes(_, bytes), .. }) = step.args.first_mut()
        && bytes.len() as i128 <= room
    {
        bytes.truncate(bytes.len() % WIDE as usize);
    }
    m.step(&step)
}

pub(super) fn no_flush_at_end(m: &mut Reference, step: &Step) -> StepResult {
    let is_at_end =
        plain_int(step, 0).is_some_and(|offset| offset > 0) && plain_int(step, 0) == number(m, step, Op::Len);
    let answer = m.step(step)?;
    match answer {
        Outcome::Value(_) if is_at_end => raised("ValueError", "flush values out of range"),
        answer => Ok(answer),
    }
}

/// Refuses a map beside eight open ones.
pub(super) fn eight_maps(m: &mut Reference, step: &Step) -> StepResult {
    let is_open =
        |m: &mut Reference, slot| m.step(&Step::new(Op::Closed, slot, [])) == Ok(Outcome::Value(Value::Bool(false)));
    let open = (0..step.bind).filter(|slot: &Slot| is_open(m, *slot)).count();
    if step.op == Op::New && open >= 8 {
        return Ok(Outcome::Raised(Raise { errno: Some(EMFILE), ..Raise::new("OSError", "Too many open files") }));
    }
    m.step(step)
}
