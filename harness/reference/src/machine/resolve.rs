//! The state of a case that symbolic numbers count from.

use crate::machine::Reference;
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{Arg, Base, ObjectKind, PassedArg, Slot, Step};
use std::rc::Rc;

impl<S: Store> Reference<S> {
    /// What a base of a step counts to, by the present state of its receiver. The length is that of the map or view; the size
    /// is that of the map's file, for a constructor that of the file it is given. What there is not counts as 0.
    /// A callback counts from the state before the step it is done in.
    pub fn base(&self, step: &Step, base: Base) -> u64 {
        match base {
            Base::Zero => 0,
            Base::Pages(count) => u64::from(count) * self.profile.facts().page.bytes() as u64,
            Base::Granules(count) => u64::from(count) * self.profile.facts().granularity.bytes() as u64,
            Base::Len => self.receiver_len(step).unwrap_or(0),
            Base::Pos => self.open_map(step).map_or(0, |map| map.position.get() as u64),
            Base::FileSize => self.receiver_file_size(step),
        }
    }

    /// The length of an open map, by its name.
    #[must_use]
    pub fn map_len(&self, slot: Slot) -> Option<usize> {
        let names = self.names.borrow();
        let map = names.maps.get(usize::from(slot))?.as_ref()?;
        (!map.is_closed()).then(|| map.len.get())
    }

    fn receiver_len(&self, step: &Step) -> Option<u64> {
        let names = self.names.borrow();
        match step.op.row().on {
            ObjectKind::Map => self.map_len(step.on).map(|len| len as u64),
            ObjectKind::View => {
                let (.., count) = names.views.get(usize::from(step.on))?.as_ref()?.part().ok()?;
                Some(count as u64)
            }
            ObjectKind::Module | ObjectKind::File | ObjectKind::Iter => None,
        }
    }

    fn open_map(&self, step: &Step) -> Option<Rc<Map<S>>> {
        let map = if step.op.row().on == ObjectKind::Map { self.map(step.on).ok() } else { None };
        map.filter(|map| !map.is_closed())
    }

    fn receiver_file_size(&self, step: &Step) -> u64 {
        match step.op.row().on {
            ObjectKind::Map => self.map(step.on).ok().and_then(|map| map.file_size()).unwrap_or(0),
            ObjectKind::File => self.size_of(step.on),
            ObjectKind::Module => {
                let file = |given: &PassedArg| if let Arg::Fd(slot) = given.arg { Some(slot) } else { None };
                step.args.iter().find_map(file).map_or(0, |slot| self.size_of(slot))
            }
            ObjectKind::View | ObjectKind::Iter => 0,
        }
    }

    fn size_of(&self, slot: Slot) -> u64 {
        self.files.borrow().file(slot).map_or(0, |file| S::size(file))
    }
}
