//! Iterators over a map.

use crate::state::fork::ForkCopies;
use crate::state::map::Map;
use crate::store::Store;
use std::rc::Rc;

/// An iterator over a map.
pub struct MapIterator<S: Store> {
    /// `None` once the iterator is exhausted.
    pub(crate) map: Option<Rc<Map<S>>>,
    /// The index of the next item.
    pub(crate) next: usize,
}

impl<S: Store> MapIterator<S> {
    /// `iter(m)`, which a closed map does not refuse.
    pub fn new(map: Rc<Map<S>>) -> MapIterator<S> {
        MapIterator { map: Some(map), next: 0 }
    }

    /// The copy of the iterator in a child process; `None` where the child does not inherit its map.
    pub fn fork(&self, copies: &mut ForkCopies<S>) -> Option<MapIterator<S>> {
        let map = match &self.map {
            Some(map) => Some(copies.map(map)?),
            None => None,
        };
        Some(MapIterator { map, next: self.next })
    }
}
