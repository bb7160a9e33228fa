//! Copies of maps and buffers in a child process. Objects that share a map in the parent share its copy in the child.

use crate::state::export::Export;
use crate::state::map::Map;
use crate::store::Store;
use std::rc::Rc;

/// The maps and buffers of a parent that have been copied, each with its copy.
pub struct ForkCopies<S: Store> {
    maps: Copied<Map<S>>,
    exports: Copied<Export<S>>,
}

/// Pairs of an original and its copy.
struct Copied<T>(Vec<(Rc<T>, Rc<T>)>);

impl<T> Copied<T> {
    fn of(&self, original: &Rc<T>) -> Option<Rc<T>> {
        self.0.iter().find(|(known, _)| Rc::ptr_eq(known, original)).map(|(_, copy)| Rc::clone(copy))
    }

    fn add(&mut self, original: &Rc<T>, copy: T) -> Rc<T> {
        let copy = Rc::new(copy);
        self.0.push((Rc::clone(original), Rc::clone(&copy)));
        copy
    }
}

impl<S: Store> Default for ForkCopies<S> {
    fn default() -> ForkCopies<S> {
        ForkCopies { maps: Copied(Vec::new()), exports: Copied(Vec::new()) }
    }
}

impl<S: Store> ForkCopies<S> {
    /// The child's copy of a map; `None` where the child does not inherit it.
    pub fn map(&mut self, map: &Rc<Map<S>>) -> Option<Rc<Map<S>>> {
        self.maps.of(map).or_else(|| Some(self.maps.add(map, map.fork()?)))
    }

    /// The child's copy of a buffer; `None` where the child does not inherit its map.
    pub fn export(&mut self, export: &Rc<Export<S>>) -> Option<Rc<Export<S>>> {
        if let Some(copy) = self.exports.of(export) {
            return Some(copy);
        }
        let copy = Export::of(&self.map(export.map())?).ok()?;
        Some(self.exports.add(export, copy))
    }
}
