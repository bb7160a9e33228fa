//! `memoryview`s of a map.

use crate::result::{RuleResult, buffer_error, value_error};
use crate::state::export::Export;
use crate::state::fork::ForkCopies;
use crate::state::layout::Layout;
use crate::state::map::Map;
use crate::store::Store;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A `memoryview` of a map, or of a part of one.
pub struct View<S: Store> {
    /// `None` once the view is released: it no longer keeps its map open.
    export: RefCell<Option<Rc<Export<S>>>>,
    /// The bytes of the map that it shows.
    pub(crate) layout: Layout,
    /// How many buffers of it are exported.
    exports: Cell<usize>,
}

impl<S: Store> View<S> {
    /// `memoryview(m)`
    pub fn new(map: &Rc<Map<S>>) -> RuleResult<View<S>> {
        Ok(View::of(Rc::new(Export::of(map)?), Layout::bytes(0, map.len.get())))
    }

    /// A view of some bytes of an exported buffer.
    pub fn of(export: Rc<Export<S>>, layout: Layout) -> View<S> {
        View { export: RefCell::new(Some(export)), layout, exports: Cell::new(0) }
    }

    /// The copy of the view in a child process; `None` where the child does not inherit its map.
    pub fn fork(&self, copies: &mut ForkCopies<S>) -> Option<View<S>> {
        let export = match &*self.export.borrow() {
            Some(export) => Some(copies.export(export)?),
            None => None,
        };
        Some(View { export: RefCell::new(export), layout: self.layout, exports: Cell::new(0) })
    }

    /// The buffer that the view shows. A released view refuses.
    pub fn export(&self) -> RuleResult<Rc<Export<S>>> {
        let released = || value_error("operation forbidden on released memoryview object");
        self.export.borrow().clone().ok_or_else(released)
    }

    /// The map of the view, and the bytes of it that the view shows.
    pub fn part(&self) -> RuleResult<(Rc<Map<S>>, Layout)> {
        Ok((Rc::clone(self.export()?.map()), self.layout))
    }

    /// Releases the view; releasing it again has no effect. A view with exported buffers refuses.
    pub fn release(&self) -> RuleResult<()> {
        let count = self.exports.get();
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            return Err(buffer_error(format!("memoryview has {count} exported buffer{plural}")));
        }
        self.export.take();
        Ok(())
    }
}

/// An exported buffer of a view. While it exists, the view cannot be released.
pub struct ViewExport<S: Store> {
    view: Rc<View<S>>,
}

impl<S: Store> ViewExport<S> {
    /// Exports a buffer of a view.
    pub fn of(view: &Rc<View<S>>) -> ViewExport<S> {
        view.exports.set(view.exports.get() + 1);
        ViewExport { view: Rc::clone(view) }
    }
}

impl<S: Store> Drop for ViewExport<S> {
    fn drop(&mut self) {
        self.view.exports.set(self.view.exports.get() - 1);
    }
}
