//! Conversion of operands to C numbers, with the exceptions of CPython.

use crate::operands::operand::Operand;
use crate::result::{RuleResult, Stop, attribute_error, index_error, overflow_error, type_error};
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Dialect, Profile, WrongType};

/// A C `int` of the constructor: a descriptor, flags, an access.
pub fn int<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<i32> {
    let value = long(operand, profile)?;
    i32::try_from(value).map_err(|_| {
        let beyond = if value > 0 { "greater than maximum" } else { "less than minimum" };
        overflow_error(format!("signed integer is {beyond}"))
    })
}

/// A C `int` of a method: a whence, an advice, flags.
pub fn method_int<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<i32> {
    if !profile.methods_call_ints_too_large() {
        return int(operand, profile);
    }
    let Some(value) = operand.integer()? else { return Err(no_index(operand, profile)) };
    i32::try_from(value).map_err(|_| overflow_error("Python int too large to convert to C int"))
}

/// A C `long`, to which an `int` or a byte is converted first.
fn long<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<i64> {
    let value = whole(operand, profile)?;
    if !fits_long(value, profile) {
        return Err(overflow_error("Python int too large to convert to C long"));
    }
    Ok(value as i64)
}

/// Whether a number fits into a C `long`.
pub fn fits_long(value: i128, profile: Profile) -> bool {
    fits(value, profile.facts().long_max())
}

/// Whether a number fits into the signed type with this largest number.
fn fits(value: i128, max: i64) -> bool {
    (-i128::from(max) - 1..=i128::from(max)).contains(&value)
}

/// A number as a `Py_ssize_t`; `None` where it does not fit.
fn to_ssize(value: i128, profile: Profile) -> Option<i64> {
    fits(value, profile.facts().ssize_max()).then_some(value as i64)
}

/// The offset of the constructor, which has 64 bits on every platform.
pub fn offset<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<i64> {
    i64::try_from(whole(operand, profile)?).map_err(|_| {
        overflow_error(match profile.facts().long_bits {
            64 => "Python int too large to convert to C long",
            _ => "int too big to convert",
        })
    })
}

/// The integer that a C `int` or `long` is made of.
fn whole<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<i128> {
    let is_taken = profile.int_takes_index() || !matches!(operand, Operand::Index(_) | Operand::IndexAfter(..));
    let value = if is_taken { operand.integer()? } else { None };
    value.ok_or_else(|| not_an_integer(operand, profile, true))
}

/// An `unsigned char`: the argument of `write_byte`.
pub fn unsigned_byte<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<u8> {
    let value = long(operand, profile)?;
    u8::try_from(value).map_err(|_| {
        let beyond = if value > 0 { "greater than maximum" } else { "less than minimum" };
        overflow_error(format!("unsigned byte integer is {beyond}"))
    })
}

/// A `Py_ssize_t`: lengths, positions and counts. Python 2 converts it as a `long`.
pub fn ssize<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<i64> {
    if profile.lengths_are_longs() {
        return long(operand, profile);
    }
    let Some(value) = operand.integer()? else { return Err(not_an_integer(operand, profile, false)) };
    to_ssize(value, profile).ok_or_else(|| overflow_error("Python int too large to convert to C ssize_t"))
}

/// The refusal of an operand that is not a number. `is_long`: the parameter is a C `int` or `long`.
pub fn not_an_integer<S: Store>(operand: &Operand<'_, S>, profile: Profile, is_long: bool) -> Stop {
    let name = operand.type_name(profile);
    match operand {
        // In Python 2, the class of a session is an old-style one, whose missing attributes raise AttributeError.
        Operand::Index(_) if profile.dialect() == Dialect::Python2 => {
            attribute_error("Index instance has no attribute '__trunc__'")
        }
        Operand::Float(_) if !profile.one_text_for_non_integers() => type_error("integer argument expected, got float"),
        _ if profile.integer_refusal_omits_type() => type_error("an integer is required"),
        _ if is_long && !profile.one_text_for_non_integers() => {
            type_error(format!("an integer is required (got type {name})"))
        }
        _ => no_index(operand, profile),
    }
}

/// The refusal of an operand without `__index__`, with the message that all versions share.
pub fn no_index<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> Stop {
    type_error(format!("'{}' object cannot be interpreted as an integer", operand.type_name(profile)))
}

/// An index; `None` where the operand is not a number. `class` raises where it exceeds `Py_ssize_t`.
pub fn index<S: Store>(
    operand: &Operand<'_, S>,
    profile: Profile,
    class: fn(String) -> Stop,
) -> RuleResult<Option<i64>> {
    let Some(value) = operand.integer()? else { return Ok(None) };
    match to_ssize(value, profile) {
        Some(value) => Ok(Some(value)),
        None => Err(class(format!("cannot fit '{}' into an index-sized integer", operand.type_name(profile)))),
    }
}

/// The argument of `read`: a number or `None`.
pub fn optional_count<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<Option<i64>> {
    let name = operand.type_name(profile);
    match operand {
        Operand::None => return Ok(None),
        Operand::Float(_) if !profile.read_takes_index() => return Err(no_index(operand, profile)),
        Operand::Index(_) | Operand::IndexAfter(..) if !profile.read_takes_index() => {}
        _ => {
            if let Some(count) = index(operand, profile, overflow_error)? {
                return Ok(Some(count));
            }
        }
    }
    Err(type_error(if profile.read_takes_index() {
        format!("argument should be integer or None, not '{name}'")
    } else {
        format!("integer argument expected, got '{name}'")
    }))
}

/// The truth value of any operand.
pub fn truth<S: Store>(operand: &Operand<'_, S>) -> RuleResult<bool> {
    Ok(match operand {
        Operand::None => false,
        Operand::Bool(value) => *value,
        Operand::Int(value) | Operand::OfInt(_, value) => *value != 0,
        Operand::Bytes(BytesLike::Strided, bytes) => bytes.len().div_ceil(2) > 0,
        Operand::Bytes(_, bytes) => !bytes.is_empty(),
        Operand::Float(float) => float.value() != 0.0,
        Operand::Text(text) => text.points().next().is_some(),
        Operand::WrongType(WrongType::List | WrongType::Dict) => false,
        Operand::WrongType(_) | Operand::Index(_) | Operand::IndexAfter(..) | Operand::BufferAfter(..) => true,
        Operand::File | Operand::Descriptor(..) => true,
        Operand::Map(map) => map.open().map(|_| true)?,
        Operand::View(view) => view.part()?.1.count > 0,
    })
}

/// The position of an index in a sequence of `len` items. A negative index counts from the end.
pub fn position(index: i64, len: usize, out_of_range: &'static str) -> RuleResult<usize> {
    let at = if index < 0 { index + len as i64 } else { index };
    match usize::try_from(at) {
        Ok(at) if at < len => Ok(at),
        _ => Err(index_error(out_of_range)),
    }
}
