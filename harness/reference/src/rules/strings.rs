//! Items and slices in Python 2, where the bytes of a map are the characters of a string.
//!
//! Reading is as in Python 3. Assignment checks the index and the value first, and the access of the map last.

use crate::operands::buffer::Buffer;
use crate::operands::convert;
use crate::operands::operand::Operand;
use crate::operands::slice::Slice;
use crate::result::{RuleResult, index_error, type_error};
use crate::rules::index::{OUT_OF_RANGE, WRONG_SIZE, set_all};
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Profile, Value};

impl<S: Store> Map<S> {
    /// `m[i] = value`
    pub fn set_character(&self, index: &Operand<'_, S>, value: &Operand<'_, S>, profile: Profile) -> RuleResult {
        let open = self.open()?;
        let at = self.character_index(index, profile)?;
        let Some(byte) = one_character(value) else {
            return Err(index_error("mmap assignment must be single-character string"));
        };
        self.check_writable()?;
        open.set(at, byte)?;
        Ok(Value::None)
    }

    /// `m[start:stop:step] = value`
    pub fn set_string(&self, parts: &[Operand<'_, S>], value: &Operand<'_, S>, profile: Profile) -> RuleResult {
        let open = self.open()?;
        let indices = Slice::new(parts, profile)?.of(self.len.get());
        let &Operand::Bytes(BytesLike::Bytes, bytes) = value else {
            return Err(index_error("mmap slice assignment must be a string"));
        };
        if bytes.len() != indices.count {
            return Err(index_error(WRONG_SIZE));
        }
        self.check_writable()?;
        set_all(&open, indices, &Buffer::Bytes(bytes.into()))
    }

    /// `del m[i]`
    pub fn del_character(&self, index: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.open()?;
        self.character_index(index, profile)?;
        Err(type_error("mmap object doesn't support item deletion"))
    }

    /// `del m[start:stop:step]`
    pub fn del_string(&self, parts: &[Operand<'_, S>], profile: Profile) -> RuleResult {
        self.open()?;
        Slice::new(parts, profile)?;
        Err(type_error("mmap object doesn't support slice deletion"))
    }

    fn character_index(&self, index: &Operand<'_, S>, profile: Profile) -> RuleResult<usize> {
        match convert::index(index, profile, index_error)? {
            Some(index) => convert::position(index, self.len.get(), OUT_OF_RANGE),
            None => Err(type_error("mmap indices must be integer")),
        }
    }
}

/// The argument of `write_byte`.
pub(super) fn character<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<u8> {
    let refusal =
        || type_error(format!("write_byte() argument 1 must be char, not {}", operand.argument_name(profile)));
    one_character(operand).ok_or_else(refusal)
}

fn one_character<S: Store>(operand: &Operand<'_, S>) -> Option<u8> {
    match *operand {
        Operand::Bytes(BytesLike::Bytes, &[byte]) => Some(byte),
        _ => None,
    }
}
