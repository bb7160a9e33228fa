//! Sections of Windows: a file, or anonymous memory, with a size and perhaps a tag. A map is a view of a section.

use crate::store::Store;
use mmapcheck_spec::Text;
use mmapcheck_world::Cursor;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// A section.
pub struct Section<S: Store> {
    /// The tag by which another constructor finds the section.
    pub tag: Option<Text>,
    /// The number of its file in the world; `None` for anonymous memory.
    pub number: Option<usize>,
    /// The file; for anonymous memory a file without a name.
    pub file: S::File,
    /// Its size in bytes.
    pub size: i64,
    /// Whether its pages can be written.
    pub writable: bool,
}

/// The sections that a map holds open.
pub struct Sections<S: Store>(RefCell<Vec<Weak<Section<S>>>>);

impl<S: Store> Default for Sections<S> {
    fn default() -> Sections<S> {
        Sections(RefCell::default())
    }
}

impl<S: Store> Sections<S> {
    /// How many sections a file of the world has.
    pub fn count(&self, number: usize) -> usize {
        self.0.borrow().iter().filter_map(Weak::upgrade).filter(|section| section.number == Some(number)).count()
    }

    /// The section with this tag.
    pub fn tagged(&self, tag: &Text) -> Option<Rc<Section<S>>> {
        self.0.borrow().iter().filter_map(Weak::upgrade).find(|section| section.tag.as_ref() == Some(tag))
    }

    /// Adds a section, which stays as long as the result does.
    pub fn add(&self, section: Section<S>) -> Rc<Section<S>> {
        let section = Rc::new(section);
        let mut all = self.0.borrow_mut();
        all.retain(|section| section.strong_count() > 0);
        all.push(Rc::downgrade(&section));
        section
    }
}

/// The handles that a map on Windows holds.
pub struct SectionHandles<S: Store> {
    /// `None` once the map is closed.
    section: RefCell<Option<Rc<Section<S>>>>,
    /// The file object that the map was made from: the duplicated handle shares its position.
    pub cursor: Option<Rc<Cursor>>,
}

impl<S: Store> SectionHandles<S> {
    /// Handles of a section, and of the file object that the map is made from.
    pub fn new(section: Rc<Section<S>>, cursor: Option<Rc<Cursor>>) -> SectionHandles<S> {
        SectionHandles { section: RefCell::new(Some(section)), cursor }
    }

    /// The section of an open map.
    pub fn section(&self) -> Option<Rc<Section<S>>> {
        self.section.borrow().clone()
    }

    /// Closes the handle of the section.
    pub fn release(&self) {
        self.section.take();
    }

    /// Opens a handle of another section.
    pub fn replace(&self, section: Rc<Section<S>>) {
        self.section.replace(Some(section));
    }
}
