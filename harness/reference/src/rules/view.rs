//! `memoryview`s of a map.

use crate::machine::fork::Copies;
use crate::operands::convert::{self, Slice};
use crate::operands::operand::{Object, Source};
use crate::result::{Answer, Stop, buffer_error, index_error, number, type_error, value_error};
use crate::state::map::{Access, Map};
use crate::store::Store;
use mmapcheck_spec::{Profile, Value, WrongType};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A buffer of a map, such as the one that a view and all views of its parts share. While it is there, the map is neither
/// closed nor resized.
pub struct Export<S: Store> {
    map: Rc<Map<S>>,
}

impl<S: Store> Export<S> {
    /// One more buffer of an open map.
    pub fn of(map: &Rc<Map<S>>) -> Answer<Export<S>> {
        map.check_open()?;
        map.exports.set(map.exports.get() + 1);
        Ok(Export { map: Rc::clone(map) })
    }
}

impl<S: Store> Export<S> {
    /// The map.
    pub fn map(&self) -> &Rc<Map<S>> {
        &self.map
    }
}

impl<S: Store> Drop for Export<S> {
    fn drop(&mut self) {
        self.map.exports.set(self.map.exports.get() - 1);
    }
}

/// A buffer of a view. While it is there, the view is not released.
pub struct Lease<S: Store> {
    view: Rc<View<S>>,
}

impl<S: Store> Lease<S> {
    /// One more buffer of a view.
    pub fn of(view: &Rc<View<S>>) -> Lease<S> {
        view.leases.set(view.leases.get() + 1);
        Lease { view: Rc::clone(view) }
    }
}

impl<S: Store> Drop for Lease<S> {
    fn drop(&mut self) {
        self.view.leases.set(self.view.leases.get() - 1);
    }
}

/// A `memoryview` of a map, or of a part of one.
pub struct View<S: Store> {
    /// None once the view is released: it keeps its map no longer.
    export: RefCell<Option<Rc<Export<S>>>>,
    start: usize,
    count: usize,
    /// How many buffers of it are exported.
    leases: Cell<usize>,
}

impl<S: Store> View<S> {
    /// `memoryview(m)`
    pub fn new(map: &Rc<Map<S>>) -> Answer<View<S>> {
        Ok(View::part_of(Rc::new(Export::of(map)?), 0, map.len.get()))
    }

    /// The same view in a child of this process, whose `copies` tell which of its buffers is which of its parent's.
    pub fn of_child(&self, copies: &mut Copies<S>) -> Option<View<S>> {
        let export = match &*self.export.borrow() {
            Some(export) => Some(copies.export(export)?),
            None => None,
        };
        Some(View { export: RefCell::new(export), start: self.start, count: self.count, leases: Cell::new(0) })
    }

    fn part_of(export: Rc<Export<S>>, start: usize, count: usize) -> View<S> {
        View { export: RefCell::new(Some(export)), start, count, leases: Cell::new(0) }
    }

    /// `v[start:stop]`
    pub fn sub_view(&self, parts: &[Object<'_, S>], profile: Profile) -> Answer<View<S>> {
        // The new view shares the buffer before its parts are converted: this one may be released meanwhile.
        let export = self.export()?;
        let places = Slice::new(parts, profile)?.of(self.count);
        Ok(View::part_of(export, self.start + places.run().unwrap_or(0), places.count))
    }

    fn export(&self) -> Answer<Rc<Export<S>>> {
        let released = || value_error("operation forbidden on released memoryview object");
        self.export.borrow().clone().ok_or_else(released)
    }

    /// The map, and the bytes of it that are viewed: where they start, and how many they are.
    pub fn part(&self) -> Answer<(Rc<Map<S>>, usize, usize)> {
        Ok((Rc::clone(&self.export()?.map), self.start, self.count))
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
    pub fn release(&self) -> Answer {
        let count = self.leases.get();
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            return Err(buffer_error(format!("memoryview has {count} exported buffer{plural}")));
        }
        self.export.take();
        Ok(Value::None)
    }

    /// `v[key]`
    pub fn get(&self, key: &Object<'_, S>, profile: Profile) -> Answer {
        self.part()?;
        let index = index(key, profile)?;
        let (map, ..) = self.part()?;
        Ok(Value::Int(map.open()?.byte(self.place(index)?)?.into()))
    }

    /// `v[key] = value`
    pub fn set(&self, key: &Object<'_, S>, value: &Object<'_, S>, profile: Profile) -> Answer {
        self.writable()?;
        let at = self.place(index(key, profile)?)?;
        let Some(value) = value.integer().map_err(in_own_words)? else { return Err(wrong_type()) };
        // What is no number without a sign is refused first.
        let value = u64::try_from(value).map_err(|_| wrong_value())?;
        let (map, ..) = self.part()?;
        let value = u8::try_from(value).map_err(|_| wrong_value())?;
        map.open()?.set(at, value)?;
        Ok(Value::None)
    }

    /// `v[start:stop] = value`
    pub fn set_slice(&self, parts: &[Object<'_, S>], value: &Object<'_, S>, profile: Profile) -> Answer {
        self.writable()?;
        let source = Source::any(value, profile)?;
        let places = Slice::new(parts, profile)?.of(self.count);
        let (map, ..) = self.part()?;
        if source.len() != places.count {
            return Err(value_error("memoryview assignment: lvalue and rvalue have different structures"));
        }
        source.copy_to(&map.open()?, self.start + places.run().unwrap_or(0))?;
        Ok(Value::None)
    }

    fn writable(&self) -> Answer<()> {
        match self.part()? {
            (map, ..) if map.access == Access::Read => Err(type_error("cannot modify read-only memory")),
            _ => Ok(()),
        }
    }

    /// The place in the map that an index names.
    fn place(&self, index: i64) -> Answer<usize> {
        Ok(self.start + convert::place(index, self.count, "index out of bounds on dimension 1")?)
    }
}

fn wrong_type() -> Stop {
    type_error("memoryview: invalid type for format 'B'")
}

fn wrong_value() -> Stop {
    value_error("memoryview: invalid value for format 'B'")
}

/// What a conversion raises as if it were about the value itself.
fn in_own_words(stop: Stop) -> Stop {
    match stop {
        Stop::Raised(raise) if raise.class == "TypeError" => wrong_type(),
        Stop::Raised(raise) if matches!(&*raise.class, "ValueError" | "OverflowError") => wrong_value(),
        stop => stop,
    }
}

/// The index that a key is; a tuple of one is as good as the index.
fn index<S: Store>(key: &Object<'_, S>, profile: Profile) -> Answer<i64> {
    let index = match key {
        Object::WrongType(WrongType::Tuple) => Some(0),
        _ => convert::index(key, profile, index_error)?,
    };
    index.ok_or_else(|| type_error("memoryview: invalid slice key"))
}
