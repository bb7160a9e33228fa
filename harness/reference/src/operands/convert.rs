//! Conversion of arguments, in CPython's words.

use crate::operands::operand::Object;
use crate::result::{Answer, Stop, attribute_error, index_error, overflow_error, type_error, value_error};
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Dialect, Profile, WrongType};

/// A C `int`: a descriptor, flags, an access, a whence.
pub fn int<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<i32> {
    let value = long(object, profile)?;
    i32::try_from(value).map_err(|_| {
        let beyond = if value > 0 { "greater than maximum" } else { "less than minimum" };
        overflow_error(format!("signed integer is {beyond}"))
    })
}

/// A C `int` of a method: a whence, an advice.
pub fn method_int<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<i32> {
    if !profile.methods_call_ints_too_large() {
        return int(object, profile);
    }
    let Some(value) = object.integer()? else { return Err(no_index(object, profile)) };
    i32::try_from(value).map_err(|_| overflow_error("Python int too large to convert to C int"))
}

/// A C `long`: what an `int` or a byte is before it is found small enough.
fn long<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<i64> {
    let value = whole(object, profile)?;
    if !fits_long(value, profile) {
        return Err(overflow_error("Python int too large to convert to C long"));
    }
    Ok(value as i64)
}

/// Whether a number fits a signed type with this largest number.
fn fits(value: i128, most: i64) -> bool {
    (-i128::from(most) - 1..=i128::from(most)).contains(&value)
}

/// A number as a `Py_ssize_t`, if it fits.
fn sized(value: i128, profile: Profile) -> Option<i64> {
    fits(value, profile.facts().ssize_max()).then_some(value as i64)
}

/// Whether a number is small enough for a C `long`.
pub fn fits_long(value: i128, profile: Profile) -> bool {
    fits(value, profile.facts().long_max())
}

/// The constructor's offset: 64 bits wherever it runs.
pub fn offset<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<i64> {
    i64::try_from(whole(object, profile)?).map_err(|_| {
        overflow_error(match profile.facts().long_bits {
            64 => "Python int too large to convert to C long",
            _ => "int too big to convert",
        })
    })
}

/// A number for a C `int` or `long`.
fn whole<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<i128> {
    let is_taken = profile.int_takes_index() || !matches!(object, Object::Index(_) | Object::IndexAfter(..));
    let value = if is_taken { object.integer()? } else { None };
    value.ok_or_else(|| not_an_integer(object, profile, true))
}

/// An `unsigned char`: the argument of `write_byte`.
pub fn unsigned_byte<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<u8> {
    let value = long(object, profile)?;
    u8::try_from(value).map_err(|_| {
        let beyond = if value > 0 { "greater than maximum" } else { "less than minimum" };
        overflow_error(format!("unsigned byte integer is {beyond}"))
    })
}

/// A `Py_ssize_t`: lengths, positions and counts. To Python 2 it is just a `long`.
pub fn ssize<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<i64> {
    if profile.dialect() == Dialect::Python2 {
        return long(object, profile);
    }
    let Some(value) = object.integer()? else { return Err(not_an_integer(object, profile, false)) };
    sized(value, profile).ok_or_else(|| overflow_error("Python int too large to convert to C ssize_t"))
}

/// The refusal of an object that is no number where one is wanted. `is_long`: a C `int` or `long` is.
pub fn not_an_integer<S: Store>(object: &Object<'_, S>, profile: Profile, is_long: bool) -> Stop {
    let name = object.type_name(profile);
    match object {
        // The class of a session is an old one in Python 2, whose objects are asked for what they do not have.
        Object::Index(_) if profile.dialect() == Dialect::Python2 => {
            attribute_error("Index instance has no attribute '__trunc__'")
        }
        Object::WrongType(WrongType::Float) if !profile.one_text_for_non_integers() => {
            type_error("integer argument expected, got float")
        }
        _ if profile.dialect() == Dialect::Python2 => type_error("an integer is required"),
        _ if is_long && !profile.one_text_for_non_integers() => {
            type_error(format!("an integer is required (got type {name})"))
        }
        _ => no_index(object, profile),
    }
}

/// The refusal of an object without `__index__`, in the words that never changed.
pub fn no_index<S: Store>(object: &Object<'_, S>, profile: Profile) -> Stop {
    type_error(format!("'{}' object cannot be interpreted as an integer", object.type_name(profile)))
}

/// An index, or none where the object is no number. `class` raises where it is too large for any sequence.
pub fn index<S: Store>(object: &Object<'_, S>, profile: Profile, class: fn(String) -> Stop) -> Answer<Option<i64>> {
    let Some(value) = object.integer()? else { return Ok(None) };
    match sized(value, profile) {
        Some(value) => Ok(Some(value)),
        None => Err(class(format!("cannot fit '{}' into an index-sized integer", object.type_name(profile)))),
    }
}

/// The argument of `read`: a number, or `None`.
pub fn optional_count<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<Option<i64>> {
    let name = object.type_name(profile);
    match object {
        Object::None => return Ok(None),
        Object::WrongType(WrongType::Float) if !profile.read_takes_index() => return Err(no_index(object, profile)),
        Object::Index(_) | Object::IndexAfter(..) if !profile.read_takes_index() => {}
        _ => {
            if let Some(count) = index(object, profile, overflow_error)? {
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

/// The truth of any object.
pub fn truth<S: Store>(object: &Object<'_, S>) -> Answer<bool> {
    Ok(match object {
        Object::None => false,
        Object::Bool(value) => *value,
        Object::Int(value) => *value != 0,
        Object::Bytes(BytesLike::Strided, bytes) => bytes.len().div_ceil(2) > 0,
        Object::Bytes(_, bytes) => !bytes.is_empty(),
        Object::WrongType(WrongType::List | WrongType::Dict) => false,
        Object::WrongType(_) | Object::Index(_) | Object::IndexAfter(..) | Object::BufferAfter(..) => true,
        Object::File | Object::Descriptor(..) => true,
        Object::Map(map) => map.open().map(|_| true)?,
        Object::View(view) => view.part()?.2 > 0,
    })
}

/// A slice before it is known what of.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    start: i64,
    stop: i64,
    step: i64,
}

impl Slice {
    /// From its parts: the step is converted first.
    pub fn new<S: Store>(parts: &[Object<'_, S>], profile: Profile) -> Answer<Slice> {
        let most = profile.facts().ssize_max();
        let part = |place: usize| slice_part(parts.get(place).unwrap_or(&Object::None), profile);
        let step = match part(2)? {
            Some(0) => return Err(value_error("slice step cannot be zero")),
            Some(step) => step.max(-most),
            None => 1,
        };
        let start = part(0)?.unwrap_or(if step < 0 { most } else { 0 });
        let stop = part(1)?.unwrap_or(if step < 0 { -most - 1 } else { most });
        Ok(Slice { start, stop, step })
    }

    /// The places it takes of a sequence of `len` items.
    pub fn of(self, len: usize) -> Places {
        let len = len as i64;
        let lowest = if self.step < 0 { -1 } else { 0 };
        let highest = if self.step < 0 { len - 1 } else { len };
        let clamp = |at: i64| if at < 0 { (at + len).max(lowest) } else { at.min(highest) };
        let (start, stop) = (clamp(self.start), clamp(self.stop));
        let count = if self.step < 0 {
            if stop < start { (start - stop - 1) / -self.step + 1 } else { 0 }
        } else if start < stop {
            (stop - start - 1) / self.step + 1
        } else {
            0
        };
        Places { start, step: self.step, count: count as usize }
    }
}

/// The places a slice takes.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    start: i64,
    step: i64,
    /// How many.
    pub count: usize,
}

impl Places {
    /// The first place, where they all follow each other.
    pub fn run(self) -> Option<usize> {
        (self.step == 1 || self.count == 0).then_some(self.start.max(0) as usize)
    }

    /// Whether a sequence of `len` items has all of them.
    pub fn lie_in(self, len: usize) -> bool {
        let Some(steps) = self.count.checked_sub(1) else { return true };
        self.start.max(self.start + steps as i64 * self.step) < len as i64
    }

    /// Each place, in order.
    pub fn each(self) -> impl Iterator<Item = usize> {
        (0..self.count as i64).map(move |i| (self.start + i * self.step) as usize)
    }
}

/// A part of a slice; a number too large for any sequence is as good as the largest that is not.
fn slice_part<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<Option<i64>> {
    match (object, object.integer()?) {
        (Object::None, _) => Ok(None),
        (_, Some(value)) => {
            let most = i128::from(profile.facts().ssize_max());
            Ok(Some(value.clamp(-most - 1, most) as i64))
        }
        _ if profile.slice_refusal_omits_none() => {
            Err(type_error("slice indices must be integers or have an __index__ method"))
        }
        _ => Err(type_error("slice indices must be integers or None or have an __index__ method")),
    }
}

/// The place an index names among `len` items, counted from the end where it is negative.
pub fn place(index: i64, len: usize, out_of_range: &'static str) -> Answer<usize> {
    let at = if index < 0 { index + len as i64 } else { index };
    match usize::try_from(at) {
        Ok(at) if at < len => Ok(at),
        _ => Err(index_error(out_of_range)),
    }
}
