//! Indexing and slicing, to read, assign and delete.

use crate::answer::{Answer, index_error, item, type_error, value_error};
use crate::convert::{self, Slice};
use crate::map::{Map, Open};
use crate::object::{Object, Source};
use crate::store::Store;
use mmapcheck_spec::{Profile, Value};

/// What every index out of range is told.
pub(super) const OUT_OF_RANGE: &str = "mmap index out of range";

/// What a source of another length than the slice is told.
pub(super) const WRONG_SIZE: &str = "mmap slice assignment is wrong size";

impl<S: Store> Map<S> {
    /// `m[i]`
    pub fn get_item(&self, index: &Object<'_, S>, profile: Profile) -> Answer {
        let open = self.open()?;
        let Some(index) = convert::index(index, profile, index_error)? else {
            return Err(type_error("mmap indices must be integers"));
        };
        let at = convert::place(index, self.len.get(), OUT_OF_RANGE)?;
        Ok(item(open.byte(at)?, profile))
    }

    /// `m[start:stop:step]`
    pub fn get_slice(&self, parts: &[Object<'_, S>]) -> Answer {
        let open = self.open()?;
        let places = Slice::new(parts)?.of(self.len.get());
        Ok(Value::Bytes(match places.run() {
            Some(start) => open.read(start, places.count)?,
            None => places.each().map(|at| open.byte(at)).collect::<Answer<_>>()?,
        }))
    }

    /// `m[i] = value`
    pub fn set_item(&self, index: &Object<'_, S>, value: &Object<'_, S>, profile: Profile) -> Answer {
        let open = self.open()?;
        self.writable()?;
        let at = self.assigned(index, profile)?;
        let Some(value) = convert::index(value, profile, type_error)? else {
            return Err(type_error("mmap item value must be an int"));
        };
        let value = u8::try_from(value).map_err(|_| value_error("mmap item value must be in range(0, 256)"))?;
        open.set(at, value)?;
        Ok(Value::None)
    }

    /// `m[start:stop:step] = value`: of just as many bytes.
    pub fn set_slice(&self, parts: &[Object<'_, S>], value: &Object<'_, S>, profile: Profile) -> Answer {
        let open = self.open()?;
        self.writable()?;
        let places = Slice::new(parts)?.of(self.len.get());
        let source = Source::contiguous(value, profile)?;
        if source.len() != places.count {
            return Err(index_error(WRONG_SIZE));
        }
        set_all(&open, places, &source)
    }

    /// `del m[i]`
    pub fn del_item(&self, index: &Object<'_, S>, profile: Profile) -> Answer {
        self.open()?;
        self.writable()?;
        self.assigned(index, profile)?;
        Err(type_error("mmap doesn't support item deletion"))
    }

    /// `del m[start:stop:step]`
    pub fn del_slice(&self, parts: &[Object<'_, S>]) -> Answer {
        self.open()?;
        self.writable()?;
        Slice::new(parts)?;
        Err(type_error("mmap object doesn't support slice deletion"))
    }

    /// The place an assignment is made to.
    pub(super) fn assigned(&self, index: &Object<'_, S>, profile: Profile) -> Answer<usize> {
        match convert::index(index, profile, index_error)? {
            Some(index) => convert::place(index, self.len.get(), OUT_OF_RANGE),
            None => Err(type_error("mmap indices must be integer")),
        }
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
