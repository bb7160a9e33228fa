//! Types and functions that take the bytes of a map as those of any bytes-like object. In Python 2 most of them do not.

use crate::result::{RuleResult, attribute_error, type_error};
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{Dialect, Profile, Value};

/// `b''.join([m])`
pub fn join<S: Store>(map: &Map<S>, profile: Profile) -> RuleResult {
    match profile.dialect() {
        Dialect::Python2 => Err(type_error(format!("sequence item 0: expected string, {} found", map.class.name()))),
        Dialect::Python3 if map.is_closed() => {
            Err(type_error(format!("sequence item 0: expected a bytes-like object, {} found", map.class.name())))
        }
        Dialect::Python3 => map.all().map(Value::Bytes),
    }
}

/// `bytes(operator.iadd(bytearray(b'>'), m))`
pub fn append<S: Store>(map: &Map<S>, profile: Profile) -> RuleResult {
    if profile.dialect() == Dialect::Python2 || map.is_closed() {
        return Err(type_error(format!("can't concat {} to bytearray", map.class.name())));
    }
    Ok(Value::Bytes([b">", &map.all()?[..]].concat()))
}

/// `int.from_bytes(m, 'big').bit_length()`
pub fn bit_length<S: Store>(map: &Map<S>, profile: Profile) -> RuleResult {
    if profile.dialect() == Dialect::Python2 {
        return Err(attribute_error("type object 'int' has no attribute 'from_bytes'"));
    }
    let bytes = map.all()?;
    let first = bytes.iter().position(|byte| *byte != 0);
    let bits = first.map_or(0, |first| 8 * (bytes.len() - first) as i128 - i128::from(bytes[first].leading_zeros()));
    Ok(Value::Int(bits))
}

/// `str(m, 'latin-1')`
pub fn decode<S: Store>(map: &Map<S>, profile: Profile) -> RuleResult {
    match profile.dialect() {
        Dialect::Python2 => Err(type_error("str() takes at most 1 argument (2 given)")),
        Dialect::Python3 if map.is_closed() => {
            Err(type_error(format!("decoding to str: need a bytes-like object, {} found", map.class.name())))
        }
        Dialect::Python3 => Ok(Value::Text(map.all()?.into_iter().map(char::from).collect())),
    }
}

/// `io.BytesIO(m).getvalue()`
pub fn bytes_io<S: Store>(map: &Map<S>, profile: Profile) -> RuleResult {
    match profile.dialect() {
        Dialect::Python2 => Err(type_error("'mmap.mmap' does not have the buffer interface")),
        Dialect::Python3 => map.all().map(Value::Bytes),
    }
}

/// `array.array('B').frombytes(m)`
pub fn array_from<S: Store>(map: &Map<S>, profile: Profile) -> RuleResult {
    match profile.dialect() {
        Dialect::Python2 => Err(attribute_error("'array.array' object has no attribute 'frombytes'")),
        Dialect::Python3 => map.all().map(|_| Value::None),
    }
}
