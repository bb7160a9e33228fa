//! The processes of a case: the running one, and the parent that waits for it.

use crate::result::unsupported;
use crate::state::bindings::{Bindings, bound};
use crate::state::case_files::{CaseFiles, ProcessFiles};
use crate::state::map::Map;
use crate::state::view::View;
use crate::store::Store;
use mmapcheck_spec::{Arg, Base, End, ObjectKind, PassedArg, PlatformFacts, Slot, Step, TargetError, World};
use mmapcheck_world::FileHandle;
use std::cell::RefCell;
use std::rc::Rc;

/// The state of a case. A step borrows a part of it only while nothing else runs, since a callback may change any of it.
pub struct Processes<S: Store> {
    /// The files, as the running process has them open.
    pub files: RefCell<CaseFiles<S>>,
    /// The bindings of the running process.
    pub bindings: RefCell<Bindings<S>>,
    /// The state of the parent while a child process runs.
    parent: RefCell<Option<Waiting<S>>>,
}

/// The state of a process that waits.
struct Waiting<S: Store> {
    bindings: Bindings<S>,
    files: ProcessFiles<S>,
}

impl<S: Store> Processes<S> {
    /// One process, before the first case.
    pub fn new(folder: S::Folder) -> Processes<S> {
        Processes {
            files: RefCell::new(CaseFiles::new(folder)),
            bindings: RefCell::default(),
            parent: RefCell::default(),
        }
    }

    /// Starts a case, in one process without bindings.
    ///
    /// # Errors
    /// As [`CaseFiles::begin`].
    pub fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.bindings.take();
        self.parent.take();
        self.files.get_mut().begin(world)
    }

    /// `os.fork()`: the steps that follow run in the child.
    ///
    /// # Errors
    /// Where a child would not inherit one of the maps.
    pub fn fork(&self) -> Result<(), End> {
        let bindings = &mut *self.bindings.borrow_mut();
        let child = bindings.fork();
        let child = child.ok_or_else(|| unsupported("no rule covers what a child inherits of this memory"))?;
        let files = &mut *self.files.borrow_mut();
        let child_files = files.fork();
        let parent = Waiting { bindings: std::mem::replace(bindings, child), files: files.switch(child_files) };
        *self.parent.borrow_mut() = Some(parent);
        Ok(())
    }

    /// Ends the child; its parent runs on.
    ///
    /// # Errors
    /// Where no child runs.
    pub fn wait(&self) -> Result<(), End> {
        let parent = self.parent.take().ok_or_else(|| unsupported("no child process runs"))?;
        *self.bindings.borrow_mut() = parent.bindings;
        self.files.borrow_mut().switch(parent.files);
        Ok(())
    }

    /// Whether a child process runs.
    pub fn is_child(&self) -> bool {
        self.parent.borrow().is_some()
    }

    /// The map that a slot is bound to.
    ///
    /// # Errors
    /// Where the slot is not bound.
    pub fn map(&self, slot: Slot) -> Result<Rc<Map<S>>, End> {
        bound(&self.bindings.borrow().maps, slot).cloned()
    }

    /// The view that a slot is bound to.
    ///
    /// # Errors
    /// Where the slot is not bound.
    pub fn view(&self, slot: Slot) -> Result<Rc<View<S>>, End> {
        bound(&self.bindings.borrow().views, slot).cloned()
    }

    /// The length in bytes of the map that a slot is bound to; `None` where it is closed or not bound.
    pub fn map_len(&self, slot: Slot) -> Option<usize> {
        let bindings = self.bindings.borrow();
        let map = bindings.maps.get(usize::from(slot))?.as_ref()?;
        (!map.is_closed()).then(|| map.len.get())
    }

    /// The present value of the base of a symbolic number. A length is that of the map or view that the step is on; a file
    /// size is that of the file of the map, or for a constructor of the file it is passed. Anything missing counts as 0. The
    /// numbers of a callback count from the state before the step that it interrupts.
    pub fn base(&self, step: &Step, base: Base, facts: &PlatformFacts) -> u64 {
        match base {
            Base::Zero => 0,
            Base::Pages(count) => u64::from(count) * facts.page.bytes() as u64,
            Base::Granules(count) => u64::from(count) * facts.granularity.bytes() as u64,
            Base::Len => self.receiver_len(step).unwrap_or(0),
            Base::Pos => self.open_map(step).map_or(0, |map| map.position.get() as u64),
            Base::FileSize => self.receiver_file_size(step),
        }
    }

    fn receiver_len(&self, step: &Step) -> Option<u64> {
        match step.op.row().on {
            ObjectKind::Map => self.map_len(step.on).map(|len| len as u64),
            ObjectKind::View => {
                let bindings = self.bindings.borrow();
                let (_, layout) = bindings.views.get(usize::from(step.on))?.as_ref()?.part().ok()?;
                Some(layout.count as u64)
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
            ObjectKind::File => self.file_size(step.on),
            ObjectKind::Module => {
                let file = |given: &PassedArg| if let Arg::Fd(slot) = given.arg { Some(slot) } else { None };
                step.args.iter().find_map(file).map_or(0, |slot| self.file_size(slot))
            }
            ObjectKind::View | ObjectKind::Iter => 0,
        }
    }

    fn file_size(&self, slot: Slot) -> u64 {
        self.files.borrow().objects.file(slot).map_or(0, FileHandle::size)
    }
}
