//! Comparing, adding and multiplying: a map has none of it, but what it meets may.

use crate::operands::operand::{Object, Source};
use crate::result::{Answer, Stop, type_error, unsupported};
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Dialect, Profile, Value, WrongType};
use std::rc::Rc;

/// `m == other`: the same object, or a `bytearray` or `memoryview` of the same bytes, which compare themselves.
/// In Python 2 these do not know the buffer of a map.
pub fn equal<S: Store>(map: &Rc<Map<S>>, other: &Object<'_, S>, profile: Profile) -> Answer {
    Ok(Value::Bool(match other {
        Object::Map(other) => Rc::ptr_eq(map, other),
        _ if profile.dialect() == Dialect::Python2 => false,
        Object::Bytes(BytesLike::ByteArray | BytesLike::View | BytesLike::Strided, _) | Object::View(_) => {
            same_bytes(map, other, profile)?
        }
        _ => false,
    }))
}

/// Whether a bytes-like object has the bytes of the map. Where one of them has no buffer, they differ.
fn same_bytes<S: Store>(map: &Map<S>, other: &Object<'_, S>, profile: Profile) -> Answer<bool> {
    let (Ok(open), Ok(source)) = (map.open(), Source::any(other, profile)) else { return Ok(false) };
    if source.len() != map.len.get() {
        return Ok(false);
    }
    match (open.read(0, source.len()), source.bytes()) {
        (Ok(ours), Ok(theirs)) => Ok(ours == *theirs),
        _ => Err(untouchable(source.len(), |at| Ok((open.byte(at)?, source.byte(at)?)))),
    }
}

/// Why a comparison does not end, where some of the first `count` pairs of bytes cannot be touched: who gets that far dies.
fn untouchable(count: usize, pair: impl Fn(usize) -> Answer<(u8, u8)>) -> Stop {
    let told = (0..count).find_map(|at| match pair(at) {
        Ok((ours, theirs)) => (ours != theirs)
            .then(|| unsupported("how far a comparison looks beyond the first divergence is its own affair").into()),
        Err(stop) => Some(stop),
    });
    told.unwrap_or_else(|| unsupported("memory is dead at one time and not at another").into())
}

/// `m < other`: only a `bytearray` knows how to compare itself.
pub fn less<S: Store>(map: &Rc<Map<S>>, other: &Object<'_, S>, profile: Profile) -> Answer {
    if profile.dialect() == Dialect::Python2 {
        return before(map, other, profile);
    }
    if let (Object::Bytes(BytesLike::ByteArray, bytes), Ok(open)) = (other, map.open()) {
        let count = map.len.get().min(bytes.len());
        let Ok(ours) = open.read(0, count) else {
            return Err(untouchable(count, |at| Ok((open.byte(at)?, bytes[at]))));
        };
        let order = ours.as_slice().cmp(&bytes[..count]);
        return Ok(Value::Bool(order.then(map.len.get().cmp(&bytes.len())).is_lt()));
    }
    Err(type_error(format!("'<' not supported between instances of 'mmap.mmap' and '{}'", other.type_name(profile))))
}

/// Python 2 puts any two objects into some order: `None` and numbers first, then by the names of their types.
fn before<S: Store>(map: &Rc<Map<S>>, other: &Object<'_, S>, profile: Profile) -> Answer {
    Ok(Value::Bool(match other {
        Object::Map(other) if !Rc::ptr_eq(map, other) => {
            return Err(unsupported("two maps are in the order of their addresses").into());
        }
        Object::None | Object::Bool(_) | Object::Int(_) | Object::Index(_) | Object::WrongType(WrongType::Float) => {
            false
        }
        _ => "mmap.mmap" < other.type_name(profile),
    }))
}

/// `m + other`
pub fn add<S: Store>(other: &Object<'_, S>, profile: Profile) -> Answer {
    Err(unsupported_operand('+', other, profile))
}

/// `m * other`: a sequence on the right side is asked to repeat itself `m` times.
pub fn multiply<S: Store>(other: &Object<'_, S>, profile: Profile) -> Answer {
    Err(match other {
        Object::Bytes(BytesLike::Bytes | BytesLike::ByteArray | BytesLike::Array, _)
        | Object::WrongType(
            WrongType::List | WrongType::Tuple | WrongType::Text | WrongType::Accent | WrongType::LongText,
        ) => type_error("can't multiply sequence by non-int of type 'mmap.mmap'"),
        _ => unsupported_operand('*', other, profile),
    })
}

fn unsupported_operand<S: Store>(operator: char, other: &Object<'_, S>, profile: Profile) -> Stop {
    type_error(format!("unsupported operand type(s) for {operator}: 'mmap.mmap' and '{}'", other.type_name(profile)))
}
