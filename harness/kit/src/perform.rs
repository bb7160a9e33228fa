//! The call of one method of a mapping type, with its result as Python shows it.

use crate::mapping::{Mapping, Result};
use mmapcheck::typed::Call;
use mmapcheck_spec::Value;

/// Calls the method. The calls that make or drop a map are none of a map.
///
/// # Errors
/// As the method.
pub fn perform<M: Mapping>(map: &mut M, call: Call) -> Result<Value> {
    match call {
        Call::Map { .. } | Call::Anonymous(_) | Call::Drop => Ok(Value::None),
        Call::Close => map.close().map(none),
        Call::Closed => map.is_closed().map(Value::Bool),
        Call::Len => map.len().map(number),
        Call::Size => map.file_size().map(number),
        Call::Tell => map.tell().map(number),
        Call::Seek(to) => map.seek(to).map(number),
        Call::Read(count) => map.read(count.unwrap_or(usize::MAX)).map(Value::Bytes),
        Call::ReadByte => map.read_byte().map(number),
        Call::ReadLine => map.read_line().map(Value::Bytes),
        Call::Write(bytes) => map.write(&bytes).map(number),
        Call::WriteByte(byte) => map.write_byte(byte).map(none),
        Call::Get(index) => map.get(index).map(number),
        Call::Set(index, byte) => map.set(index, byte).map(none),
        Call::GetRange(start, end) => map.get_range(start.unwrap_or(0), end.unwrap_or(usize::MAX)).map(Value::Bytes),
        Call::SetRange(start, bytes) => map.set_range(start, &bytes).map(none),
        Call::Bytes => map.as_slice().map(|memory| Value::Bytes(memory.to_vec())),
        Call::Find(needle, start, end) => {
            let start = first(map, start)?;
            map.find(&needle, start, end.unwrap_or(usize::MAX)).map(index)
        }
        Call::RFind(needle, start, end) => {
            let start = first(map, start)?;
            map.rfind(&needle, start, end.unwrap_or(usize::MAX)).map(index)
        }
        Call::Move(dest, src, count) => map.move_range(dest, src, count).map(none),
        Call::Resize(len) => map.resize(len).map(none),
        Call::Flush(range) => {
            let (offset, len) = match range {
                Some(range) => range,
                None => (0, map.len()?),
            };
            map.flush(offset, len).map(none)
        }
    }
}

/// The start of a search: an omitted one is the position, and 0 for a type without one.
fn first<M: Mapping>(map: &M, start: Option<usize>) -> Result<usize> {
    match start {
        Some(start) => Ok(start),
        None => position(map).map(|position| position as usize),
    }
}

/// The position; 0 for a type without one.
///
/// # Errors
/// As [`Mapping::tell`].
pub fn position<M: Mapping>(map: &M) -> Result<u64> {
    match map.tell() {
        Err(crate::Error::NotHere) => Ok(0),
        told => told,
    }
}

fn none((): ()) -> Value {
    Value::None
}

fn number(number: impl TryInto<i128>) -> Value {
    Value::Int(number.try_into().unwrap_or(i128::MAX))
}

fn index(found: Option<usize>) -> Value {
    found.map_or(Value::Int(-1), number)
}
