//! The classes of maps.

use std::cell::Cell;

/// The class of a map.
#[derive(Clone, Debug)]
pub enum Class {
    /// `mmap.mmap`
    Mmap,
    /// The subclass of a session, and the attribute `x` of the object, if it has one.
    Sub(Cell<Option<i64>>),
}

impl Class {
    /// The subclass, after its `__init__`.
    pub fn sub() -> Class {
        Class::Sub(Cell::new(Some(1)))
    }

    /// The name of the class, as messages show it.
    pub fn name(&self) -> &'static str {
        match self {
            Class::Mmap => "mmap.mmap",
            Class::Sub(_) => "Sub",
        }
    }

    /// The class before the name of a method, as messages about a bound method show it.
    pub fn of_method(&self) -> &'static str {
        match self {
            Class::Mmap => "mmap.",
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
