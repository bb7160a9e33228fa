//! Bugs of mutants in `fork`, and in `wait` for a child process.

use super::steps::{StepResult, number, seek};
use mmapcheck_reference::{MemoryStore, Reference};
use mmapcheck_spec::{Arg, Op, Outcome, PassedArg, SLOTS, Slot, Step, Stepper, Value, constants};

fn map(op: Op, slot: Slot, args: impl IntoIterator<Item = Arg>) -> Step {
    Step::new(op, slot, args)
}

fn slots() -> impl Iterator<Item = Slot> {
    0..SLOTS as Slot
}

/// At the end of a child process, makes its parent's maps like the child's. `change` returns the step that gives a map the
/// state it has now.
pub(super) fn at_wait(
    m: &mut Reference<MemoryStore>,
    step: &Step,
    change: fn(&mut Reference<MemoryStore>, Slot) -> Option<Step>,
) -> StepResult {
    if step.op != Op::Wait {
        return m.step(step);
    }
    let child: Vec<(Slot, Option<Step>)> = slots().map(|slot| (slot, change(m, slot))).collect();
    let answer = m.step(step);
    for (slot, step) in child {
        if let Some(step) = step.filter(|step| change(m, slot).as_ref() != Some(step)) {
            // If the parent has no such map or cannot do the step, the bug does not show.
            let _ = m.step(&step);
        }
    }
    answer
}

/// Changes each map of a child process that has just started.
pub(super) fn at_fork(
    m: &mut Reference<MemoryStore>,
    step: &Step,
    change: fn(&mut Reference<MemoryStore>, Slot) -> Option<()>,
) -> StepResult {
    let answer = m.step(step)?;
    if step.op == Op::Fork {
        slots().for_each(|slot| change(m, slot).unwrap_or_default());
    }
    Ok(answer)
}

pub(super) fn position_of(m: &mut Reference<MemoryStore>, slot: Slot) -> Option<Step> {
    let pos = number(m, &map(Op::Tell, slot, []), Op::Tell)?;
    Some(map(Op::Seek, slot, [Arg::int(pos)]))
}

pub(super) fn close_of(m: &mut Reference<MemoryStore>, slot: Slot) -> Option<Step> {
    let closed = m.step(&map(Op::Closed, slot, [])) == Ok(Outcome::Value(Value::Bool(true)));
    closed.then(|| map(Op::Close, slot, []))
}

pub(super) fn length_of(m: &mut Reference<MemoryStore>, slot: Slot) -> Option<Step> {
    let len = number(m, &map(Op::Len, slot, []), Op::Len)?;
    Some(map(Op::Resize, slot, [Arg::int(len)]))
}

fn bytes(m: &mut Reference<MemoryStore>, slot: Slot) -> Option<Vec<u8>> {
    match m.step(&map(Op::GetSlice, slot, [Arg::Omitted, Arg::Omitted])) {
        Ok(Outcome::Value(Value::Bytes(bytes))) => Some(bytes),
        _ => None,
    }
}

pub(super) fn bytes_of(m: &mut Reference<MemoryStore>, slot: Slot) -> Option<Step> {
    let bytes = bytes(m, slot)?;
    Some(map(Op::SetSlice, slot, [Arg::Omitted, Arg::Omitted, Arg::bytes(&bytes)]))
}

pub(super) fn first_position(m: &mut Reference<MemoryStore>, slot: Slot) -> Option<()> {
    seek(m, &map(Op::Seek, slot, []), 0);
    Some(())
}

/// Whether a map is anonymous: `size()` raises.
fn is_anonymous(m: &mut Reference<MemoryStore>, slot: Slot) -> bool {
    matches!(m.step(&map(Op::Size, slot, [])), Ok(Outcome::Raised(_)))
}

/// Replaces a map by a new one made with this constant, with the same bytes and position.
fn remake(m: &mut Reference<MemoryStore>, slot: Slot, of: Arg, keyword: &'static str, constant: &str) -> Option<()> {
    let (bytes, pos) = (bytes(m, slot)?, number(m, &map(Op::Tell, slot, []), Op::Tell)?);
    let kind = Arg::Flags(smallvec::smallvec![constants::place(constant)?]);
    let mut new = Step { bind: slot, ..map(Op::New, 0, [of, Arg::int(bytes.len() as i128)]) };
    new.args.push(PassedArg::named(keyword, kind));
    m.step(&new).ok()?;
    m.step(&map(Op::SetSlice, slot, [Arg::Omitted, Arg::Omitted, Arg::bytes(&bytes)])).ok()?;
    seek(m, &map(Op::Seek, slot, []), pos);
    Some(())
}

pub(super) fn unshared(m: &mut Reference<MemoryStore>, slot: Slot) -> Option<()> {
    if is_anonymous(m, slot) { remake(m, slot, Arg::int(-1), "flags", "MAP_PRIVATE") } else { None }
}

pub(super) fn as_of_a_copy(m: &mut Reference<MemoryStore>, slot: Slot) -> Option<()> {
    if is_anonymous(m, slot) { None } else { remake(m, slot, Arg::Fd(0), "access", "ACCESS_COPY") }
}
