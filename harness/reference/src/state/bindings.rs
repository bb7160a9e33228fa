//! The names of a case, and the objects that they are bound to.

use crate::result::{RuleResult, unsupported};
use crate::state::fork::ForkCopies;
use crate::state::iterator::MapIterator;
use crate::state::map::Map;
use crate::state::view::View;
use crate::store::Store;
use mmapcheck_spec::{End, SLOTS, Slot, UNBOUND, Value};
use std::rc::Rc;

/// The objects that the names of a process are bound to, by slot.
pub struct Bindings<S: Store> {
    pub(crate) maps: [Option<Rc<Map<S>>>; SLOTS],
    pub(crate) views: [Option<Rc<View<S>>>; SLOTS],
    pub(crate) iterators: [Option<MapIterator<S>>; SLOTS],
    /// One more than the highest slot that a map was ever bound to: a snapshot shows these slots.
    pub(crate) map_slots: usize,
}

impl<S: Store> Default for Bindings<S> {
    fn default() -> Bindings<S> {
        Bindings {
            maps: [const { None }; SLOTS],
            views: [const { None }; SLOTS],
            iterators: [const { None }; SLOTS],
            map_slots: 0,
        }
    }
}

impl<S: Store> Bindings<S> {
    /// The bindings of a child process; `None` where it does not inherit one of the maps.
    pub fn fork(&self) -> Option<Bindings<S>> {
        let mut copies = ForkCopies::default();
        let mut child = Bindings { map_slots: self.map_slots, ..Bindings::default() };
        fork_each(&self.maps, &mut child.maps, |map| copies.map(map))?;
        fork_each(&self.views, &mut child.views, |view| view.fork(&mut copies).map(Rc::new))?;
        fork_each(&self.iterators, &mut child.iterators, |iterator| iterator.fork(&mut copies))?;
        Some(child)
    }
}

/// Copies the bound objects. `None` where one cannot be copied.
fn fork_each<T>(from: &[Option<T>], to: &mut [Option<T>], mut fork: impl FnMut(&T) -> Option<T>) -> Option<()> {
    for (from, to) in from.iter().zip(to) {
        if let Some(object) = from {
            *to = Some(fork(object)?);
        }
    }
    Some(())
}

/// The reason why a step on an unbound name has no outcome.
pub fn unbound() -> End {
    unsupported(UNBOUND)
}

/// The object that a slot is bound to.
pub fn bound<T>(slots: &[Option<T>], slot: Slot) -> Result<&T, End> {
    slots.get(usize::from(slot)).and_then(Option::as_ref).ok_or_else(unbound)
}

/// Binds a slot. The object that it was bound to before is dropped.
pub fn bind<T>(slots: &mut [Option<T>], slot: Slot, object: T) -> RuleResult {
    *slots.get_mut(usize::from(slot)).ok_or_else(unbound)? = Some(object);
    Ok(Value::None)
}

/// Unbinds a slot, and drops its object.
pub fn unbind<T>(slots: &mut [Option<T>], slot: Slot) -> RuleResult {
    bound(slots, slot)?;
    slots[usize::from(slot)] = None;
    Ok(Value::None)
}
