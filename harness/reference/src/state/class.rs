//! The classes of maps.

use std::cell::Cell;

/// The class of a map.
#[derive(Clone, Debug)]
pub enum Class {
    /// `mmap.mmap`
    Mmap,
    /// The subclass of a session, and the attribute `x` of the object, if it has one.
    Sub(Cell<Option<i64>>),
    /// A subclass that defines nothing, the attribute `x` of the object, if it has one, and whether the interpreter has made a
    /// dictionary for attributes, as it does when one is assigned or deleted. No session has the class: one that is judged may
    /// be one.
    EmptySub(Cell<Option<i64>>, Cell<bool>),
}

impl Class {
    /// The subclass, after its `__init__`.
    pub fn sub() -> Class {
        Class::Sub(Cell::new(Some(1)))
    }

    /// The subclass that defines nothing.
    pub fn empty_sub() -> Class {
        Class::EmptySub(Cell::default(), Cell::default())
    }

    /// The attribute `x` of an object; `None` where the class lets it have none.
    pub fn attribute(&self) -> Option<&Cell<Option<i64>>> {
        match self {
            Class::Mmap => None,
            Class::Sub(attribute) | Class::EmptySub(attribute, _) => Some(attribute),
        }
    }

    /// The attribute `x` of an object, to be assigned or deleted; `None` where the class lets it have none.
    pub fn attribute_to_change(&self) -> Option<&Cell<Option<i64>>> {
        if let Class::EmptySub(_, has_dict) = self {
            has_dict.set(true);
        }
        self.attribute()
    }

    /// Whether an object has a dictionary for attributes.
    pub fn has_dict(&self) -> bool {
        match self {
            Class::Mmap => false,
            Class::Sub(_) => true,
            Class::EmptySub(_, has_dict) => has_dict.get(),
        }
    }

    /// The name of the class, as messages show it.
    pub fn name(&self) -> &'static str {
        match self {
            Class::Mmap | Class::EmptySub(..) => "mmap.mmap",
            Class::Sub(_) => "Sub",
        }
    }

    /// The class before the name of a method, as messages about a bound method show it.
    pub fn of_method(&self) -> &'static str {
        match self {
            Class::Mmap | Class::EmptySub(..) => "mmap.",
            Class::Sub(_) => "Sub.",
        }
    }

    /// The method `close` of the subclass is called.
    pub fn note_close(&self) {
        if let Class::Sub(attribute) = self {
            attribute.set(Some(2));
        }
    }
}
