//! Indexing and slicing: reading, assignment and deletion.

use crate::operands::buffer::Buffer;
use crate::operands::convert;
use crate::operands::operand::Operand;
use crate::operands::slice::{Slice, SliceIndices};
use crate::result::{RuleResult, index_error, item, type_error, value_error};
use crate::state::map::{Map, Open};
use crate::store::Store;
use mmapcheck_spec::{Profile, Value};

/// The message for an index out of range.
pub(super) const OUT_OF_RANGE: &str = "mmap index out of range";

/// The message for a value whose length differs from the slice.
pub(super) const WRONG_SIZE: &str = "mmap slice assignment is wrong size";

impl<S: Store> Map<S> {
    /// `m[i]`
    pub fn get_item(&self, index: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.check_open()?;
        let Some(index) = convert::index(index, profile, index_error)? else {
            return Err(type_error("mmap indices must be integers"));
        };
        let at = convert::position(index, self.len.get(), OUT_OF_RANGE)?;
        Ok(item(self.open()?.byte(at)?, profile))
    }

    /// `m[start:stop:step]`
    pub fn get_slice(&self, parts: &[Operand<'_, S>], profile: Profile) -> RuleResult {
        self.check_open()?;
        let slice = Slice::new(parts, profile)?;
        let open = self.open()?;
        let indices = slice.of(self.len.get());
        Ok(Value::Bytes(match indices.run() {
            Some(start) => open.read(start, indices.count)?,
            None => indices.each().map(|at| open.byte(at)).collect::<RuleResult<_>>()?,
        }))
    }

    /// `m[i] = value`
    pub fn set_item(&self, index: &Operand<'_, S>, value: &Operand<'_, S>, profile: Profile) -> RuleResult {
        let index = self.assigned_index(index, profile)?;
        let Some(value) = convert::index(value, profile, type_error)? else {
            return Err(type_error("mmap item value must be an int"));
        };
        let value = u8::try_from(value).map_err(|_| value_error("mmap item value must be in range(0, 256)"))?;
        let open = self.open()?;
        open.set(convert::position(index, self.len.get(), OUT_OF_RANGE)?, value)?;
        Ok(Value::None)
    }

    /// `m[start:stop:step] = value`, with as many bytes as indices. Versions that compute the indices before they convert
    /// the value check again that the map still has them.
    pub fn set_slice(&self, parts: &[Operand<'_, S>], value: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.check_assignable(profile)?;
        let slice = Slice::new(parts, profile)?;
        let before = (!profile.assignment_converts_first()).then(|| slice.of(self.len.get()));
        let buffer = Buffer::contiguous(value, profile)?;
        if before.is_some_and(|indices| buffer.len() != indices.count) {
            return Err(index_error(WRONG_SIZE));
        }
        let open = self.open()?;
        let indices = before.unwrap_or_else(|| slice.of(self.len.get()));
        if buffer.len() != indices.count || !indices.lie_in(self.len.get()) {
            return Err(index_error(WRONG_SIZE));
        }
        set_all(&open, indices, &buffer)
    }

    /// `del m[i]`
    pub fn del_item(&self, index: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.assigned_index(index, profile)?;
        Err(type_error("mmap doesn't support item deletion"))
    }

    /// `del m[start:stop:step]`
    pub fn del_slice(&self, parts: &[Operand<'_, S>], profile: Profile) -> RuleResult {
        self.check_assignable(profile)?;
        Slice::new(parts, profile)?;
        Err(type_error("mmap object doesn't support slice deletion"))
    }

    /// The checks of an assignment or deletion before it converts its arguments.
    fn check_assignable(&self, profile: Profile) -> RuleResult<()> {
        if !profile.assignment_converts_first() {
            self.check_open()?;
        }
        self.check_writable()
    }

    /// The index of an assignment or deletion. Versions that check it before they convert the value resolve a negative index
    /// here.
    fn assigned_index(&self, index: &Operand<'_, S>, profile: Profile) -> RuleResult<i64> {
        self.check_assignable(profile)?;
        let Some(index) = convert::index(index, profile, index_error)? else {
            return Err(type_error("mmap indices must be integer"));
        };
        if profile.assignment_converts_first() {
            return Ok(index);
        }
        convert::position(index, self.len.get(), OUT_OF_RANGE).map(|position| position as i64)
    }
}

/// Assigns the bytes of a buffer to as many indices.
pub(super) fn set_all<S: Store>(open: &Open<'_, S>, indices: SliceIndices, buffer: &Buffer<'_, S>) -> RuleResult {
    match indices.run() {
        Some(start) => buffer.copy_to(open, start)?,
        None => set_each(open, indices, buffer)?,
    }
    Ok(Value::None)
}

/// Assigns byte by byte: a buffer in the same memory changes meanwhile.
fn set_each<S: Store>(open: &Open<'_, S>, indices: SliceIndices, buffer: &Buffer<'_, S>) -> RuleResult<()> {
    // Where any byte is dead, nothing is written.
    buffer.touch()?;
    indices.each().try_for_each(|at| open.touch_to_write(at, 1))?;
    indices.each().enumerate().try_for_each(|(i, at)| open.set(at, buffer.byte(i)?))
}
