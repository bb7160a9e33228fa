//! Conditions of variations: properties of a step, of the state that it meets, and of the answer that the rule gives it.

use super::place::{has_foreign_keyword, index_of, positional};
use super::situation::Situation;
use super::words;
use mmapcheck_reference::ViewForm;
use mmapcheck_spec::{Arg, BytesLike, ObjectKind, Op, Outcome, Step, Value, WrongType};
use serde::{Deserialize, Serialize};

/// A condition of a variation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    /// The rule raises an exception of this class with this message, in which signs stand for numbers and names.
    Raises(String, String),
    /// The rule returns a value.
    Returns,
    /// The rule returns this value.
    Gives(Value),
    /// A keyword is passed that no parameter has.
    ForeignKeyword,
    /// No keyword is passed that no parameter has.
    KnownKeywords,
    /// The step has this many arguments that are passed by their places.
    Passes(usize),
    /// Each argument is an integer, and there is one.
    Ints,
    /// An argument, whichever it is, has a property.
    Some(Property),
    /// The argument at a place, counted from 0, has a property.
    Argument(usize, Property),
    /// The start of the step's range is not before its end.
    EmptyRange,
    /// The start of the step's range is before its end.
    FilledRange,
    /// The map is closed.
    Closed,
    /// The map is open.
    Open,
    /// The position is at the end of the map.
    AtEnd,
    /// The position is beyond the end of the map.
    BeyondEnd,
    /// The position is not beyond the end of the map.
    NotBeyondEnd,
    /// The position is not at the start of the map.
    Moved,
    /// A child process does the step.
    InChild,
    /// A callback argument closes the map that the step is on.
    ClosedInside,
    /// A callback argument resizes the map that the step is on.
    ResizedInside,
    /// A callback argument does a step.
    Interrupted,
    /// No callback argument does a step.
    Uninterrupted,
}

impl Condition {
    /// Whether a sentence says it: that a step has nothing unusual about it goes without saying.
    #[must_use]
    pub fn is_said(&self) -> bool {
        use Condition::{KnownKeywords, Open, Returns, Uninterrupted};
        !matches!(self, Open | Uninterrupted | KnownKeywords | Returns)
    }
}

/// A property of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Property {
    /// It is passed.
    Passed,
    /// It is not passed.
    Missing,
    /// It is passed by a keyword.
    ByKeyword,
    /// It is `None`.
    None,
    /// It is `True` or `False`.
    Bool,
    /// It is an integer, not an object that has `__index__` only.
    Int,
    /// It is an object that has `__index__` only.
    IndexObject,
    /// It is of a subclass of `int`.
    IntSubclass,
    /// It is less than 0.
    Negative,
    /// It is 0.
    Zero,
    /// It is more than 0.
    Positive,
    /// It is the length of the map.
    IsLength,
    /// It is more than the length of the map.
    AboveLength,
    /// It is not less than the length of the map.
    NotBelowLength,
    /// It is less than the negative length of the map.
    BelowMinusLength,
    /// It is more than 2 to this power, less one.
    Wide(u8),
    /// It is less than minus 2 to this power.
    NegativeWide(u8),
    /// It fits in a signed type of this many bits.
    Fits(u8),
    /// It does not fit in 64 bits.
    Huge,
    /// Its amount is less than 2 to this power.
    Narrow(u8),
    /// It is this number.
    Exactly(i8),
    /// It is of this type of bytes-like objects.
    BytesLike(BytesLike),
    /// It is a bytes-like object, but not `bytes`.
    NotBytes,
    /// It holds no bytes.
    Empty,
    /// It holds one byte.
    OneByte,
    /// It holds more than one byte.
    Several,
    /// It is a floating-point number.
    Float,
    /// It is a text.
    Text,
    /// It is a text with a surrogate.
    Surrogate,
    /// It is an object of a wrong type.
    WrongType(WrongType),
    /// It is a map.
    Map,
    /// It is a view of a map.
    View,
    /// It is a view whose items have more than one byte.
    WideItems,
    /// It is a descriptor of a file.
    Descriptor,
    /// It is constants of the module; this one is the only one of them.
    Flag(u8),
}

/// The powers of 2 at which the types of C end.
const POWERS: [u8; 8] = [7, 8, 15, 16, 31, 32, 63, 64];

/// Numbers that a rule may treat in a way of their own.
const SMALL: std::ops::RangeInclusive<i8> = -2..=3;

/// Properties that a method may treat in one way whichever argument has them.
const ANYWHERE: [Property; 5] =
    [Property::IndexObject, Property::IntSubclass, Property::Huge, Property::None, Property::Bool];

/// The operations that close a map.
pub(super) const CLOSERS: [Op; 4] = [Op::Close, Op::Exit, Op::With, Op::WithRaise];

/// The operation that a callback argument does on the map that its step is on.
fn op_inside(step: &Step) -> Option<Op> {
    let on_map = |op: Op| op.row().on == ObjectKind::Map;
    step.callback().filter(|inner| on_map(step.op) && on_map(inner.op) && inner.on == step.on).map(|inner| inner.op)
}

/// Whether a callback argument may close or resize the map that its step is on.
pub(crate) fn is_unsettled(step: &Step) -> bool {
    op_inside(step).is_some_and(|op| op == Op::Resize || CLOSERS.contains(&op))
}

fn of_answer(step: &Step, answer: &Outcome) -> Condition {
    match answer {
        Outcome::Value(_) => Condition::Returns,
        Outcome::Raised(raise) => Condition::Raises(raise.class.to_string(), words::pattern(&raise.message, step)),
    }
}

/// The value of an answer, if a rule may treat it in a way of its own.
fn own_value(answer: &Outcome) -> Option<Value> {
    match answer {
        Outcome::Value(value @ (Value::None | Value::Bool(_) | Value::Int(-1..=0))) => Some(value.clone()),
        Outcome::Value(Value::Bytes(bytes)) if bytes.is_empty() => Some(Value::Bytes(Vec::new())),
        _ => None,
    }
}

/// All conditions that hold for a step. `answer`: that of the rule; none where it ends the process, as it does where it would return
/// a value but for dead memory.
#[must_use]
pub fn conditions(step: &Step, situation: Situation, answer: Option<&Outcome>) -> Vec<Condition> {
    let mut all = vec![answer.map_or(Condition::Returns, |answer| of_answer(step, answer))];
    let (positional, range) = (positional(step), situation.range(step).map(|range| range.is_empty()));
    let inner = op_inside(step);
    let are_ints = step.args[..positional].iter().all(|passed| matches!(passed.arg, Arg::Int(_)));
    let states = [
        (situation.closed, Condition::Closed),
        (!situation.closed, Condition::Open),
        (!situation.closed && situation.pos == situation.len, Condition::AtEnd),
        (situation.pos > situation.len, Condition::BeyondEnd),
        (situation.pos > 0, Condition::Moved),
        (!situation.closed && situation.pos <= situation.len, Condition::NotBeyondEnd),
        (situation.child, Condition::InChild),
        (inner.is_some_and(|op| CLOSERS.contains(&op)), Condition::ClosedInside),
        (inner == Some(Op::Resize), Condition::ResizedInside),
        (step.callback().is_some(), Condition::Interrupted),
        (step.callback().is_none(), Condition::Uninterrupted),
        (has_foreign_keyword(step), Condition::ForeignKeyword),
        (!has_foreign_keyword(step), Condition::KnownKeywords),
        (true, Condition::Passes(positional)),
        (range == Some(true), Condition::EmptyRange),
        (range == Some(false), Condition::FilledRange),
    ];
    all.extend(states.into_iter().filter(|(holds, _)| *holds).map(|(_, condition)| condition));
    all.extend(answer.and_then(own_value).map(Condition::Gives));
    let places = 0..step.op.row().params.len().max(positional);
    let properties: Vec<_> = places.map(|place| properties(step, place, situation)).collect();
    let has = |property: &Property| properties.iter().any(|all| all.contains(property));
    let several = properties.len() > 1;
    // Listed last: a condition of one argument says more.
    let anywhere = ANYWHERE.into_iter().filter(|property| several && has(property)).map(Condition::Some);
    let anywhere: Vec<_> = anywhere.collect();
    for (place, properties) in properties.into_iter().enumerate() {
        all.extend(properties.into_iter().map(|property| Condition::Argument(place, property)));
    }
    all.extend((positional > 0 && are_ints).then_some(Condition::Ints));
    all.extend(anywhere);
    all
}

/// All properties of the argument at a place.
fn properties(step: &Step, place: usize, situation: Situation) -> Vec<Property> {
    let Some(passed) = index_of(step, place).map(|index| &step.args[index]) else { return vec![Property::Missing] };
    let mut all = vec![Property::Passed];
    if passed.keyword.is_some() {
        all.push(Property::ByKeyword);
    }
    match &passed.arg {
        Arg::None => all.push(Property::None),
        Arg::Bool(_) => all.push(Property::Bool),
        Arg::Int(num) => {
            all.push(Property::Int);
            all.extend(of_number(num.plus, situation));
        }
        Arg::OfInt(_, num) => {
            all.extend([Property::Int, Property::IntSubclass]);
            all.extend(of_number(num.plus, situation));
        }
        Arg::Index(num) | Arg::IndexAfter(num, _) => {
            all.push(Property::IndexObject);
            all.extend(of_number(num.plus, situation));
        }
        Arg::Bytes(like, bytes) => {
            all.push(Property::BytesLike(*like));
            if *like != BytesLike::Bytes {
                all.push(Property::NotBytes);
            }
            all.push(of_bytes(like.content(bytes).len()));
        }
        Arg::BufferAfter(bytes, _) => all.extend([Property::NotBytes, of_bytes(bytes.len())]),
        Arg::Float(_) => all.push(Property::Float),
        Arg::Text(text) => {
            all.push(Property::Text);
            all.extend(text.as_str().is_none().then_some(Property::Surrogate));
        }
        Arg::WrongType(wrong) => all.push(Property::WrongType(*wrong)),
        Arg::Map(_) => all.extend([Property::NotBytes, Property::Map]),
        Arg::View(_) => {
            all.extend([Property::NotBytes, Property::View]);
            all.extend(situation.view.into_iter().flat_map(of_view));
        }
        Arg::Fd(_) => all.push(Property::Descriptor),
        Arg::Flags(places) if places.len() == 1 => all.push(Property::Flag(places[0])),
        Arg::Omitted => all.push(Property::Missing),
        Arg::Flags(_) | Arg::Special(_) | Arg::File(_) | Arg::Path(_) | Arg::Mode(_) => {}
    }
    all
}

fn of_view(ViewForm { len, is_contiguous, is_wide }: ViewForm) -> impl Iterator<Item = Property> {
    let strided = (!is_contiguous).then_some(Property::BytesLike(BytesLike::Strided));
    strided.into_iter().chain(is_wide.then_some(Property::WideItems)).chain([of_bytes(len)])
}

/// The property of bytes of this length.
fn of_bytes(len: usize) -> Property {
    match len {
        0 => Property::Empty,
        1 => Property::OneByte,
        _ => Property::Several,
    }
}

fn of_number(number: i128, Situation { len, .. }: Situation) -> Vec<Property> {
    let sign = match number {
        ..0 => Property::Negative,
        0 => Property::Zero,
        1.. => Property::Positive,
    };
    let relative = [
        (number == len, Property::IsLength),
        (number > len, Property::AboveLength),
        (number >= len, Property::NotBelowLength),
        (number < -len, Property::BelowMinusLength),
    ];
    let wide = POWERS.into_iter().filter(|power| number >= 1 << power).map(Property::Wide);
    let negative = POWERS.into_iter().filter(|power| number < -(1 << power)).map(Property::NegativeWide);
    // The widest first.
    let narrow = POWERS.into_iter().rev().flat_map(|power| {
        let is_type = [8, 16, 32, 64].contains(&power) && (-(1 << (power - 1))..1 << (power - 1)).contains(&number);
        let is_narrow = number.unsigned_abs() < 1 << power;
        [is_narrow.then_some(Property::Narrow(power)), is_type.then_some(Property::Fits(power))].into_iter().flatten()
    });
    let huge = i64::try_from(number).is_err().then_some(Property::Huge);
    let exactly = i8::try_from(number).ok().filter(|number| SMALL.contains(number)).map(Property::Exactly);
    let relative = relative.into_iter().filter(|(holds, _)| *holds).map(|(_, property)| property);
    [sign].into_iter().chain(relative).chain(exactly).chain(wide).chain(negative).chain(narrow).chain(huge).collect()
}
