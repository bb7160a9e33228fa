//! Comparison, addition and multiplication: a map implements none of them, but the other operand may.

use crate::operands::buffer::Buffer;
use crate::operands::operand::Operand;
use crate::result::{RuleResult, Stop, type_error, unsupported};
use crate::state::layout::Format;
use crate::state::map::{Map, Open};
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Profile, Value, WrongType};
use std::rc::Rc;

/// `m == other`: the same object, or a `bytearray` or `memoryview` of the same bytes, whose types implement the comparison.
/// In Python 2 they do not accept the buffer of a map.
pub fn equal<S: Store>(map: &Rc<Map<S>>, other: &Operand<'_, S>, profile: Profile) -> RuleResult {
    Ok(Value::Bool(match other {
        Operand::Map(other) => Rc::ptr_eq(map, other),
        _ if !profile.maps_equal_buffers() => false,
        Operand::Bytes(BytesLike::ByteArray | BytesLike::View | BytesLike::Strided, _) | Operand::View(_) => {
            same_bytes(map, other, profile)?
        }
        _ => false,
    }))
}

/// `m != other`
pub fn differ<S: Store>(map: &Rc<Map<S>>, other: &Operand<'_, S>, profile: Profile) -> RuleResult {
    let same = equal(map, other, profile)?;
    Ok(Value::Bool(same == Value::Bool(false)))
}

/// Whether a bytes-like object equals the bytes of the map. Without a buffer, they differ.
fn same_bytes<S: Store>(map: &Map<S>, other: &Operand<'_, S>, profile: Profile) -> RuleResult<bool> {
    let (Ok(open), Ok(source)) = (map.open(), Buffer::any(other, profile)) else { return Ok(false) };
    if source.items() != map.len.get() {
        return Ok(false);
    }
    if source.format() != Format::Byte {
        return same_numbers(&open, &source);
    }
    match (open.read(0, source.len()), source.bytes()) {
        (Ok(own), Ok(others)) => Ok(own == *others),
        _ => Err(untouchable(source.len(), |at| Ok((open.byte(at)?, source.byte(at)?)))),
    }
}

/// Whether the items of a buffer are the bytes of the map as numbers, compared one by one. A `bytes` object equals none.
fn same_numbers<S: Store>(open: &Open<'_, S>, source: &Buffer<'_, S>) -> RuleResult<bool> {
    for at in 0..source.items() {
        let (own, other) = (open.byte(at)?, source.number(at)?);
        if source.format() == Format::Character || u16::from(own) != other {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The end of a comparison with a dead byte among the first `count` pairs: a comparison that gets that far dies.
fn untouchable(count: usize, pair: impl Fn(usize) -> RuleResult<(u8, u8)>) -> Stop {
    let end = (0..count).find_map(|at| match pair(at) {
        Ok((own, others)) => (own != others)
            .then(|| unsupported("how far a comparison reads beyond the first difference is not specified").into()),
        Err(stop) => Some(stop),
    });
    end.unwrap_or_else(|| unsupported("memory was dead and is live again").into())
}

/// `m < other`: only a `bytearray` implements it.
pub fn less<S: Store>(map: &Rc<Map<S>>, other: &Operand<'_, S>, profile: Profile) -> RuleResult {
    if profile.maps_have_order() {
        return less_in_python2(map, other, profile);
    }
    if let (Operand::Bytes(BytesLike::ByteArray, bytes), Ok(open)) = (other, map.open()) {
        let count = map.len.get().min(bytes.len());
        let Ok(own) = open.read(0, count) else {
            return Err(untouchable(count, |at| Ok((open.byte(at)?, bytes[at]))));
        };
        let order = own.as_slice().cmp(&bytes[..count]);
        return Ok(Value::Bool(order.then(map.len.get().cmp(&bytes.len())).is_lt()));
    }
    let (own, name) = (map.class.name(), other.type_name(profile));
    Err(type_error(format!("'<' not supported between instances of '{own}' and '{name}'")))
}

/// Python 2 orders any two objects: `None` and numbers first, then by the names of their types.
fn less_in_python2<S: Store>(map: &Rc<Map<S>>, other: &Operand<'_, S>, profile: Profile) -> RuleResult {
    Ok(Value::Bool(match other {
        Operand::Map(other) if !Rc::ptr_eq(map, other) => {
            return Err(unsupported("the order of two maps is that of their addresses").into());
        }
        Operand::None
        | Operand::Bool(_)
        | Operand::Int(_)
        | Operand::OfInt(..)
        | Operand::Index(_)
        | Operand::Float(_) => false,
        _ => "mmap.mmap" < other.type_name(profile),
    }))
}

/// `m + other`
pub fn add<S: Store>(map: &Map<S>, other: &Operand<'_, S>, profile: Profile) -> RuleResult {
    Err(unsupported_operand(map, '+', other, profile))
}

/// `m * other`: a sequence on the right tries to repeat itself `m` times.
pub fn multiply<S: Store>(map: &Map<S>, other: &Operand<'_, S>, profile: Profile) -> RuleResult {
    Err(match other {
        Operand::Bytes(BytesLike::Bytes | BytesLike::ByteArray | BytesLike::Array, _)
        | Operand::Text(_)
        | Operand::WrongType(WrongType::List | WrongType::Tuple) => {
            type_error(format!("can't multiply sequence by non-int of type '{}'", map.class.name()))
        }
        _ => unsupported_operand(map, '*', other, profile),
    })
}

fn unsupported_operand<S: Store>(map: &Map<S>, operator: char, other: &Operand<'_, S>, profile: Profile) -> Stop {
    let (own, name) = (map.class.name(), other.type_name(profile));
    type_error(format!("unsupported operand type(s) for {operator}: '{own}' and '{name}'"))
}
