//! Exported buffers of maps.

use crate::result::RuleResult;
use crate::state::map::Map;
use crate::store::Store;
use std::rc::Rc;

/// An exported buffer of a map; a view and all its subviews share one. While it exists, the map cannot be closed or resized.
pub struct Export<S: Store> {
    map: Rc<Map<S>>,
}

impl<S: Store> Export<S> {
    /// Exports a buffer of an open map.
    pub fn of(map: &Rc<Map<S>>) -> RuleResult<Export<S>> {
        map.check_open()?;
        map.exports.set(map.exports.get() + 1);
        Ok(Export { map: Rc::clone(map) })
    }

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
