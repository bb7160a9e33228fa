//! What other modules do with the buffer of a map.

use crate::answer::{Answer, index_error, struct_error, type_error, unsupported};
use crate::convert;
use crate::map::{Access, Map};
use crate::object::Object;
use crate::store::Store;
use mmapcheck_spec::{Profile, Thing, Value, Wrap};

/// How many bytes the format `<H` takes.
const PACKED: i64 = 2;

impl<S: Store> Map<S> {
    /// A copy of everything.
    fn all(&self) -> Answer<Vec<u8>> {
        self.open()?.read(0, self.len.get())
    }

    /// `bytes(m)`
    pub fn to_bytes(&self) -> Answer {
        self.all().map(Value::Bytes)
    }

    /// `zlib.crc32(m)`
    pub fn crc(&self) -> Answer {
        Ok(Value::Int(crate::digest(&self.all()?).into()))
    }

    /// `re.findall(pattern, m)`, of a pattern that is a literal.
    pub fn find_all(&self, pattern: &Object<'_, S>, profile: Profile) -> Answer {
        if let (Object::Thing(Thing::Text | Thing::Accent | Thing::LongText), false) = (pattern, self.is_closed()) {
            return Err(type_error("cannot use a string pattern on a bytes-like object"));
        }
        let Object::Bytes(Wrap::Bytes, needle) = pattern else {
            return Err(unsupported("re.findall() is only answered for a pattern of bytes").into());
        };
        if needle.iter().any(|byte| br".^$*+?{}[]\|()".contains(byte)) {
            return Err(unsupported("re.findall() is only answered for a literal").into());
        }
        if self.is_closed() {
            let got = if profile.re_names_wrong_type() { ", got 'mmap.mmap'" } else { "" };
            return Err(type_error(format!("expected string or bytes-like object{got}")));
        }
        let found = count_matches(&self.all()?, needle);
        Ok(Value::List(vec![Value::Bytes(needle.to_vec()); found]))
    }

    /// `struct.unpack_from('<H', m, offset)`
    pub fn unpack(&self, offset: &Object<'_, S>, profile: Profile) -> Answer {
        let open = self.open()?;
        let offset = convert::ssize(offset, profile)?;
        let at = self.packed_place(offset, ["unpack_from", "unpacking"], |offset| {
            format!("not enough data to unpack {PACKED} bytes at offset {offset}")
        })?;
        let bytes = open.read(at, PACKED as usize)?;
        Ok(Value::Tuple(vec![Value::Int(u16::from_le_bytes([bytes[0], bytes[1]]).into())]))
    }

    /// `struct.pack_into('<H', m, offset, value)`: the place is zeroed before the value is looked at.
    pub fn pack(&self, offset: &Object<'_, S>, value: &Object<'_, S>, profile: Profile) -> Answer {
        let open = match self.open() {
            Ok(open) if self.access != Access::Read => open,
            _ => {
                let argument = if profile.pack_into_names_arguments() { "pack_into() argument 2" } else { "argument" };
                return Err(type_error(format!("{argument} must be read-write bytes-like object, not mmap.mmap")));
            }
        };
        let offset = if profile.pack_into_names_arguments() {
            convert::ssize(offset, profile)?
        } else {
            convert::index(offset, index_error)?.ok_or_else(|| convert::no_index(offset))?
        };
        let at = self.packed_place(offset, ["pack_into", "packing"], |offset| {
            format!("no space to pack {PACKED} bytes at offset {offset}")
        })?;
        open.write(at, &[0; PACKED as usize])?;
        let Some(value) = value.integer() else { return Err(struct_error("required argument is not an integer")) };
        if !convert::fits_long(value, profile) {
            return Err(struct_error(profile.struct_overflow_text()));
        }
        let value = u16::try_from(value).map_err(|_| struct_error(profile.struct_range_text()))?;
        open.write(at, &value.to_le_bytes())?;
        Ok(Value::None)
    }

    /// Where in the map two bytes lie. `words`: the function and what it does; `short`: the refusal where less than
    /// two bytes are left before the end.
    fn packed_place(&self, offset: i64, words: [&str; 2], short: impl Fn(i64) -> String) -> Answer<usize> {
        let len = self.len.get() as i64;
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

/// How often a needle occurs without overlap; an empty one does at each place, and at the end.
fn count_matches(bytes: &[u8], needle: &[u8]) -> usize {
    if needle.is_empty() { bytes.len() + 1 } else { memchr::memmem::find_iter(bytes, needle).count() }
}
