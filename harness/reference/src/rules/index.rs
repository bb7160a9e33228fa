//! Indexing and slicing, to read, assign and delete.

use crate::operands::convert::{self, Slice};
use crate::operands::operand::{Object, Source};
use crate::result::{Answer, index_error, item, type_error, value_error};
use crate::state::map::{Map, Open};
use crate::store::Store;
use mmapcheck_spec::{Profile, Value};

/// What every index out of range is told.
pub(super) const OUT_OF_RANGE: &str = "mmap index out of range";

/// What a source of another length than the slice is told.
pub(super) const WRONG_SIZE: &str = "mmap slice assignment is wrong size";

impl<S: Store> Map<S> {
    /// `m[i]`
    pub fn get_item(&self, index: &Object<'_, S>, profile: Profile) -> Answer {
        self.check_open()?;
        let Some(index) = convert::index(index, profile, index_error)? else {
            return Err(type_error("mmap indices must be integers"));
        };
        let at = convert::place(index, self.len.get(), OUT_OF_RANGE)?;
        Ok(item(self.open()?.byte(at)?, profile))
    }

    /// `m[start:stop:step]`
    pub fn get_slice(&self, parts: &[Object<'_, S>], profile: Profile) -> Answer {
        self.check_open()?;
        let slice = Slice::new(parts, profile)?;
        let open = self.open()?;
        let places = slice.of(self.len.get());
        Ok(Value::Bytes(match places.run() {
            Some(start) => open.read(start, places.count)?,
            None => places.each().map(|at| open.byte(at)).collect::<Answer<_>>()?,
        }))
    }

    /// `m[i] = value`
    pub fn set_item(&self, index: &Object<'_, S>, value: &Object<'_, S>, profile: Profile) -> Answer {
        let index = self.assigned(index, profile)?;
        let Some(value) = convert::index(value, profile, type_error)? else {
            return Err(type_error("mmap item value must be an int"));
        };
        let value = u8::try_from(value).map_err(|_| value_error("mmap item value must be in range(0, 256)"))?;
        let open = self.open()?;
        open.set(convert::place(index, self.len.get(), OUT_OF_RANGE)?, value)?;
        Ok(Value::None)
    }

    /// `m[start:stop:step] = value`: of just as many bytes. Versions that know the places before they look at the value must
    /// look again whether the map still has them.
    pub fn set_slice(&self, parts: &[Object<'_, S>], value: &Object<'_, S>, profile: Profile) -> Answer {
        self.assignable(profile)?;
        let slice = Slice::new(parts, profile)?;
        let before = (!profile.assignment_converts_first()).then(|| slice.of(self.len.get()));
        let source = Source::contiguous(value, profile)?;
        if before.is_some_and(|places| source.len() != places.count) {
            return Err(index_error(WRONG_SIZE));
        }
        let open = self.open()?;
        let places = before.unwrap_or_else(|| slice.of(self.len.get()));
        if source.len() != places.count || !places.lie_in(self.len.get()) {
            return Err(index_error(WRONG_SIZE));
        }
        set_all(&open, places, &source)
    }

    /// `del m[i]`
    pub fn del_item(&self, index: &Object<'_, S>, profile: Profile) -> Answer {
        self.assigned(index, profile)?;
        Err(type_error("mmap doesn't support item deletion"))
    }

    /// `del m[start:stop:step]`
    pub fn del_slice(&self, parts: &[Object<'_, S>], profile: Profile) -> Answer {
        self.assignable(profile)?;
        Slice::new(parts, profile)?;
        Err(type_error("mmap object doesn't support slice deletion"))
    }

    /// What an assignment or deletion asks of the map before it looks at its arguments.
    fn assignable(&self, profile: Profile) -> Answer<()> {
        if !profile.assignment_converts_first() {
            self.check_open()?;
        }
        self.writable()
    }

    /// The index of an assignment or deletion, which some versions compare with the length before they look at the value:
    /// it is then the place that it names.
    fn assigned(&self, index: &Object<'_, S>, profile: Profile) -> Answer<i64> {
        self.assignable(profile)?;
        let Some(index) = convert::index(index, profile, index_error)? else {
            return Err(type_error("mmap indices must be integer"));
        };
        if profile.assignment_converts_first() {
            return Ok(index);
        }
        convert::place(index, self.len.get(), OUT_OF_RANGE).map(|place| place as i64)
    }
}

/// Assigns to each of as many places.
pub(super) fn set_all<S: Store>(open: &Open<'_, S>, places: convert::Places, source: &Source<'_, S>) -> Answer {
    match places.run() {
        Some(start) => source.copy_to(open, start)?,
        None => set_each(open, places, source)?,
    }
    Ok(Value::None)
}

/// Assigns byte by byte, so that a source in the same memory is seen as it changes.
fn set_each<S: Store>(open: &Open<'_, S>, places: convert::Places, source: &Source<'_, S>) -> Answer<()> {
    // Nothing is written where any byte of it would be death.
    source.touch()?;
    places.each().try_for_each(|at| open.touch_to_write(at, 1))?;
    places.each().enumerate().try_for_each(|(i, at)| open.set(at, source.byte(i)?))
}
