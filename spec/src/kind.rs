//! The kinds of object that names stand for.

/// The place of a name: the first map is slot 0 and printed `m`, the second slot 1 and printed `m2`.
pub type Slot = u8;

/// The kind of object that an operation is done on, or that a name of a case stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// No object with a name: `mmap.mmap(...)`, `open(...)`, `os.fork()`.
    Module,
    /// An `mmap` object: `m`, `m2`, ...
    Map,
    /// An unbuffered file object: `f`, `f2`, ...
    File,
    /// A `memoryview` of a map: `v`, `v2`, ...
    View,
    /// An iterator over a map: `it`, `it2`, ...
    Iter,
}

impl ObjectKind {
    /// The stem of the names of objects of this kind.
    #[must_use]
    pub fn stem(self) -> &'static str {
        match self {
            ObjectKind::Module => "",
            ObjectKind::Map => "m",
            ObjectKind::File => "f",
            ObjectKind::View => "v",
            ObjectKind::Iter => "it",
        }
    }

    /// The name of a slot: the first map is `m`, the second `m2`.
    #[must_use]
    pub fn name(self, slot: Slot) -> String {
        if slot == 0 { self.stem().to_owned() } else { format!("{}{}", self.stem(), slot + 1) }
    }
}
