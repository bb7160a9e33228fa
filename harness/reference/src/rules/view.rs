//! `memoryview`s of a map.

use crate::operands::buffer::Buffer;
use crate::operands::convert;
use crate::operands::operand::Operand;
use crate::operands::slice::Slice;
use crate::result::{RuleResult, Stop, index_error, number, type_error, value_error};
use crate::state::map::Access;
use crate::state::view::View;
use crate::store::Store;
use mmapcheck_spec::{Profile, Value, WrongType};

impl<S: Store> View<S> {
    /// `v[start:stop]`
    pub fn sub_view(&self, parts: &[Operand<'_, S>], profile: Profile) -> RuleResult<View<S>> {
        // The subview shares the buffer before its bounds are converted: a callback may release this view.
        let export = self.export()?;
        let indices = Slice::new(parts, profile)?.of(self.count);
        Ok(View::part_of(export, self.start + indices.run().unwrap_or(0), indices.count))
    }

    /// `len(v)`
    pub fn length(&self) -> RuleResult {
        self.part().map(|(_, _, count)| number(count))
    }

    /// `bytes(v)`
    pub fn to_bytes(&self) -> RuleResult {
        let (map, start, count) = self.part()?;
        map.open()?.read(start, count).map(Value::Bytes)
    }

    /// `v.readonly`
    pub fn readonly(&self) -> RuleResult {
        self.part().map(|(map, ..)| Value::Bool(map.access == Access::Read))
    }

    /// `v.release()`
    pub fn release_method(&self) -> RuleResult {
        self.release().map(|()| Value::None)
    }

    /// `v[key]`
    pub fn get(&self, key: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.part()?;
        let index = index(key, profile)?;
        let (map, ..) = self.part()?;
        Ok(Value::Int(map.open()?.byte(self.map_index(index)?)?.into()))
    }

    /// `v[key] = value`
    pub fn set(&self, key: &Operand<'_, S>, value: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.check_writable()?;
        let at = self.map_index(index(key, profile)?)?;
        let Some(value) = value.integer().map_err(reword)? else { return Err(wrong_type()) };
        // A negative number is refused before the view is checked again.
        let value = u64::try_from(value).map_err(|_| wrong_value())?;
        let (map, ..) = self.part()?;
        let value = u8::try_from(value).map_err(|_| wrong_value())?;
        map.open()?.set(at, value)?;
        Ok(Value::None)
    }

    /// `v[start:stop] = value`
    pub fn set_slice(&self, parts: &[Operand<'_, S>], value: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.check_writable()?;
        let buffer = Buffer::any(value, profile)?;
        let indices = Slice::new(parts, profile)?.of(self.count);
        let (map, ..) = self.part()?;
        if buffer.len() != indices.count {
            return Err(value_error("memoryview assignment: lvalue and rvalue have different structures"));
        }
        buffer.copy_to(&map.open()?, self.start + indices.run().unwrap_or(0))?;
        Ok(Value::None)
    }

    fn check_writable(&self) -> RuleResult<()> {
        match self.part()? {
            (map, ..) if map.access == Access::Read => Err(type_error("cannot modify read-only memory")),
            _ => Ok(()),
        }
    }

    /// The index in the map of an index of the view.
    fn map_index(&self, index: i64) -> RuleResult<usize> {
        Ok(self.start + convert::position(index, self.count, "index out of bounds on dimension 1")?)
    }
}

fn wrong_type() -> Stop {
    type_error("memoryview: invalid type for format 'B'")
}

fn wrong_value() -> Stop {
    value_error("memoryview: invalid value for format 'B'")
}

/// Replaces an exception of a conversion by that of the view.
fn reword(stop: Stop) -> Stop {
    match stop {
        Stop::Raised(raise) if raise.class == "TypeError" => wrong_type(),
        Stop::Raised(raise) if matches!(&*raise.class, "ValueError" | "OverflowError") => wrong_value(),
        stop => stop,
    }
}

/// The index that a key stands for; a tuple of one index stands for that index.
fn index<S: Store>(key: &Operand<'_, S>, profile: Profile) -> RuleResult<i64> {
    let index = match key {
        Operand::WrongType(WrongType::Tuple) => Some(0),
        _ => convert::index(key, profile, index_error)?,
    };
    index.ok_or_else(|| type_error("memoryview: invalid slice key"))
}
