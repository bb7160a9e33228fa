//! Functions of the C API on a map: the slots of its type, which statements of Python reach only in part.
//!
//! The items of a map are those of its sequence slots: `bytes` of length one. An object of a subclass has slots that call
//! `__getitem__`, `__setitem__` and `__delitem__` instead.

use crate::operands::convert;
use crate::operands::operand::Operand;
use crate::result::{RuleResult, buffer_error, index_error, number, type_error, unsupported};
use crate::rules::index::OUT_OF_RANGE;
use crate::state::class::Class;
use crate::state::export::Export;
use crate::state::map::{Access, Map};
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Dialect, Domain, Profile, Value};
use std::rc::Rc;

/// `PyBUF_WRITABLE`
const WRITABLE: i128 = 1;
/// `PyBUF_FORMAT`
const FORMAT: i128 = 4;
/// `PyBUF_ND`
const ND: i128 = 8;

/// `PySequence_GetItem`
pub fn get_item<S: Store>(map: &Map<S>, index: &Operand<'_, S>, profile: Profile) -> RuleResult {
    match map.class {
        Class::Mmap => Ok(Value::Bytes(vec![map.open()?.byte(place(map, index, profile)?)?])),
        Class::Sub(_) | Class::EmptySub(..) => map.get_item(&passed_index(map, index, profile)?, profile),
    }
}

/// `PySequence_SetItem`: returns 0.
pub fn set_item<S: Store>(
    map: &Map<S>,
    index: &Operand<'_, S>,
    value: &Operand<'_, S>,
    profile: Profile,
) -> RuleResult {
    match (&map.class, profile.dialect()) {
        (Class::Mmap, _) => {
            let open = map.open()?;
            let at = place(map, index, profile)?;
            let &Operand::Bytes(BytesLike::Bytes, &[byte]) = value else {
                return Err(index_error(single_byte(profile)));
            };
            map.check_writable()?;
            open.set(at, byte)?;
        }
        (Class::Sub(_) | Class::EmptySub(..), Dialect::Python3) => {
            map.set_item(&passed_index(map, index, profile)?, value, profile)?;
        }
        (Class::Sub(_) | Class::EmptySub(..), Dialect::Python2) => {
            map.set_character(&passed_index(map, index, profile)?, value, profile)?;
        }
    }
    Ok(Value::Int(0))
}

/// The refusal of a value that is not a byte.
fn single_byte(profile: Profile) -> &'static str {
    match profile.dialect() {
        Dialect::Python3 => "mmap assignment must be length-1 bytes()",
        Dialect::Python2 => "mmap assignment must be single-character string",
    }
}

/// `PySequence_DelItem`
pub fn del_item<S: Store>(map: &Map<S>, index: &Operand<'_, S>, profile: Profile) -> RuleResult {
    match (&map.class, profile.dialect()) {
        (Class::Mmap, _) => {
            map.check_open()?;
            place(map, index, profile)?;
            Err(type_error("mmap object doesn't support item deletion"))
        }
        (Class::Sub(_) | Class::EmptySub(..), Dialect::Python3) => {
            map.del_item(&passed_index(map, index, profile)?, profile)
        }
        (Class::Sub(_) | Class::EmptySub(..), Dialect::Python2) => {
            map.del_character(&passed_index(map, index, profile)?, profile)
        }
    }
}

/// `PySequence_SetSlice`: returns 0.
pub fn set_slice<S: Store>(map: &Map<S>, args: &[Operand<'_, S>], profile: Profile) -> RuleResult {
    let [start, stop, value] = args else { return Err(unsupported("a slice is assigned by three arguments").into()) };
    let parts = [c_number(start, profile)?, c_number(stop, profile)?].map(|part| Operand::Int(part.into()));
    match profile.dialect() {
        Dialect::Python3 => map.set_slice(&parts, value, profile)?,
        Dialect::Python2 => map.set_string(&parts, value, profile)?,
    };
    Ok(Value::Int(0))
}

/// `PySequence_DelSlice`
pub fn del_slice<S: Store>(map: &Map<S>, parts: &[Operand<'_, S>], profile: Profile) -> RuleResult {
    match profile.dialect() {
        Dialect::Python3 => map.del_slice(parts, profile),
        Dialect::Python2 => map.del_string(parts, profile),
    }
}

/// `PySequence_Repeat`, `PySequence_Concat` and `PySequence_InPlaceConcat`: a map is never `repeated` or `concatenated`, open or
/// closed.
pub fn refuse<S: Store>(map: &Map<S>, done: &str) -> RuleResult {
    Err(type_error(format!("'{}' object can't be {done}", map.class.name())))
}

/// `PySequence_Contains`: 0 or 1.
pub fn contains<S: Store>(map: &Map<S>, value: &Operand<'_, S>, profile: Profile) -> RuleResult {
    Ok(Value::Int((map.contains(value, profile)? == Value::Bool(true)).into()))
}

/// `PyObject_AsFileDescriptor`: a map has no `fileno`.
pub fn descriptor(profile: Profile) -> RuleResult {
    Err(type_error(match profile.dialect() {
        Dialect::Python3 => "argument must be an int, or have a fileno() method.",
        Dialect::Python2 => "argument must be an int, or have a fileno() method",
    }))
}

/// `PyObject_GetBuffer`: the parts of the buffer, as the class `Buffer` of a session shows them.
pub fn buffer<S: Store>(map: &Rc<Map<S>>, flags: &Operand<'_, S>, profile: Profile) -> RuleResult {
    if profile.dialect() == Dialect::Python2 {
        return Err(type_error(format!("'{}' does not have the buffer interface", map.class.name())));
    }
    let _export = Export::of(map)?;
    let &Operand::Int(flags) = flags else { return Err(unsupported("the flags of a buffer are a number").into()) };
    let readonly = map.access == Access::Read;
    if readonly && flags & WRITABLE != 0 {
        return Err(buffer_error("Object is not writable."));
    }
    let (len, item) = (number(map.len.get()), Value::Int(1));
    let if_requested = |bits: i128, value: Value| if flags & bits == bits { value } else { Value::None };
    Ok(Value::Tuple(vec![
        len.clone(),
        item.clone(),
        Value::Bool(readonly),
        Value::Int(1),
        if_requested(FORMAT, Value::Bytes(b"B".to_vec())),
        if_requested(ND, len),
        if_requested(Domain::STRIDES, item),
        Value::Bool(false),
    ]))
}

/// The place of an index in an open map. A negative index counts from the end.
fn place<S: Store>(map: &Map<S>, index: &Operand<'_, S>, profile: Profile) -> RuleResult<usize> {
    convert::position(c_number(index, profile)?, map.len.get(), OUT_OF_RANGE)
}

/// The index that the function passes on: the length of the map is added to a negative one.
fn passed_index<S: Store>(map: &Map<S>, index: &Operand<'_, S>, profile: Profile) -> RuleResult<Operand<'static, S>> {
    let index = c_number(index, profile)?;
    if index >= 0 {
        return Ok(Operand::Int(index.into()));
    }
    map.check_open()?;
    Ok(Operand::Int(i128::from(index) + map.len.get() as i128))
}

/// A `Py_ssize_t` that `ctypes` passes: it takes any number, and cuts one that is longer.
fn c_number<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<i64> {
    let max = i128::from(profile.facts().ssize_max());
    match *operand {
        Operand::Int(value) if (-max - 1..=max).contains(&value) => Ok(value as i64),
        _ => Err(unsupported("ctypes cuts a number longer than Py_ssize_t").into()),
    }
}
