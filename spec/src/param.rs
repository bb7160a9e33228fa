//! Parameters of operations, and their domains.

use crate::profile::Profile;
use crate::rule::Rule;

/// The domain of a parameter: the purpose of its argument. The generator chooses values by it, and repair keeps its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// A file descriptor of the constructor.
    Descriptor,
    /// The constructor's length.
    Length,
    /// `MAP_*` bits.
    Flags,
    /// A constant of the module, looked up by its name.
    Constant,
    /// `PROT_*` bits.
    Prot,
    /// An `ACCESS_*` value.
    Access,
    /// An offset into the file, wanted in whole pages.
    Offset,
    /// A truth value.
    Truth,
    /// An index or position in the map.
    Position,
    /// A number of bytes.
    Count,
    /// A byte as an integer.
    Byte,
    /// A byte as `bytes` of length one.
    Character,
    /// A `Py_ssize_t` of a function of C: a plain number, never refused.
    Ssize,
    /// `PyBUF_*` bits: a number that asks for a buffer, never refused for its value alone.
    BufferFlags,
    /// Bytes to search for.
    Needle,
    /// A regular expression, here always a literal.
    Pattern,
    /// Bytes to write.
    Source,
    /// `os.SEEK_*`.
    Whence,
    /// `MADV_*`.
    Advice,
    /// `MS_*` bits.
    Sync,
    /// Text.
    Text,
    /// The new size of a map.
    NewSize,
    /// Any object.
    Other,
    /// The name of a file of the world.
    Path,
    /// The mode to open a file with.
    Mode,
    /// Bytes written to a file object: bytes or a map, never refused.
    FileBytes,
    /// A position in, or size of, a file object: never refused.
    FileSize,
    /// The number of descriptors of a process: 1 or [`Domain::MANY`].
    Descriptors,
    /// The bytes of address space of a process: 1 or [`Domain::MUCH`].
    Memory,
}

impl Domain {
    /// Whether its arguments are bytes, and not numbers.
    #[must_use]
    pub const fn is_bytes(self) -> bool {
        matches!(self, Domain::Needle | Domain::Pattern | Domain::Source | Domain::Text | Domain::FileBytes)
    }

    /// Whether its arguments are numbers of bytes, or places in a map or file.
    #[must_use]
    pub const fn is_in_bytes(self) -> bool {
        matches!(self, Domain::Length | Domain::Offset | Domain::Position | Domain::Count | Domain::NewSize)
    }

    /// Every bit of a request for a buffer that an object of C can answer.
    pub const BUFFER_FLAGS: i128 = 0x1ff;
    /// The bit of `PyBUF_INDIRECT` beyond those of `PyBUF_STRIDES`. Newer versions refuse it alone.
    pub const INDIRECT: i128 = 0x100;
    /// `PyBUF_STRIDES`
    pub const STRIDES: i128 = 0x18;
    /// The greatest distance from a base that a `Py_ssize_t` of 64 bits holds for every base, in bytes.
    pub const FAR: i128 = (1 << 63) - (1 << 40);
    /// Descriptors enough for every case.
    pub const MANY: i128 = 256;
    /// A size that no file of a case reaches, in bytes.
    pub const LONG: i128 = 1 << 24;
    /// Address space enough for every case and its interpreter, in bytes.
    pub const MUCH: i128 = 1 << 32;
}

/// One parameter of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// The name; a call may take it as a keyword.
    pub name: &'static str,
    /// The purpose of its argument.
    pub domain: Domain,
    /// Whether a call must give it.
    pub needed: bool,
    /// Whether a call takes it only as a keyword.
    pub by_name: bool,
    /// The rule under which it is there; none: in every version.
    pub rule: Option<Rule>,
}

/// A parameter that every call gives.
pub(crate) const fn needed(name: &'static str, domain: Domain) -> Param {
    Param { name, domain, needed: true, by_name: false, rule: None }
}

/// A parameter with a default.
pub(crate) const fn optional(name: &'static str, domain: Domain) -> Param {
    Param { needed: false, ..needed(name, domain) }
}

/// A parameter with a default that is only taken by its name.
pub(crate) const fn keyword(name: &'static str, domain: Domain) -> Param {
    Param { by_name: true, ..optional(name, domain) }
}

impl Param {
    /// The parameter, where a rule holds.
    pub(crate) const fn under(self, rule: Rule) -> Param {
        Param { rule: Some(rule), ..self }
    }

    /// Whether the version of a profile has it.
    #[must_use]
    pub fn is_in(&self, profile: Profile) -> bool {
        self.rule.is_none_or(|rule| profile.has(rule))
    }
}
