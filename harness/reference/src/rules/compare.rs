//! Comparing, adding and multiplying: a map has none of it, but what it meets may.

use crate::answer::{Answer, type_error};
use crate::map::Map;
use crate::object::{Object, Source};
use crate::store::Store;
use mmapcheck_spec::{Thing, Value, Wrap};
use std::rc::Rc;

/// `m == other`: the same object, or a `bytearray` or `memoryview` of the same bytes, which compare themselves.
pub fn equal<S: Store>(map: &Rc<Map<S>>, other: &Object<'_, S>) -> Answer {
    Ok(Value::Bool(match other {
        Object::Map(other) => Rc::ptr_eq(map, other),
        Object::Bytes(Wrap::ByteArray | Wrap::View | Wrap::Strided, _) | Object::View(_) => same_bytes(map, other)?,
        _ => false,
    }))
}

/// Whether a bytes-like object has the bytes of the map. Where one of them has no buffer, they differ.
fn same_bytes<S: Store>(map: &Map<S>, other: &Object<'_, S>) -> Answer<bool> {
    let (Ok(open), Ok(source)) = (map.open(), Source::any(other)) else { return Ok(false) };
    Ok(source.len() == map.len.get() && open.read(0, source.len())? == *source.bytes()?)
}

/// `m < other`: only a `bytearray` knows how to compare itself.
pub fn less<S: Store>(map: &Map<S>, other: &Object<'_, S>) -> Answer {
    if let (Object::Bytes(Wrap::ByteArray, bytes), Ok(open)) = (other, map.open()) {
        let count = map.len.get().min(bytes.len());
        let order = open.read(0, count)?.as_slice().cmp(&bytes[..count]);
        return Ok(Value::Bool(order.then(map.len.get().cmp(&bytes.len())).is_lt()));
    }
    Err(type_error(format!("'<' not supported between instances of 'mmap.mmap' and '{}'", other.type_name())))
}

/// `m + other`
pub fn add<S: Store>(other: &Object<'_, S>) -> Answer {
    Err(unsupported_operand('+', other))
}

/// `m * other`: a sequence on the right side is asked to repeat itself `m` times.
pub fn multiply<S: Store>(other: &Object<'_, S>) -> Answer {
    Err(match other {
        Object::Bytes(Wrap::Bytes | Wrap::ByteArray | Wrap::Array, _)
        | Object::Thing(Thing::List | Thing::Tuple | Thing::Text | Thing::Accent | Thing::LongText) => {
            type_error("can't multiply sequence by non-int of type 'mmap.mmap'")
        }
        _ => unsupported_operand('*', other),
    })
}

fn unsupported_operand<S: Store>(operator: char, other: &Object<'_, S>) -> crate::answer::Stop {
    type_error(format!("unsupported operand type(s) for {operator}: 'mmap.mmap' and '{}'", other.type_name()))
}
