//! Items and slices in Python 2, where the bytes of a map are the characters of a string.
//!
//! Reading them is as in Python 3. Assigning looks at the place and the value first and at the right to write last.

use crate::operands::convert::{self, Slice};
use crate::operands::operand::{Object, Source};
use crate::result::{Answer, index_error, type_error};
use crate::rules::index::{OUT_OF_RANGE, WRONG_SIZE, set_all};
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Profile, Value};

impl<S: Store> Map<S> {
    /// `m[i] = value`
    pub fn set_character(&self, index: &Object<'_, S>, value: &Object<'_, S>, profile: Profile) -> Answer {
        let open = self.open()?;
        let at = self.character_place(index, profile)?;
        let Some(byte) = one_character(value) else {
            return Err(index_error("mmap assignment must be single-character string"));
        };
        self.writable()?;
        open.set(at, byte)?;
        Ok(Value::None)
    }

    /// `m[start:stop:step] = value`
    pub fn set_string(&self, parts: &[Object<'_, S>], value: &Object<'_, S>, profile: Profile) -> Answer {
        let open = self.open()?;
        let places = Slice::new(parts, profile)?.of(self.len.get());
        let &Object::Bytes(BytesLike::Bytes, bytes) = value else {
            return Err(index_error("mmap slice assignment must be a string"));
        };
        if bytes.len() != places.count {
            return Err(index_error(WRONG_SIZE));
        }
        self.writable()?;
        set_all(&open, places, &Source::Bytes(bytes.into()))
    }

    /// `del m[i]`
    pub fn del_character(&self, index: &Object<'_, S>, profile: Profile) -> Answer {
        self.open()?;
        self.character_place(index, profile)?;
        Err(type_error("mmap object doesn't support item deletion"))
    }

    /// `del m[start:stop:step]`
    pub fn del_string(&self, parts: &[Object<'_, S>], profile: Profile) -> Answer {
        self.open()?;
        Slice::new(parts, profile)?;
        Err(type_error("mmap object doesn't support slice deletion"))
    }

    fn character_place(&self, index: &Object<'_, S>, profile: Profile) -> Answer<usize> {
        match convert::index(index, profile, index_error)? {
            Some(index) => convert::place(index, self.len.get(), OUT_OF_RANGE),
            None => Err(type_error("mmap indices must be integer")),
        }
    }
}

/// The argument of `write_byte`.
pub(super) fn character<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<u8> {
    let refusal = || type_error(format!("write_byte() argument 1 must be char, not {}", object.argument_name(profile)));
    one_character(object).ok_or_else(refusal)
}

fn one_character<S: Store>(object: &Object<'_, S>) -> Option<u8> {
    match *object {
        Object::Bytes(BytesLike::Bytes, &[byte]) => Some(byte),
        _ => None,
    }
}
