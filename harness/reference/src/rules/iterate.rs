//! Iterating, which goes through a map as a sequence of `bytes` of length one.

use crate::machine::fork::Copies;
use crate::operands::operand::{Object, Source};
use crate::result::{Answer, Stop};
use crate::state::map::{Map, Open};
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Profile, Raise, Value};
use std::rc::Rc;

/// An iterator: a map until it is exhausted, and the next place in it.
pub struct Iter<S: Store> {
    map: Option<Rc<Map<S>>>,
    next: usize,
}

impl<S: Store> Iter<S> {
    /// `iter(m)`: even of a closed map.
    pub fn new(map: Rc<Map<S>>) -> Iter<S> {
        Iter { map: Some(map), next: 0 }
    }

    /// The same iterator in a child of this process.
    pub fn of_child(&self, copies: &mut Copies<S>) -> Option<Iter<S>> {
        let map = match &self.map {
            Some(map) => Some(copies.map(map)?),
            None => None,
        };
        Some(Iter { map, next: self.next })
    }

    /// `next(it)`: an iterator that once came to the end stays there.
    pub fn next(&mut self) -> Answer {
        let Some(map) = &self.map else { return Err(exhausted()) };
        let open = map.open()?;
        if self.next >= map.len.get() {
            drop(open);
            self.map = None;
            return Err(exhausted());
        }
        let item = item(&open, self.next)?;
        drop(open);
        self.next += 1;
        Ok(item)
    }
}

fn exhausted() -> Stop {
    Stop::Raised(Raise::new("StopIteration", ""))
}

fn item<S: Store>(open: &Open<'_, S>, at: usize) -> Answer {
    Ok(Value::Bytes(vec![open.byte(at)?]))
}

impl<S: Store> Map<S> {
    /// `list(m)`
    pub fn list(&self) -> Answer {
        let open = self.open()?;
        (0..self.len.get()).map(|at| item(&open, at)).collect::<Answer<_>>().map(Value::List)
    }

    /// `list(reversed(m))`
    pub fn reversed(&self) -> Answer {
        let open = self.open()?;
        (0..self.len.get()).rev().map(|at| item(&open, at)).collect::<Answer<_>>().map(Value::List)
    }

    /// `object in m`: whether some item equals it, so only one byte can be in a map, and no number.
    pub fn contains(&self, object: &Object<'_, S>, profile: Profile) -> Answer {
        let open = self.open()?;
        let sought = sought(object, profile)?;
        for at in 0..self.len.get() {
            if Some(open.byte(at)?) == sought {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }
}

/// The one byte that an object equals a `bytes` of.
fn sought<S: Store>(object: &Object<'_, S>, profile: Profile) -> Answer<Option<u8>> {
    match object {
        Object::Bytes(BytesLike::Array, _) => Ok(None),
        Object::Bytes(..) | Object::View(_) => match Source::any(object, profile) {
            Ok(source) if source.len() == 1 => source.byte(0).map(Some),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}
