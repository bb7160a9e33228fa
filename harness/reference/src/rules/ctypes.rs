//! C characters of `ctypes` in the memory of a map, or copied from it.

use crate::operands::convert;
use crate::operands::operand::Operand;
use crate::result::{RuleResult, Stop, type_error, value_error};
use crate::state::export::Export;
use crate::state::map::{Access, Map};
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Profile, Value};
use std::rc::Rc;

/// `ctypes.c_char.from_buffer(m, offset).value`
pub fn from_buffer<S: Store>(map: &Rc<Map<S>>, offset: &Operand<'_, S>, profile: Profile) -> RuleResult {
    let at = shared(map, offset, profile)?;
    character(map, at)
}

/// `ctypes.c_char.from_buffer(m, offset).value = value`
pub fn set_from_buffer<S: Store>(
    map: &Rc<Map<S>>,
    offset: &Operand<'_, S>,
    value: &Operand<'_, S>,
    profile: Profile,
) -> RuleResult {
    let at = shared(map, offset, profile)?;
    let byte = assigned(value, profile)?;
    map.open()?.set(at, byte)?;
    Ok(Value::None)
}

/// `ctypes.c_char.from_buffer_copy(m, offset).value`
pub fn from_buffer_copy<S: Store>(map: &Rc<Map<S>>, offset: &Operand<'_, S>, profile: Profile) -> RuleResult {
    let _export = Export::of(map)?;
    let at = place(map, convert::ssize(offset, profile)?)?;
    character(map, at)
}

/// The index of a character that shares the memory of a map, which must be writable.
fn shared<S: Store>(map: &Rc<Map<S>>, offset: &Operand<'_, S>, profile: Profile) -> RuleResult<usize> {
    let offset = convert::ssize(offset, profile)?;
    if profile.from_buffer_checks_offset_first() {
        check_sign(offset)?;
    }
    map.check_open()?;
    if map.access == Access::Read {
        return Err(type_error("underlying buffer is not writable"));
    }
    place(map, offset)
}

fn check_sign(offset: i64) -> RuleResult<()> {
    if offset < 0 { Err(value_error("offset cannot be negative")) } else { Ok(()) }
}

/// The index of a character at an offset. The message states the sum of two C numbers, which may overflow.
fn place<S: Store>(map: &Map<S>, offset: i64) -> RuleResult<usize> {
    check_sign(offset)?;
    match usize::try_from(offset) {
        Ok(at) if at < map.len.get() => Ok(at),
        _ => {
            let (len, needed) = (map.len.get(), offset.wrapping_add(1));
            Err(value_error(format!("Buffer size too small ({len} instead of at least {needed} bytes)")))
        }
    }
}

fn character<S: Store>(map: &Map<S>, at: usize) -> RuleResult {
    Ok(Value::Bytes(vec![map.open()?.byte(at)?]))
}

/// The byte that a value is assigned as. No `__index__` is called.
fn assigned<S: Store>(value: &Operand<'_, S>, profile: Profile) -> RuleResult<u8> {
    match *value {
        Operand::Bytes(BytesLike::Bytes | BytesLike::ByteArray, &[byte]) => Ok(byte),
        Operand::Bool(value) => Ok(value.into()),
        Operand::Int(value) | Operand::OfInt(_, value) => u8::try_from(value).map_err(|_| not_in_range(profile)),
        _ => Err(not_a_character(value, profile)),
    }
}

fn not_in_range(profile: Profile) -> Stop {
    type_error(if profile.character_refusal_names_type() { "integer not in range(256)" } else { WANTED })
}

fn not_a_character<S: Store>(value: &Operand<'_, S>, profile: Profile) -> Stop {
    if !profile.character_refusal_names_type() {
        return type_error(WANTED);
    }
    let of_length = match value {
        Operand::Bytes(BytesLike::Bytes | BytesLike::ByteArray, bytes) => format!(" of length {}", bytes.len()),
        _ => String::new(),
    };
    let name = value.type_name(profile);
    type_error(format!("one character bytes, bytearray, or an integer in range(256) expected, not {name}{of_length}"))
}

const WANTED: &str = "one character bytes, bytearray or integer expected";
