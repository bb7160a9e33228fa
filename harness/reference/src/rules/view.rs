//! `memoryview`s of a map.

use crate::answer::{Answer, index_error, number, type_error, value_error};
use crate::convert::{self, Slice};
use crate::map::{Access, Map};
use crate::object::{Object, Source};
use crate::store::Store;
use mmapcheck_spec::{Profile, Thing, Value};
use std::rc::Rc;

/// The one buffer that a view and all views of its parts share. While it is there, its map is neither closed nor resized.
struct Export<S: Store> {
    map: Rc<Map<S>>,
}

impl<S: Store> Drop for Export<S> {
    fn drop(&mut self) {
        self.map.exports.set(self.map.exports.get() - 1);
    }
}

/// A `memoryview` of a map, or of a part of one.
pub struct View<S: Store> {
    /// None once the view is released: it keeps its map no longer.
    export: Option<Rc<Export<S>>>,
    start: usize,
    count: usize,
}

impl<S: Store> View<S> {
    /// `memoryview(m)`
    pub fn new(map: &Rc<Map<S>>) -> Answer<View<S>> {
        map.open()?;
        map.exports.set(map.exports.get() + 1);
        let export = Rc::new(Export { map: Rc::clone(map) });
        Ok(View { export: Some(export), start: 0, count: map.len.get() })
    }

    /// `v[start:stop]`
    pub fn sub_view(&self, parts: &[Object<'_, S>], profile: Profile) -> Answer<View<S>> {
        self.part()?;
        let places = Slice::new(parts, profile)?.of(self.count);
        Ok(View { export: self.export.clone(), start: self.start + places.run().unwrap_or(0), count: places.count })
    }

    /// The map, and the bytes of it that are viewed: where they start, and how many they are.
    pub fn part(&self) -> Answer<(&Map<S>, usize, usize)> {
        match &self.export {
            Some(export) => Ok((&export.map, self.start, self.count)),
            None => Err(value_error("operation forbidden on released memoryview object")),
        }
    }

    /// `len(v)`
    pub fn length(&self) -> Answer {
        self.part().map(|(_, _, count)| number(count))
    }

    /// `bytes(v)`
    pub fn to_bytes(&self) -> Answer {
        let (map, start, count) = self.part()?;
        map.open()?.read(start, count).map(Value::Bytes)
    }

    /// `v.readonly`
    pub fn readonly(&self) -> Answer {
        self.part().map(|(map, ..)| Value::Bool(map.access == Access::Read))
    }

    /// `v.release()`: releasing again does nothing.
    pub fn release(&mut self) -> Answer {
        self.export = None;
        Ok(Value::None)
    }

    /// `v[key]`
    pub fn get(&self, key: &Object<'_, S>, profile: Profile) -> Answer {
        let (map, ..) = self.part()?;
        let at = self.place(key, profile)?;
        Ok(Value::Int(map.open()?.byte(at)?.into()))
    }

    /// `v[key] = value`
    pub fn set(&self, key: &Object<'_, S>, value: &Object<'_, S>, profile: Profile) -> Answer {
        let map = self.writable()?;
        let at = self.place(key, profile)?;
        let Some(value) = value.integer() else { return Err(type_error("memoryview: invalid type for format 'B'")) };
        let value = u8::try_from(value).map_err(|_| value_error("memoryview: invalid value for format 'B'"))?;
        map.open()?.set(at, value)?;
        Ok(Value::None)
    }

    /// `v[start:stop] = value`
    pub fn set_slice(&self, parts: &[Object<'_, S>], value: &Object<'_, S>, profile: Profile) -> Answer {
        let map = self.writable()?;
        let source = Source::any(value, profile)?;
        let places = Slice::new(parts, profile)?.of(self.count);
        if source.len() != places.count {
            return Err(value_error("memoryview assignment: lvalue and rvalue have different structures"));
        }
        source.copy_to(&map.open()?, self.start + places.run().unwrap_or(0))?;
        Ok(Value::None)
    }

    fn writable(&self) -> Answer<&Map<S>> {
        match self.part()? {
            (map, ..) if map.access == Access::Read => Err(type_error("cannot modify read-only memory")),
            (map, ..) => Ok(map),
        }
    }

    /// The place in the map that a key names; a tuple of one index is as good as the index.
    fn place(&self, key: &Object<'_, S>, profile: Profile) -> Answer<usize> {
        let index = match key {
            Object::Thing(Thing::Tuple) => Some(0),
            _ => convert::index(key, profile, index_error)?,
        };
        let Some(index) = index else { return Err(type_error("memoryview: invalid slice key")) };
        Ok(self.start + convert::place(index, self.count, "index out of bounds on dimension 1")?)
    }
}
