//! The reference made wrong in one named way at a time, to test the tester.
//!
//! Each fault is a bug that an implementation of `mmap` could have. A campaign must find every one and make it small, and
//! so must the pages of the specification.

use crate::run::Stepwise;
use mmapcheck_reference::Reference;
use mmapcheck_spec::{
    Arg, End, FileState, Given, Host, Left, Machine, Op, Outcome, Profile, Raise, Step, TargetError, Value, Watch,
    World, constants,
};
use std::path::Path;

type Answer = Result<Outcome, End>;

/// One way to be wrong.
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// How many steps the smallest case that shows it may have.
    pub longest: usize,
    act: fn(&mut Reference, &Step) -> Answer,
}

/// The reference with one fault.
pub struct Saboteur {
    reference: Reference,
    fault: &'static Fault,
}

impl Saboteur {
    /// A target: the reference for this profile with this fault, with files in this folder.
    ///
    /// # Errors
    /// Where the folder cannot be used.
    pub fn target(fault: &'static Fault, profile: Profile, dir: &Path) -> Result<Stepwise<Saboteur>, TargetError> {
        let host =
            Host { profile, name: format!("the reference, wrong: {}", fault.name), is_cpython_mmap: true, page: 4096 };
        Ok(Stepwise::new(Saboteur { reference: Reference::new(profile, dir)?, fault }, host))
    }
}

impl Machine for Saboteur {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.reference.begin(world)
    }

    fn step(&mut self, step: &Step) -> Answer {
        (self.fault.act)(&mut self.reference, step)
    }

    fn look(&mut self, files: bool, watch: Watch) -> Left {
        self.reference.look(files, watch)
    }

    fn finish(&mut self, watch: Watch) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        self.reference.finish(watch)
    }
}

macro_rules! faults {
    ($( $(#[$doc:meta])* $name:literal ($longest:literal): $act:expr; )*) => {
        /// Every fault.
        pub static FAULTS: &[Fault] = &[$(Fault { name: $name, longest: $longest, act: $act }),*];
    };
}

faults! {
    "find ignores end" (2): |m, s| on(m, s, Op::Find, |m, s| m.step(&first_args(s, 2)));
    "find starts at 0, not at the position" (3): |m, s| on(m, s, Op::Find, from_zero);
    "rfind starts at 0, not at the position" (3): |m, s| on(m, s, Op::RFind, from_zero);
    "find counts from start" (3): |m, s| on(m, s, Op::Find, relative_find);
    "find never finds nothing" (2): |m, s| on(m, s, Op::Find, empty_needle);
    "find misses what lies across a page" (3): |m, s| on(m, s, Op::Find, across_page);
    "rfind finds the first" (3): |m, s| on(m, s, Op::RFind, |m, s| m.step(&as_op(s, Op::Find)));
    "read leaves the position" (2): |m, s| on(m, s, Op::Read, read_in_place);
    "read(None) reads nothing" (2): |m, s| on(m, s, Op::Read, read_none);
    "read of a negative count reads nothing" (2): |m, s| on(m, s, Op::Read, read_negative);
    "readline leaves out the newline" (3): |m, s| on(m, s, Op::ReadLine, chomped);
    "readline ends at a zero byte" (3): |m, s| on(m, s, Op::ReadLine, line_to_zero);
    "read_byte is signed" (3): |m, s| on(m, s, Op::ReadByte, |m, s| map_int(m.step(s), |b| if b > 127 { b - 256 } else { b }));
    "a read-only map takes a write" (2): |m, s| forgive(m, s, Op::Write, "TypeError", "readonly");
    "a write that does not fit is cut" (2): |m, s| on(m, s, Op::Write, cut_write);
    "write_byte wraps around" (2): |m, s| on(m, s, Op::WriteByte, wrapped_byte);
    "ACCESS_COPY reaches the file" (2): |m, s| on(m, s, Op::New, |m, s| m.step(&swapped(s, "ACCESS_COPY", "ACCESS_WRITE")));
    "MAP_PRIVATE is shared" (2): |m, s| on(m, s, Op::New, |m, s| m.step(&swapped(s, "MAP_PRIVATE", "MAP_SHARED")));
    "the offset is ignored" (1): |m, s| on(m, s, Op::New, |m, s| m.step(&without_keyword(s, "offset")));
    "the length is ignored" (1): |m, s| on(m, s, Op::New, whole_file);
    "move copies forward when ranges overlap" (2): |m, s| on(m, s, Op::Move, forward_move);
    "move past the end is cut" (2): |m, s| forgive(m, s, Op::Move, "ValueError", "out of range");
    "close does not mind a memoryview" (3): |m, s| forgive(m, s, Op::Close, "BufferError", "");
    "release does nothing" (4): |m, s| on(m, s, Op::ViewRelease, |_, _| none());
    "a view of a read-only map says it is writable" (3): |m, s| on(m, s, Op::ViewReadonly, |_, _| boolean(false));
    "a slice of another size is taken" (2): |m, s| forgive(m, s, Op::SetSlice, "IndexError", "wrong size");
    "the step of a slice is ignored" (2): |m, s| on(m, s, Op::GetStep, |m, s| m.step(&as_op(&first_args(s, 2), Op::GetSlice)));
    "a negative index is refused" (2): |m, s| on(m, s, Op::GetItem, no_negative);
    "an index past the end gives the last byte" (2): |m, s| on(m, s, Op::GetItem, clamped_index);
    "a byte can be set from bytes" (2): |m, s| forgive(m, s, Op::SetItem, "TypeError", "must be an int");
    "items can be deleted" (2): |m, s| forgive(m, s, Op::DelItem, "TypeError", "deletion");
    "seek(x, 1) counts from 0" (3): |m, s| on(m, s, Op::Seek, |m, s| m.step(&whence(s, 1, 0)));
    "seek(x, 2) counts from 0" (2): |m, s| on(m, s, Op::Seek, |m, s| m.step(&whence(s, 2, 0)));
    "seek past the end goes to the end" (2): |m, s| forgive(m, s, Op::Seek, "ValueError", "out of range");
    "resize goes back to the start" (3): |m, s| on(m, s, Op::Resize, rewinding_resize);
    "resize leaves rubbish in what is new" (2): |m, s| on(m, s, Op::Resize, dirty_resize);
    "size is the length of the map" (2): |m, s| on(m, s, Op::Size, |m, s| m.step(&as_op(s, Op::Len)));
    "flush checks no range" (2): |m, s| forgive(m, s, Op::Flush, "ValueError", "out of range");
    "madvise checks no start" (2): |m, s| forgive(m, s, Op::Madvise, "ValueError", "out of bounds");
    "in looks for substrings" (2): |m, s| on(m, s, Op::Contains, substring);
    "iteration gives numbers" (2): |m, s| on(m, s, Op::List, numbers);
    "next gives numbers" (3): |m, s| on(m, s, Op::Next, |m, s| m.step(s).map(first_byte));
    "== compares bytes" (2): |m, s| on(m, s, Op::Eq, equal_bytes);
    "repr is the one of before 3.9" (2): |m, s| on(m, s, Op::Repr, |_, _| text("<mmap.mmap object at 0x7f0000000000>"));
    "closed is always False" (3): |m, s| on(m, s, Op::Closed, |_, _| boolean(false));
    "a closed map can tell" (3): |m, s| forgive_with(m, s, Op::Tell, "ValueError", "closed", Value::Int(0));
    "leaving a with statement does not close" (2): |m, s| on(m, s, Op::With, |m, s| m.step(&as_op(s, Op::Enter)).map(|_| Outcome::Value(Value::None)));
    "a with statement swallows the exception" (2): |m, s| forgive(m, s, Op::WithRaise, "KeyError", "");
    "the text of a closed map's error is short" (3): |m, s| m.step(s).map(|outcome| reworded(outcome, "mmap closed or invalid", "mmap closed"));
    "an OSError has lost its number" (1): |m, s| on(m, s, Op::New, |m, s| m.step(s).map(numberless));
    "pack_into writes the other way round" (2): |m, s| on(m, s, Op::Pack, |m, s| m.step(&swapped_bytes(s)));
}

/// Does something else for one operation.
fn on(m: &mut Reference, step: &Step, op: Op, act: fn(&mut Reference, &Step) -> Answer) -> Answer {
    if step.op == op { act(m, step) } else { m.step(step) }
}

/// Turns a refusal of one operation into silent success.
fn forgive(m: &mut Reference, step: &Step, op: Op, class: &str, words: &str) -> Answer {
    forgive_with(m, step, op, class, words, Value::None)
}

fn forgive_with(m: &mut Reference, step: &Step, op: Op, class: &str, words: &str, value: Value) -> Answer {
    let answer = m.step(step)?;
    let refused = |raise: &Raise| raise.class == class && raise.message.contains(words);
    match &answer {
        Outcome::Raised(raise) if step.op == op && refused(raise) => Ok(Outcome::Value(value)),
        _ => Ok(answer),
    }
}

fn none() -> Answer {
    Ok(Outcome::Value(Value::None))
}

fn boolean(value: bool) -> Answer {
    Ok(Outcome::Value(Value::Bool(value)))
}

fn text(text: &str) -> Answer {
    Ok(Outcome::Value(Value::Text(text.into())))
}

fn as_op(step: &Step, op: Op) -> Step {
    Step { op, ..step.clone() }
}

fn first_args(step: &Step, many: usize) -> Step {
    let mut step = step.clone();
    step.args.truncate(many);
    step
}

fn plain_int(step: &Step, place: usize) -> Option<i128> {
    match step.args.get(place).map(|given| &given.arg) {
        Some(Arg::Int(num)) => num.as_plain(),
        _ => None,
    }
}

fn with_int(step: &Step, place: usize, value: i128) -> Step {
    let mut step = step.clone();
    if let Some(given) = step.args.get_mut(place) {
        given.arg = Arg::int(value);
    }
    step
}

fn map_int(answer: Answer, change: fn(i128) -> i128) -> Answer {
    answer.map(|outcome| match outcome {
        Outcome::Value(Value::Int(value)) => Outcome::Value(Value::Int(change(value))),
        outcome => outcome,
    })
}

fn number(m: &mut Reference, step: &Step, op: Op) -> Option<i128> {
    match m.step(&Step::new(op, step.on, [])) {
        Ok(Outcome::Value(Value::Int(value))) => Some(value),
        _ => None,
    }
}

fn seek(m: &mut Reference, step: &Step, pos: i128) {
    // Out of range after a shrink: then the position stays, which is as wrong.
    let _ = m.step(&Step::new(Op::Seek, step.on, [Arg::int(pos)]));
}

fn from_zero(m: &mut Reference, step: &Step) -> Answer {
    let mut step = step.clone();
    if step.args.len() == 1 {
        step.args.push(Given::plain(Arg::int(0)));
    }
    m.step(&step)
}

fn relative_find(m: &mut Reference, step: &Step) -> Answer {
    let start = plain_int(step, 1).unwrap_or(0).max(0);
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Int(found)) if found >= start => Outcome::Value(Value::Int(found - start)),
        outcome => outcome,
    })
}

fn needle(step: &Step) -> Option<&[u8]> {
    match step.args.first().map(|given| &given.arg) {
        Some(Arg::Bytes(_, bytes)) => Some(bytes),
        _ => None,
    }
}

fn empty_needle(m: &mut Reference, step: &Step) -> Answer {
    let empty = needle(step).is_some_and(<[u8]>::is_empty);
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Int(_)) if empty => Outcome::Value(Value::Int(-1)),
        outcome => outcome,
    })
}

fn across_page(m: &mut Reference, step: &Step) -> Answer {
    let len = needle(step).map_or(0, <[u8]>::len) as i128;
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Int(at)) if at >= 0 && len > 1 && at / 4096 != (at + len - 1) / 4096 => {
            Outcome::Value(Value::Int(-1))
        }
        outcome => outcome,
    })
}

fn read_in_place(m: &mut Reference, step: &Step) -> Answer {
    let pos = number(m, step, Op::Tell);
    let answer = m.step(step);
    if let Some(pos) = pos {
        seek(m, step, pos);
    }
    answer
}

fn read_none(m: &mut Reference, step: &Step) -> Answer {
    let none = step.args.len() == 1 && step.args[0].arg == Arg::None;
    m.step(&if none { with_int(step, 0, 0) } else { step.clone() })
}

fn read_negative(m: &mut Reference, step: &Step) -> Answer {
    let negative = plain_int(step, 0).is_some_and(|n| n < 0 && n > -(1 << 40)) && step.args.len() == 1;
    m.step(&if negative { with_int(step, 0, 0) } else { step.clone() })
}

fn chomped(m: &mut Reference, step: &Step) -> Answer {
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Bytes(line)) => {
            Outcome::Value(Value::Bytes(line.strip_suffix(b"\n").unwrap_or(&line).to_vec()))
        }
        outcome => outcome,
    })
}

fn line_to_zero(m: &mut Reference, step: &Step) -> Answer {
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::Bytes(line)) => {
            let end = line.iter().position(|&byte| byte == 0).unwrap_or(line.len());
            Outcome::Value(Value::Bytes(line[..end].to_vec()))
        }
        outcome => outcome,
    })
}

fn cut_write(m: &mut Reference, step: &Step) -> Answer {
    let room = number(m, step, Op::Len).zip(number(m, step, Op::Tell)).map(|(len, pos)| (len - pos).max(0) as usize);
    let mut step = step.clone();
    if let (Some(room), Some(Given { arg: Arg::Bytes(_, bytes), .. })) = (room, step.args.first_mut()) {
        bytes.truncate(room);
    }
    m.step(&step)
}

fn wrapped_byte(m: &mut Reference, step: &Step) -> Answer {
    match plain_int(step, 0) {
        Some(value) if step.args.len() == 1 => m.step(&with_int(step, 0, value.rem_euclid(256))),
        _ => m.step(step),
    }
}

fn swapped(step: &Step, from: &str, to: &str) -> Step {
    let mut step = step.clone();
    let (from, to) = (constants::place(from).unwrap_or(0), constants::place(to).unwrap_or(0));
    for given in &mut step.args {
        if let Arg::Flags(places) = &mut given.arg {
            places.iter_mut().filter(|place| **place == from).for_each(|place| *place = to);
        }
    }
    step
}

fn without_keyword(step: &Step, keyword: &str) -> Step {
    let mut step = step.clone();
    step.args.retain(|given| given.keyword != Some(keyword));
    step
}

fn whole_file(m: &mut Reference, step: &Step) -> Answer {
    let file = matches!(step.args.first(), Some(Given { arg: Arg::Fd(_), .. }));
    match plain_int(step, 1) {
        Some(1..) if file => m.step(&with_int(step, 1, 0)),
        _ => m.step(step),
    }
}

fn forward_move(m: &mut Reference, step: &Step) -> Answer {
    let (Some(dest), Some(src), Some(count)) = (plain_int(step, 0), plain_int(step, 1), plain_int(step, 2)) else {
        return m.step(step);
    };
    let overlaps = src < dest && dest < src + count && count < 1 << 16;
    // Moved onto itself, the range is checked and nothing else happens.
    let checked = m.step(&with_int(&with_int(step, 0, dest.max(src)), 1, dest.max(src)))?;
    if !overlaps || checked != Outcome::Value(Value::None) {
        return m.step(step);
    }
    for i in 0..count {
        m.step(&Step::new(Op::Move, step.on, [dest + i, src + i, 1].map(Arg::int)))?;
    }
    none()
}

fn no_negative(m: &mut Reference, step: &Step) -> Answer {
    let answer = m.step(step)?;
    let negative = plain_int(step, 0).is_some_and(|index| index < 0);
    match answer {
        Outcome::Value(_) if negative => Ok(Outcome::Raised(Raise::new("IndexError", "mmap index out of range"))),
        answer => Ok(answer),
    }
}

fn clamped_index(m: &mut Reference, step: &Step) -> Answer {
    let last = number(m, step, Op::Len).map_or(-1, |len| len - 1);
    match plain_int(step, 0) {
        Some(index) if index > last && last >= 0 && index < 1 << 40 => m.step(&with_int(step, 0, last)),
        _ => m.step(step),
    }
}

fn whence(step: &Step, from: i128, to: i128) -> Step {
    if step.args.len() == 2 && plain_int(step, 1) == Some(from) { with_int(step, 1, to) } else { step.clone() }
}

fn rewinding_resize(m: &mut Reference, step: &Step) -> Answer {
    let answer = m.step(step);
    if answer == none() {
        seek(m, step, 0);
    }
    answer
}

fn dirty_resize(m: &mut Reference, step: &Step) -> Answer {
    let before = number(m, step, Op::Len);
    let answer = m.step(step);
    if let (true, Some(before), Some(after)) = (answer == none(), before, number(m, step, Op::Len))
        && after > before
    {
        m.step(&Step::new(Op::SetItem, step.on, [after - 1, 120].map(Arg::int)))?;
    }
    answer
}

fn substring(m: &mut Reference, step: &Step) -> Answer {
    let found = needle(step).filter(|bytes| bytes.len() > 1).map(Arg::bytes);
    let Some(bytes) = found else { return m.step(step) };
    let answer = m.step(&Step::new(Op::Find, step.on, [bytes, Arg::int(0)]))?;
    match answer {
        Outcome::Value(Value::Int(at)) => boolean(at >= 0),
        _ => m.step(step),
    }
}

fn first_byte(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Value(value) => Outcome::Value(byte_as_int(value)),
        outcome => outcome,
    }
}

fn byte_as_int(value: Value) -> Value {
    match value {
        Value::Bytes(bytes) if bytes.len() == 1 => Value::Int(i128::from(bytes[0])),
        value => value,
    }
}

fn numbers(m: &mut Reference, step: &Step) -> Answer {
    m.step(step).map(|outcome| match outcome {
        Outcome::Value(Value::List(items)) => Outcome::Value(Value::List(items.into_iter().map(byte_as_int).collect())),
        outcome => outcome,
    })
}

fn equal_bytes(m: &mut Reference, step: &Step) -> Answer {
    let Some(bytes) = needle(step).map(<[u8]>::to_vec) else { return m.step(step) };
    match m.step(&as_op(&first_args(step, 0), Op::Bytes))? {
        Outcome::Value(Value::Bytes(ours)) => boolean(ours == bytes),
        _ => m.step(step),
    }
}

fn reworded(outcome: Outcome, from: &str, to: &'static str) -> Outcome {
    match outcome {
        Outcome::Raised(raise) if raise.message == from => Outcome::Raised(Raise { message: to.into(), ..raise }),
        outcome => outcome,
    }
}

fn numberless(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Raised(raise) => Outcome::Raised(Raise { errno: None, ..raise }),
        outcome => outcome,
    }
}

fn swapped_bytes(step: &Step) -> Step {
    match plain_int(step, 1) {
        Some(value @ 0..65536) => with_int(step, 1, (value % 256) * 256 + value / 256),
        _ => step.clone(),
    }
}
