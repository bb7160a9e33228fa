//! Bugs of mutants with dead memory, and deaths of a process that should live.
//!
//! The reference itself does not die: a death is the result of its step.

use super::steps::{PAGE, StepResult, none, number, raised};
use mmapcheck_reference::Reference;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{Arg, BytesLike, End, Op, Outcome, Signal, Step, Stepper, Value};

pub(super) const SIGBUS: i32 = LINUX.signal(Signal::Bus);
pub(super) const SIGSEGV: i32 = LINUX.signal(Signal::Segv);

fn dies(answer: &StepResult) -> bool {
    matches!(answer, Err(End::Died(_)))
}

pub(super) fn dead_zeros(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step);
    if step.op == Op::GetItem && dies(&answer) { Ok(Outcome::Value(Value::Int(0))) } else { answer }
}

pub(super) fn dead_writes(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step);
    if step.op == Op::SetItem && dies(&answer) { none() } else { answer }
}

pub(super) fn dead_raises(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step);
    if dies(&answer) { raised("ValueError", "the file is shorter than its map") } else { answer }
}

/// Dies of the signal `wrong` instead of `right`.
pub(super) fn dies_of(m: &mut Reference, step: &Step, right: i32, wrong: i32) -> StepResult {
    let answer = m.step(step);
    if answer == Err(End::Died(right)) { Err(End::Died(wrong)) } else { answer }
}

type Test = fn(&mut Reference, &Step) -> bool;

/// Dies in a step of this operation that has a value.
pub(super) fn dies_if(m: &mut Reference, step: &Step, op: Op, deadly: Test, signal: i32) -> StepResult {
    let deadly = step.op == op && deadly(m, step);
    let answer = m.step(step);
    if deadly && matches!(answer, Ok(Outcome::Value(_))) { Err(End::Died(signal)) } else { answer }
}

/// Whether the last byte of the map is dead.
pub(super) fn has_dead_pages(m: &mut Reference, step: &Step) -> bool {
    dies(&m.step(&Step::new(Op::GetItem, step.on, [Arg::int(-1)])))
}

pub(super) fn tail_is_dead(m: &mut Reference, step: &Step) -> StepResult {
    let size = if step.op == Op::Read { number(m, step, Op::Size) } else { None };
    let answer = m.step(step);
    match (&answer, size, number(m, step, Op::Tell)) {
        (Ok(Outcome::Value(_)), Some(size), Some(pos)) if pos > size => Err(End::Died(SIGBUS)),
        _ => answer,
    }
}

/// Whether the step is a search without a match, in a map that ends at the end of a page.
pub(super) fn searches_to_a_page(m: &mut Reference, step: &Step) -> bool {
    let whole = number(m, step, Op::Len).is_some_and(|len| len > 0 && len % PAGE == 0);
    whole && m.step(step) == Ok(Outcome::Value(Value::Int(-1)))
}

pub(super) fn is_given_a_view(step: &Step) -> bool {
    matches!(step.args.first().map(|given| &given.arg), Some(Arg::Bytes(BytesLike::View, bytes)) if !bytes.is_empty())
}
