//! Bugs of mutants that do a single step wrong.

use super::steps::{
    EINVAL, PAGE, StepResult, as_op, boolean, first_args, needle, none, number, plain_int, raised, seek, with_int,
};
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Arg, ObjectKind, Op, Outcome, PassedArg, Raise, Step, Stepper, Value, constants};

/// Does the steps of one operation by `bug`.
pub(super) fn on(m: &mut Reference, step: &Step, op: Op, bug: fn(&mut Reference, &Step) -> StepResult) -> StepResult {
    // A step in which the bug would touch dead memory is done right: the bug is not about deaths.
    if step.op == op { bug(m, step).or_else(|_| m.step(step)) } else { m.step(step) }
}

/// Turns an exception of one operation into a silent success: an exception of this class whose message contains `words`.
pub(super) fn forgive(m: &mut Reference, step: &Step, op: Op, class: &str, words: &str) -> StepResult {
    forgive_with(m, step, op, class, words, Value::None)
}

pub(super) fn forgive_with(
    m: &mut Reference,
    step: &Step,
    op: Op,
    class: &str,
    words: &str,
    value: Value,
) -> StepResult {
    let answer = m.step(step)?;
    let refused = |raise: &Raise| raise.class == class && raise.message.contains(words);
    match &answer {
        Outcome::Raised(raise) if step.op == op && refused(raise) => Ok(Outcome::Value(value)),
        _ => Ok(answer),
    }
}

pub(super) fn from_zero(m: &mut Reference, step: &Step) -> StepResult {
    let mut step = step.clone();
    if step.args.len() == 1 {
        step.args.push(PassedArg::plain(Arg::int(0)));
    }
    m.step(&step)
}

pub(super) fn relative_find(m: &mut Reference, step: &Step) -> StepResult {
    let start = plain_int(step, 1).unwrap_or(0).max(0);
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Int(found)) if found >= start => Outcome::Value(Value::Int(found - start)),
        outcome => outcome,
    })
}

pub(super) fn empty_needle(m: &mut Reference, step: &Step) -> StepResult {
    let empty = needle(step).is_some_and(<[u8]>::is_empty);
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Int(_)) if empty => Outcome::Value(Value::Int(-1)),
        outcome => outcome,
    })
}

pub(super) fn across_page(m: &mut Reference, step: &Step) -> StepResult {
    let len = needle(step).map_or(0, <[u8]>::len) as i128;
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Int(at)) if at >= 0 && len > 1 && at / PAGE != (at + len - 1) / PAGE => {
            Outcome::Value(Value::Int(-1))
        }
        outcome => outcome,
    })
}

pub(super) fn read_in_place(m: &mut Reference, step: &Step) -> StepResult {
    let pos = number(m, step, Op::Tell);
    let answer = m.step(step);
    if let Some(pos) = pos {
        seek(m, step, pos);
    }
    answer
}

pub(super) fn read_none(m: &mut Reference, step: &Step) -> StepResult {
    let none = step.args.len() == 1 && step.args[0].arg == Arg::None;
    m.step(&if none { with_int(step, 0, 0) } else { step.clone() })
}

pub(super) fn read_negative(m: &mut Reference, step: &Step) -> StepResult {
    let negative = plain_int(step, 0).is_some_and(|n| n < 0 && n > -(1 << 40)) && step.args.len() == 1;
    m.step(&if negative { with_int(step, 0, 0) } else { step.clone() })
}

pub(super) fn chomped(m: &mut Reference, step: &Step) -> StepResult {
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Bytes(line)) => {
            Outcome::Value(Value::Bytes(line.strip_suffix(b"\n").unwrap_or(&line).to_vec()))
        }
        outcome => outcome,
    })
}

pub(super) fn line_to_zero(m: &mut Reference, step: &Step) -> StepResult {
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Bytes(line)) => {
            let end = line.iter().position(|&byte| byte == 0).unwrap_or(line.len());
            Outcome::Value(Value::Bytes(line[..end].to_vec()))
        }
        outcome => outcome,
    })
}

pub(super) fn cut_write(m: &mut Reference, step: &Step) -> StepResult {
    let room = number(m, step, Op::Len).zip(number(m, step, Op::Tell)).map(|(len, pos)| (len - pos).max(0) as usize);
    let mut step = step.clone();
    if let (Some(room), Some(PassedArg { arg: Arg::Bytes(_, bytes), .. })) = (room, step.args.first_mut()) {
        bytes.truncate(room);
    }
    m.step(&step)
}

pub(super) fn wrapped_byte(m: &mut Reference, step: &Step) -> StepResult {
    match plain_int(step, 0) {
        Some(value) if step.args.len() == 1 => m.step(&with_int(step, 0, value.rem_euclid(256))),
        _ => m.step(step),
    }
}

pub(super) fn swapped(step: &Step, from: &str, to: &str) -> Step {
    let mut step = step.clone();
    let (from, to) = (constants::place(from).unwrap_or(0), constants::place(to).unwrap_or(0));
    for given in &mut step.args {
        if let Arg::Flags(places) = &mut given.arg {
            places.iter_mut().filter(|place| **place == from).for_each(|place| *place = to);
        }
    }
    step
}

/// Whether a step names this constant.
pub(super) fn names(step: &Step, constant: &str) -> bool {
    let is_there = |places: &[u8]| constants::place(constant).is_some_and(|place| places.contains(&place));
    step.args.iter().any(|given| matches!(&given.arg, Arg::Flags(places) if is_there(places)))
}

pub(super) fn without_constant(m: &mut Reference, step: &Step, constant: &'static str) -> StepResult {
    if names(step, constant) { raised("AttributeError", constant) } else { m.step(step) }
}

pub(super) fn without_keyword(step: &Step, keyword: &str) -> Step {
    let mut step = step.clone();
    step.args.retain(|given| given.keyword != Some(keyword));
    step
}

pub(super) fn whole_file(m: &mut Reference, step: &Step) -> StepResult {
    let file = matches!(step.args.first(), Some(PassedArg { arg: Arg::Fd(_), .. }));
    match plain_int(step, 1) {
        Some(1..) if file => m.step(&with_int(step, 1, 0)),
        _ => m.step(step),
    }
}

pub(super) fn forward_move(m: &mut Reference, step: &Step) -> StepResult {
    let (Some(dest), Some(src), Some(count)) = (plain_int(step, 0), plain_int(step, 1), plain_int(step, 2)) else {
        return m.step(step);
    };
    let overlaps = src < dest && dest < src + count && count < 1 << 16;
    // A move of the range onto itself checks the range and changes nothing.
    let checked = m.step(&with_int(&with_int(step, 0, dest.max(src)), 1, dest.max(src)))?;
    if !overlaps || checked != Outcome::Value(Value::None) {
        return m.step(step);
    }
    for i in 0..count {
        m.step(&Step::new(Op::Move, step.on, [dest + i, src + i, 1].map(Arg::int)))?;
    }
    none()
}

pub(super) fn no_negative(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    let negative = plain_int(step, 0).is_some_and(|index| index < 0);
    match answer {
        Outcome::Value(_) if negative => Ok(Outcome::Raised(Raise::new("IndexError", "mmap index out of range"))),
        answer => Ok(answer),
    }
}

pub(super) fn clamped_index(m: &mut Reference, step: &Step) -> StepResult {
    let last = number(m, step, Op::Len).map_or(-1, |len| len - 1);
    match plain_int(step, 0) {
        Some(index) if index > last && last >= 0 && index < 1 << 40 => m.step(&with_int(step, 0, last)),
        _ => m.step(step),
    }
}

pub(super) fn whence(step: &Step, from: i128, to: i128) -> Step {
    if step.args.len() == 2 && plain_int(step, 1) == Some(from) { with_int(step, 1, to) } else { step.clone() }
}

pub(super) fn rewinding_resize(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step);
    if answer == none() {
        seek(m, step, 0);
    }
    answer
}

pub(super) fn dirty_resize(m: &mut Reference, step: &Step) -> StepResult {
    let before = number(m, step, Op::Len);
    let answer = m.step(step);
    if let (true, Some(before), Some(after)) = (answer == none(), before, number(m, step, Op::Len))
        && after > before
    {
        m.step(&Step::new(Op::SetItem, step.on, [after - 1, 120].map(Arg::int)))?;
    }
    answer
}

pub(super) fn substring(m: &mut Reference, step: &Step) -> StepResult {
    let found = needle(step).filter(|bytes| bytes.len() > 1).map(Arg::bytes);
    let Some(bytes) = found else { return m.step(step) };
    let answer = m.step(&Step::new(Op::Find, step.on, [bytes, Arg::int(0)]))?;
    match answer {
        Outcome::Value(Value::Int(at)) => boolean(at >= 0),
        _ => m.step(step),
    }
}

pub(super) fn first_byte(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Value(value) => Outcome::Value(byte_as_int(value)),
        outcome => outcome,
    }
}

pub(super) fn byte_as_int(value: Value) -> Value {
    match value {
        Value::Bytes(bytes) if bytes.len() == 1 => Value::Int(i128::from(bytes[0])),
        value => value,
    }
}

pub(super) fn numbers(m: &mut Reference, step: &Step) -> StepResult {
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::List(items)) => Outcome::Value(Value::List(items.into_iter().map(byte_as_int).collect())),
        outcome => outcome,
    })
}

pub(super) fn equal_bytes(m: &mut Reference, step: &Step) -> StepResult {
    let Some(bytes) = needle(step).map(<[u8]>::to_vec) else { return m.step(step) };
    match m.step(&as_op(&first_args(step, 0), Op::Bytes))? {
        Outcome::Value(Value::Bytes(ours)) => boolean(ours == bytes),
        _ => m.step(step),
    }
}

pub(super) fn reworded(outcome: Outcome, from: &str, to: &'static str) -> Outcome {
    match outcome {
        Outcome::Raised(raise) if raise.message == from => Outcome::Raised(Raise { message: to.into(), ..raise }),
        outcome => outcome,
    }
}

pub(super) fn numberless(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Raised(raise) => Outcome::Raised(Raise { errno: None, ..raise }),
        outcome => outcome,
    }
}

pub(super) fn swapped_bytes(step: &Step) -> Step {
    match plain_int(step, 1) {
        Some(value @ 0..65536) => with_int(step, 1, (value % 256) * 256 + value / 256),
        _ => step.clone(),
    }
}

pub(super) fn none_start(m: &mut Reference, step: &Step) -> StepResult {
    let none = step.args.len() > 1 && step.args[1].arg == Arg::None;
    m.step(&if none { with_int(step, 1, 0) } else { step.clone() })
}

pub(super) fn negative_end(m: &mut Reference, step: &Step) -> StepResult {
    let negative = plain_int(step, 2).is_some_and(|end| end < 0);
    m.step(&if negative { first_args(step, 2) } else { step.clone() })
}

/// Cuts a line at a length that depends on its start, and moves the position back to the cut.
pub(super) fn short_line(m: &mut Reference, step: &Step, most: fn(i128) -> i128) -> StepResult {
    let start = number(m, step, Op::Tell).unwrap_or(0);
    let answer = m.step(step)?;
    match answer {
        Outcome::Value(Value::Bytes(line)) if line.len() as i128 > most(start) => {
            seek(m, step, start + most(start));
            Ok(Outcome::Value(Value::Bytes(line[..most(start) as usize].to_vec())))
        }
        answer => Ok(answer),
    }
}

/// Whether the position is past the end of a map that has shrunk.
pub(super) fn beyond(m: &mut Reference, step: &Step) -> bool {
    step.op.row().on == ObjectKind::Map && number(m, step, Op::Tell) > number(m, step, Op::Len)
}

pub(super) fn low_bits(step: &Step) -> Step {
    match plain_int(step, 0) {
        Some(value @ 0..=0x7fff_ffff_ffff_ffff) => with_int(step, 0, value & 0xffff_ffff),
        _ => step.clone(),
    }
}

pub(super) fn moving_write(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    if let (Outcome::Raised(raise), Some(len)) = (&answer, number(m, step, Op::Len))
        && raise.message == "data out of range"
    {
        seek(m, step, len);
    }
    Ok(answer)
}

pub(super) fn no_last_byte(m: &mut Reference, step: &Step) -> StepResult {
    let last = number(m, step, Op::Len).map(|len| len - 1);
    if last.is_some() && number(m, step, Op::Tell) == last && plain_int(step, 0).is_some_and(|byte| byte == 0) {
        return raised("ValueError", "write byte out of range");
    }
    m.step(step)
}

pub(super) fn lazy_resize(m: &mut Reference, step: &Step) -> StepResult {
    let same = plain_int(step, 0).is_some() && plain_int(step, 0) == number(m, step, Op::Len);
    // A negative size is refused last: that exception says that nothing else is wrong with the step.
    let sound = m.step(&with_int(step, 0, -1))?;
    match sound {
        Outcome::Raised(raise) if same && raise.message == "new size out of range" => none(),
        _ => m.step(step),
    }
}

/// Fails as it must, but undoes the effect of the failure on the file.
pub(super) fn harmless_resize(m: &mut Reference, step: &Step) -> StepResult {
    if plain_int(step, 0) != Some(0) {
        return m.step(step);
    }
    let (len, bytes) =
        (number(m, step, Op::Len), m.step(&Step::new(Op::GetSlice, step.on, [Arg::Omitted, Arg::Omitted]))?);
    let answer = m.step(step)?;
    if let (Outcome::Raised(raise), Some(len), Outcome::Value(Value::Bytes(bytes))) = (&answer, len, bytes)
        && raise.errno == Some(EINVAL)
    {
        m.step(&Step::new(Op::Resize, step.on, [Arg::int(len)]))?;
        m.step(&Step::new(Op::SetSlice, step.on, [Arg::Omitted, Arg::Omitted, Arg::bytes(&bytes)]))?;
    }
    Ok(answer)
}

pub(super) fn far_offset(step: &Step) -> bool {
    let offset = step.args.iter().find(|given| given.keyword == Some("offset"));
    matches!(offset, Some(PassedArg { arg: Arg::Int(num), .. }) if num.plus > PAGE)
}

/// The step that makes the map as a private copy, if the step names no access.
pub(super) fn private(step: &Step) -> Step {
    let mut step = step.clone();
    if let ([_, _], Some(place)) = (&step.args[..], constants::place("ACCESS_COPY")) {
        step.args.push(PassedArg::named("access", Arg::Flags(smallvec::smallvec![place])));
    }
    step
}

pub(super) fn no_index_objects(m: &mut Reference, step: &Step) -> StepResult {
    match step.args.first() {
        Some(PassedArg { arg: Arg::Index(_), .. }) => match m.step(step)? {
            Outcome::Value(_) => raised("TypeError", "mmap indices must be integers"),
            answer => Ok(answer),
        },
        _ => m.step(step),
    }
}

pub(super) fn forward_slice(m: &mut Reference, step: &Step) -> StepResult {
    let mut step = step.clone();
    if let (Some(..0), Some(PassedArg { arg: Arg::Bytes(_, bytes), .. })) = (plain_int(&step, 2), step.args.get_mut(3))
    {
        bytes.reverse();
    }
    m.step(&step)
}

/// Whether this view is released.
pub(super) fn released(m: &mut Reference, view: u8) -> bool {
    matches!(m.step(&Step::new(Op::ViewLen, view, [])), Ok(Outcome::Raised(_)))
}

pub(super) fn dead_part(m: &mut Reference, step: &Step) -> StepResult {
    if step.on == 1 && released(m, 0) {
        return raised("ValueError", "operation forbidden on released memoryview object");
    }
    m.step(step)
}

pub(super) fn restarting_next(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    match &answer {
        Outcome::Raised(raise) if raise.class == "StopIteration" => {
            match m.step(&Step::new(Op::GetItem, 0, [Arg::int(0)]))? {
                Outcome::Value(Value::Int(byte)) => Ok(Outcome::Value(Value::Bytes(vec![byte as u8]))),
                _ => Ok(answer),
            }
        }
        _ => Ok(answer),
    }
}

pub(super) fn as_class(outcome: Outcome, from: &str, to: &'static str) -> Outcome {
    match outcome {
        Outcome::Raised(raise) if raise.class == from => Outcome::Raised(Raise { class: to.into(), ..raise }),
        outcome => outcome,
    }
}

pub(super) fn never_true(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Value(Value::Bool(true)) => Outcome::Value(Value::Bool(false)),
        outcome => outcome,
    }
}
