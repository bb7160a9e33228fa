//! Steps that are done in place of another.

use super::place::{index_of, is_foreign, positional};
use super::situation::Situation;
use mmapcheck_spec::{Arg, BytesLike, Domain, Op, PassedArg, Step};
use serde::{Deserialize, Serialize};

/// How the step that is done differs from the one that should be. Places of arguments are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Another operation, with the first arguments as far as it takes them.
    Op(Op),
    /// The arguments before a place only.
    Before(usize),
    /// Without the argument of this keyword.
    Without(String),
    /// Without the arguments of keywords that no parameter has.
    WithoutForeign,
    /// Each integer that is too wide for a C `int`: what the system takes is cut to 32 bits, and what Python compares is taken for
    /// the nearest number that fits.
    WideInts,
    /// Each number of bytes that does not fit in a `ssize_t`: the nearest one that does.
    Saturates,
    /// The callback argument without its step.
    WithoutCallback,
    /// This number as an argument.
    Number(usize, i128),
    /// This number as one more argument, if there are as many before it.
    Default(usize, i128),
    /// `None` as an argument.
    None(usize),
    /// The number of an argument plus this one.
    Plus(usize, i128),
    /// The number of an argument as this many bits hold it; with a sign, if it is `true`.
    Wraps(usize, u8, bool),
    /// The number of an argument, or the nearest one from 0 to the length of the map.
    Clamps(usize),
    /// The number of an argument, or that of the last byte of the map if it is more.
    ClampsToLast(usize),
    /// The number without its sign.
    Absolute(usize),
    /// The number counted from the position.
    FromPosition(usize),
    /// The object with `__index__` as the number that it gives.
    AsNumber(usize),
    /// The first byte of bytes as a number.
    AsByte(usize),
    /// The bytes, text, or other bytes-like object as `bytes`.
    AsBytes(usize),
    /// `None` as the number that a missing argument stands for.
    AsMissing(usize),
    /// `None` as no bytes.
    AsEmpty(usize),
    /// As many of the first bytes of a view as it has items, whatever its stride.
    WithoutStride(usize),
    /// One constant of the module in place of another, by their places in the list of constants.
    Flag(u8, u8),
    /// As many of the bytes as fit between the position and the end of the map.
    CutToRoom(usize),
    /// The bytes in the other order.
    Reversed(usize),
    /// A number as the byte of that number.
    AsOneByte(usize),
    /// Two arguments, each in the place of the other.
    Swapped(usize, usize),
}

impl Change {
    /// The step that is done in place of this one; none where the change does not apply.
    #[must_use]
    pub fn of(&self, step: &Step, situation: Situation) -> Option<Step> {
        let mut changed = step.clone();
        match *self {
            Change::Op(op) => {
                changed.op = op;
                changed.args.truncate(op.row().params.len());
            }
            Change::Before(place) => drop(changed.args.drain(place.min(positional(step))..positional(step))),
            Change::Without(ref keyword) => changed.args.retain(|given| given.keyword != Some(keyword)),
            Change::WithoutForeign => {
                changed.args.retain(|given| !given.keyword.is_some_and(|word| is_foreign(step, word)))
            }
            Change::WideInts => {
                let params = step.op.row().params.iter().enumerate();
                for (at, domain) in params.filter_map(|(place, param)| Some((index_of(step, place)?, param.domain))) {
                    cut_to_int(&mut changed.args[at].arg, domain);
                }
            }
            Change::Saturates => {
                let params = step.op.row().params.iter().enumerate().filter(|(_, param)| param.domain.is_in_bytes());
                for at in params.filter_map(|(place, _)| index_of(step, place)) {
                    if let Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num) = &mut changed.args[at].arg {
                        num.plus = num.plus.clamp(i64::MIN.into(), i64::MAX.into());
                    }
                }
            }
            Change::WithoutCallback => {
                changed.args.iter_mut().for_each(|given| given.arg = given.arg.clone().without_callback());
            }
            Change::Default(place, number) => {
                (positional(step) == place).then_some(())?;
                changed.args.insert(place, PassedArg::plain(Arg::int(number)));
            }
            Change::Flag(from, to) => changed.args.iter_mut().for_each(|given| swap_flag(&mut given.arg, from, to)),
            Change::Swapped(a, b) => {
                (a.max(b) < positional(step)).then(|| changed.args.swap(a, b))?;
            }
            Change::AsMissing(place) => {
                let arg = &mut changed.args[index_of(step, place)?].arg;
                *arg = matches!(arg, Arg::None).then(|| missing(step.op, place, situation)).flatten()?;
            }
            _ => {
                let passed: &mut PassedArg = &mut changed.args[index_of(step, self.place()?)?];
                passed.arg = self.of_arg(&passed.arg, situation)?;
            }
        }
        (changed != *step).then_some(changed)
    }

    /// The places of the arguments that it changes; none where it is about the whole step.
    #[must_use]
    pub fn places(&self) -> Option<Vec<usize>> {
        match *self {
            Change::Swapped(a, b) => Some(vec![a, b]),
            _ => self.place().map(|place| vec![place]),
        }
    }

    /// Whether it changes one argument as another change does another argument.
    #[must_use]
    pub fn is_like(&self, other: &Change) -> bool {
        let has_no_number = matches!(
            self,
            Change::Clamps(_)
                | Change::Absolute(_)
                | Change::AsNumber(_)
                | Change::AsBytes(_)
                | Change::AsMissing(_)
                | Change::AsEmpty(_)
                | Change::WithoutStride(_)
        );
        has_no_number && std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The place of the one argument that it changes; none where it is about the whole step or about two arguments.
    fn place(&self) -> Option<usize> {
        match *self {
            Change::Op(_) | Change::Before(_) | Change::Without(_) | Change::WithoutCallback => None,
            Change::Flag(..) | Change::Swapped(..) | Change::WithoutForeign => None,
            Change::WideInts | Change::Saturates => None,
            Change::Number(place, _)
            | Change::Default(place, _)
            | Change::None(place)
            | Change::Plus(place, _)
            | Change::Wraps(place, ..)
            | Change::Clamps(place)
            | Change::ClampsToLast(place)
            | Change::Absolute(place)
            | Change::FromPosition(place)
            | Change::AsNumber(place)
            | Change::AsByte(place)
            | Change::AsBytes(place)
            | Change::AsMissing(place)
            | Change::AsEmpty(place)
            | Change::WithoutStride(place)
            | Change::CutToRoom(place)
            | Change::AsOneByte(place)
            | Change::Reversed(place) => Some(place),
        }
    }

    fn of_arg(&self, arg: &Arg, Situation { len, pos, .. }: Situation) -> Option<Arg> {
        let number = || arg.number().map(|num| num.plus);
        Some(match self {
            Change::Number(_, number) => Arg::int(*number),
            Change::None(_) => Arg::None,
            Change::Plus(_, more) => Arg::int(number()?.checked_add(*more)?),
            Change::Wraps(_, bits, signed) => Arg::int(wrapped(number()?, *bits, *signed)),
            Change::Clamps(_) => Arg::int(number()?.clamp(0, len)),
            Change::ClampsToLast(_) => Arg::int(number()?.min(len - 1)),
            Change::Absolute(_) => Arg::int(number()?.checked_abs()?),
            Change::FromPosition(_) => Arg::int(number()?.checked_add(pos)?),
            Change::AsNumber(_) => match arg {
                Arg::Index(num) | Arg::OfInt(_, num) => Arg::Int(*num),
                Arg::Bool(truth) => Arg::int((*truth).into()),
                Arg::Float(float) => Arg::int(float.value() as i128),
                _ => return None,
            },
            Change::AsByte(_) => Arg::int((*bytes_of(arg)?.first()?).into()),
            Change::AsBytes(_) => Arg::Bytes(BytesLike::Bytes, bytes_of(arg)?),
            Change::AsEmpty(_) => matches!(arg, Arg::None).then(|| Arg::bytes(b""))?,
            Change::WithoutStride(_) => match arg {
                // The bytes of a view of a map.
                Arg::Bytes(BytesLike::View, bytes) => Arg::Bytes(BytesLike::Bytes, bytes.clone()),
                Arg::Bytes(BytesLike::Strided, bytes) => {
                    Arg::Bytes(BytesLike::Bytes, bytes[..bytes.len().div_ceil(2)].to_vec())
                }
                _ => return None,
            },
            Change::CutToRoom(_) => {
                let mut bytes = bytes_of(arg)?;
                bytes.truncate(usize::try_from(len - pos).unwrap_or(0));
                Arg::Bytes(BytesLike::Bytes, bytes)
            }
            Change::AsOneByte(_) => Arg::Bytes(BytesLike::Bytes, vec![u8::try_from(number()?).ok()?]),
            Change::Reversed(_) => Arg::Bytes(BytesLike::Bytes, bytes_of(arg)?.into_iter().rev().collect()),
            Change::Op(_)
            | Change::Before(_)
            | Change::AsMissing(_)
            | Change::Swapped(..)
            | Change::Without(_)
            | Change::WithoutForeign
            | Change::WideInts
            | Change::Saturates
            | Change::WithoutCallback
            | Change::Default(..)
            | Change::Flag(..) => {
                return None;
            }
        })
    }
}

/// Makes an integer that an argument for this purpose holds fit a C `int`, if it fits 64 bits.
fn cut_to_int(arg: &mut Arg, domain: Domain) {
    let (Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num)) = arg else { return };
    let Ok(number) = i64::try_from(num.plus) else { return };
    num.plus = match domain {
        Domain::Flags | Domain::Prot => (number as i32).into(),
        Domain::Descriptor | Domain::Access | Domain::Whence | Domain::Advice => {
            number.clamp(i32::MIN.into(), i32::MAX.into()).into()
        }
        _ => return,
    };
}

/// The number that a missing argument of a method stands for.
fn missing(op: Op, place: usize, Situation { len, pos, .. }: Situation) -> Option<Arg> {
    Some(Arg::int(match (op, place) {
        (Op::Find | Op::RFind, 1) => pos,
        (Op::Flush, 0) | (Op::Madvise, 1) | (Op::Seek, 1) => 0,
        (Op::Find | Op::RFind | Op::Madvise, 2) | (Op::Flush, 1) => len,
        _ => return None,
    }))
}

fn swap_flag(arg: &mut Arg, from: u8, to: u8) {
    if let Arg::Flags(places) = arg {
        places.iter_mut().filter(|place| **place == from).for_each(|place| *place = to);
    }
}

/// The bytes of a bytes-like object, and those of a text.
fn bytes_of(arg: &Arg) -> Option<Vec<u8>> {
    match arg {
        Arg::Bytes(like, bytes) => Some(like.content(bytes).into_owned()),
        Arg::Text(text) => text.as_str().map(|text| text.as_bytes().to_vec()),
        _ => None,
    }
}

fn wrapped(number: i128, bits: u8, signed: bool) -> i128 {
    let range = 1_i128 << bits;
    let low = number.rem_euclid(range);
    if signed && low >= range / 2 { low - range } else { low }
}
