//! Functions of other modules on the buffer of a map.

use crate::operands::convert;
use crate::operands::operand::Operand;
use crate::result::{
    RuleResult, Stop, index_error, overflow_error, struct_error, type_error, unsupported, value_error,
};
use crate::state::export::Export;
use crate::state::map::{Access, Map};
use crate::store::{Direction, Store};
use mmapcheck_spec::{BytesLike, Dialect, Float, Profile, Value};
use std::rc::Rc;

/// The size in bytes of the format `<H`.
const PACKED: i64 = 2;

impl<S: Store> Map<S> {
    /// A copy of all bytes.
    pub fn all(&self) -> RuleResult<Vec<u8>> {
        self.open()?.read(0, self.len.get())
    }

    /// `bytes(m)`, which in Python 2 is `str(m)`, the `repr`.
    pub fn to_bytes(&self, profile: Profile) -> RuleResult {
        match profile.dialect() {
            Dialect::Python2 => self.repr(profile),
            Dialect::Python3 => self.all().map(Value::Bytes),
        }
    }

    /// `zlib.crc32(m)`, which is signed in Python 2.
    pub fn crc(&self, profile: Profile) -> RuleResult {
        let sum = mmapcheck_world::digest(&self.all()?) as u32;
        Ok(Value::Int(if profile.crc32_is_signed() { sum.cast_signed().into() } else { sum.into() }))
    }

    /// `re.findall(pattern, m)`, for a literal pattern.
    pub fn find_all(&self, pattern: &Operand<'_, S>, profile: Profile) -> RuleResult {
        if let (Operand::Text(_), false) = (pattern, self.is_closed()) {
            return Err(type_error("cannot use a string pattern on a bytes-like object"));
        }
        let Operand::Bytes(BytesLike::Bytes, needle) = pattern else {
            return Err(unsupported("no rule covers re.findall() with a pattern other than bytes").into());
        };
        if needle.iter().any(|byte| br".^$*+?{}[]\|()".contains(byte)) {
            return Err(unsupported("no rule covers re.findall() with a pattern that is not literal").into());
        }
        if self.is_closed() {
            return Err(type_error(profile.re_refusal_text(self.class.name())));
        }
        Ok(Value::List(vec![Value::Bytes(needle.to_vec()); self.count_matches(needle)?]))
    }

    /// How often a needle occurs without overlap. An empty needle occurs at each index and at the end; no byte is read for it.
    fn count_matches(&self, needle: &[u8]) -> RuleResult<usize> {
        let (open, len) = (self.open()?, self.len.get());
        if needle.is_empty() {
            return Ok(len + 1);
        }
        let (mut start, mut many) = (0, 0);
        while let Some(at) = open.find(start..len, needle, Direction::Forward)? {
            (start, many) = (at + needle.len(), many + 1);
        }
        Ok(many)
    }

    /// `struct.unpack_from('<H', m, offset)`
    pub fn unpack(self: &Rc<Self>, offset: &Operand<'_, S>, profile: Profile) -> RuleResult {
        let before = profile.unpack_converts_offset_first().then(|| convert::ssize(offset, profile)).transpose()?;
        let _export = Export::of(self)?;
        let offset = before.map_or_else(|| convert::ssize(offset, profile), Ok)?;
        let words = ["unpack_from", "unpacking"];
        let at = self.packed_index(offset, words, profile.unpack_refusal_tells_offset(), |offset| {
            format!("not enough data to unpack {PACKED} bytes at offset {offset}")
        })?;
        let bytes = self.open()?.read(at, PACKED as usize)?;
        Ok(Value::Tuple(vec![Value::Int(u16::from_le_bytes([bytes[0], bytes[1]]).into())]))
    }

    /// `struct.pack_into('<H', m, offset, value)`, which zeroes the bytes before it converts the value.
    pub fn pack(self: &Rc<Self>, offset: &Operand<'_, S>, value: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.check_packable(profile)?;
        let _export = Export::of(self)?;
        let offset = packed_offset(offset, profile)?;
        let words = ["pack_into", "packing"];
        let at = self.packed_index(offset, words, profile.pack_refusal_tells_offset(), |offset| {
            format!("no space to pack {PACKED} bytes at offset {offset}")
        })?;
        self.open()?.write(at, &[0; PACKED as usize])?;
        let value = packed_value(value, profile)?;
        if !convert::fits_long(value, profile) {
            return Err(struct_error(profile.struct_overflow_text()));
        }
        let value = u16::try_from(value).map_err(|_| struct_error(profile.struct_range_text()))?;
        self.open()?.write(at, &value.to_le_bytes())?;
        Ok(Value::None)
    }

    /// Checks that the buffer can be written.
    fn check_packable(&self, profile: Profile) -> RuleResult<()> {
        if profile.pack_into_refuses_as_map() {
            self.check_open()?;
            return self.check_writable();
        }
        match self.check_open() {
            Ok(()) if self.access != Access::Read => Ok(()),
            _ => {
                let argument = if profile.pack_into_names_arguments() { "pack_into() argument 2" } else { "argument" };
                let name = self.class.name();
                Err(type_error(format!("{argument} must be read-write bytes-like object, not {name}")))
            }
        }
    }

    /// The index of the packed bytes. `words`: the name of the function and its verb; `tells`: whether the message shows the
    /// offset; `short`: the message for an offset less than [`PACKED`] bytes before the end.
    fn packed_index(
        &self,
        offset: i64,
        words: [&str; 2],
        tells: bool,
        short: impl Fn(i64) -> String,
    ) -> RuleResult<usize> {
        let len = self.len.get() as i64;
        let start = if offset < 0 { offset.saturating_add(len) } else { offset };
        if !tells && (start < 0 || len - start < PACKED) {
            return Err(struct_error(format!("{} requires a buffer of at least {PACKED} bytes", words[0])));
        }
        let from_start = match offset {
            0.. => offset,
            _ if offset + PACKED > 0 => return Err(struct_error(short(offset))),
            _ if offset + len < 0 => {
                return Err(struct_error(format!("offset {offset} out of range for {len}-byte buffer")));
            }
            _ => offset + len,
        };
        if len - from_start < PACKED {
            let [function, doing] = words;
            let needed = i128::from(from_start) + i128::from(PACKED);
            return Err(struct_error(format!(
                "{function} requires a buffer of at least {needed} bytes for {doing} {PACKED} bytes at offset \
                 {from_start} (actual buffer size is {len})"
            )));
        }
        Ok(from_start as usize)
    }
}

/// The offset of `pack_into`. Python 2 converts any number to an integer, even a float.
fn packed_offset<S: Store>(offset: &Operand<'_, S>, profile: Profile) -> RuleResult<i64> {
    if profile.pack_into_names_arguments() {
        return convert::ssize(offset, profile);
    }
    if !profile.struct_takes_floats() {
        return convert::index(offset, profile, index_error)?.ok_or_else(|| convert::no_index(offset, profile));
    }
    match offset {
        Operand::Float(float) if float.value().is_infinite() => {
            Err(overflow_error("cannot convert float infinity to integer"))
        }
        Operand::Float(float) => {
            i64::try_from(truncated(*float)?).map_err(|_| overflow_error("Python int too large to convert to C long"))
        }
        Operand::Bool(_) | Operand::Int(_) | Operand::OfInt(..) => {
            let offset = offset.integer()?.unwrap_or_default();
            i64::try_from(offset).map_err(|_| overflow_error("long int too large to convert to int"))
        }
        _ => Err(convert::not_an_integer(offset, profile, true)),
    }
}

/// A float without its fraction.
fn truncated(float: Float) -> RuleResult<i128> {
    match float.value() {
        value if value.is_nan() => Err(value_error("cannot convert float NaN to integer")),
        value => Ok(value as i128),
    }
}

/// The value of `pack_into`. Python 2 accepts a float.
fn packed_value<S: Store>(value: &Operand<'_, S>, profile: Profile) -> RuleResult<i128> {
    match (value, profile.struct_takes_floats()) {
        (Operand::Float(float), true) => truncated(*float),
        (_, true) => value.integer()?.ok_or_else(|| struct_error("cannot convert argument to integer")),
        (_, false) => value
            .integer()
            .map_err(|stop| reword_overflow(stop, profile))?
            .ok_or_else(|| struct_error("required argument is not an integer")),
    }
}

/// Replaces an overflow in a conversion by the message for the range of the format, in the versions that do so.
fn reword_overflow(stop: Stop, profile: Profile) -> Stop {
    match stop {
        Stop::Raised(raise) if raise.class == "OverflowError" && profile.struct_takes_overflow_for_range() => {
            struct_error(profile.struct_range_text())
        }
        stop => stop,
    }
}
