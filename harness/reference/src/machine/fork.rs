//! Processes: a child begins with a copy of what its parent has, and what both have of files is shared.

use crate::files::Own;
use crate::machine::{Names, Reference};
use crate::result::{Answer, unsupported};
use crate::rules::view::Export;
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::Value;
use std::rc::Rc;

/// What a process has to itself.
pub struct Process<S: Store> {
    names: Names<S>,
    files: Own<S::File>,
}

/// What of a parent's things has been copied.
pub struct Copies<S: Store> {
    maps: Copied<Map<S>>,
    exports: Copied<Export<S>>,
}

/// Things of one kind, each with its copy.
struct Copied<T>(Vec<(Rc<T>, Rc<T>)>);

impl<T> Copied<T> {
    fn of(&self, own: &Rc<T>) -> Option<Rc<T>> {
        self.0.iter().find(|(known, _)| Rc::ptr_eq(known, own)).map(|(_, copy)| Rc::clone(copy))
    }

    fn add(&mut self, own: &Rc<T>, copy: T) -> Rc<T> {
        let copy = Rc::new(copy);
        self.0.push((Rc::clone(own), Rc::clone(&copy)));
        copy
    }
}

impl<S: Store> Copies<S> {
    /// The child's map that is the copy of this one. None where a child does not get it.
    pub fn map(&mut self, map: &Rc<Map<S>>) -> Option<Rc<Map<S>>> {
        self.maps.of(map).or_else(|| Some(self.maps.add(map, map.of_child()?)))
    }

    /// The child's buffer that is the copy of this one.
    pub fn export(&mut self, export: &Rc<Export<S>>) -> Option<Rc<Export<S>>> {
        if let Some(copy) = self.exports.of(export) {
            return Some(copy);
        }
        let copy = Export::of(&self.map(export.map())?).ok()?;
        Some(self.exports.add(export, copy))
    }

    /// What the names stand for in the child.
    fn names(&mut self, names: &Names<S>) -> Option<Names<S>> {
        let mut copy = Names { shown: names.shown, ..Names::default() };
        copied(&names.maps, &mut copy.maps, |map| self.map(map))?;
        copied(&names.views, &mut copy.views, |view| view.of_child(self).map(Rc::new))?;
        copied(&names.iters, &mut copy.iters, |iter| iter.of_child(self))?;
        Some(copy)
    }
}

/// Copies what is bound. None where one cannot be copied.
fn copied<T>(from: &[Option<T>], to: &mut [Option<T>], mut copy: impl FnMut(&T) -> Option<T>) -> Option<()> {
    for (from, to) in from.iter().zip(to) {
        if let Some(thing) = from {
            *to = Some(copy(thing)?);
        }
    }
    Some(())
}

impl<S: Store> Reference<S> {
    /// `os.fork()`: what comes next is done by the child.
    pub(crate) fn begin_child(&self) -> Answer {
        if !self.profile.can_fork() {
            return Err(unsupported("this system makes no process by copying one").into());
        }
        let names = &mut *self.names.borrow_mut();
        let copy = Copies { maps: Copied(Vec::new()), exports: Copied(Vec::new()) }.names(names);
        let copy = copy.ok_or_else(|| unsupported("what a child has of this memory is not answered for"))?;
        let files = &mut *self.files.borrow_mut();
        let own = files.of_child();
        *self.parent.borrow_mut() = Some(Process { names: std::mem::replace(names, copy), files: files.replace(own) });
        Ok(Value::None)
    }

    /// The child ends, and its parent goes on.
    pub(crate) fn end_child(&self) -> Answer {
        let parent = self.parent.take().ok_or_else(|| unsupported("there is no child"))?;
        *self.names.borrow_mut() = parent.names;
        self.files.borrow_mut().replace(parent.files);
        Ok(Value::Int(0))
    }

    /// Whether a child is at work.
    #[must_use]
    pub fn is_child(&self) -> bool {
        self.parent.borrow().is_some()
    }
}
