//! Arguments: everything a step can be given.

use crate::Step;

/// What a symbolic number counts from. It becomes a plain number when the case is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// A plain number.
    Zero,
    /// This many pages (`mmap.PAGESIZE`).
    Pages(u8),
    /// This many times the granularity of offsets (`mmap.ALLOCATIONGRANULARITY`): a page on Linux, 65536 on Windows.
    Granules(u8),
    /// The length of the map the step is done on.
    Len,
    /// Its position.
    Pos,
    /// The size of its file.
    FileSize,
}

/// A whole number, perhaps relative to the state of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Num {
    /// What it counts from.
    pub base: Base,
    /// What is added.
    pub plus: i128,
}

impl Num {
    /// A plain number.
    #[must_use]
    pub const fn plain(value: i128) -> Num {
        Num { base: Base::Zero, plus: value }
    }

    /// The plain number, if it is one.
    #[must_use]
    pub fn as_plain(self) -> Option<i128> {
        (self.base == Base::Zero).then_some(self.plus)
    }
}

/// What carries bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BytesLike {
    /// `b"..."`
    Bytes,
    /// `bytearray(b"...")`
    ByteArray,
    /// `memoryview(b"...")`
    View,
    /// `memoryview(b"...")[::2]`: every second byte, not contiguous.
    Strided,
    /// `array.array("B", b"...")`
    Array,
}

impl BytesLike {
    /// Every carrier.
    pub const ALL: [BytesLike; 5] =
        [BytesLike::Bytes, BytesLike::ByteArray, BytesLike::View, BytesLike::Strided, BytesLike::Array];
}

/// An object of a type that is nearly always wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WrongType {
    /// `1.5`
    Float,
    /// `object()`
    Object,
    /// `[]`
    List,
    /// `(0,)`
    Tuple,
    /// `{}`
    Dict,
    /// `'text'`
    Text,
    /// `'é'`: text that is not ASCII.
    Accent,
    /// Text of 67 bytes, one more than `set_name` takes.
    LongText,
}

impl WrongType {
    /// Every such object, with its source text and the name of its type.
    pub const ALL: [(WrongType, &'static str, &'static str); 8] = [
        (WrongType::Float, "1.5", "float"),
        (WrongType::Object, "object()", "object"),
        (WrongType::List, "[]", "list"),
        (WrongType::Tuple, "(0,)", "tuple"),
        (WrongType::Dict, "{}", "dict"),
        (WrongType::Text, "'text'", "str"),
        (WrongType::Accent, "'é'", "str"),
        (WrongType::LongText, "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'", "str"),
    ];

    /// Its source text.
    #[must_use]
    pub fn source(self) -> &'static str {
        WrongType::ALL[self as usize].1
    }

    /// The name of its type.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        WrongType::ALL[self as usize].2
    }

    /// The text it is, where it is text.
    #[must_use]
    pub fn text(self) -> Option<&'static str> {
        self.source().strip_prefix('\'')?.strip_suffix('\'')
    }
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Arg {
    /// A missing part of a slice.
    Omitted,
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// A whole number.
    Int(Num),
    /// An object that only has `__index__`: `Index(5)`.
    Index(Num),
    /// An object that does another step of the case when it is asked for its `__index__`, and then answers:
    /// `IndexAfter(5, callback)`.
    IndexAfter(Num, Box<Step>),
    /// An object that does another step of the case when it is asked for its `__buffer__`, and then answers:
    /// `BufferAfter(b"...", callback)`. Python asks since 3.12; before, it is an object of no use.
    BufferAfter(Vec<u8>, Box<Step>),
    /// Constants of the module joined by `|`, by their place in [`crate::constants::ALL`].
    Flags(smallvec::SmallVec<[u8; 4]>),
    /// Bytes in a carrier.
    Bytes(BytesLike, Vec<u8>),
    /// An object of a wrong type.
    WrongType(WrongType),
    /// `f.fileno()`
    Fd(u8),
    /// A file object itself.
    File(u8),
    /// A map itself.
    Map(u8),
    /// A memoryview of the case.
    View(u8),
    /// The name of a file of the world.
    Path(u8),
    /// How to open a file.
    Mode(crate::Mode),
}

impl Arg {
    /// A plain whole number.
    #[must_use]
    pub const fn int(value: i128) -> Arg {
        Arg::Int(Num::plain(value))
    }

    /// Plain bytes.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Arg {
        Arg::Bytes(BytesLike::Bytes, bytes.to_vec())
    }

    /// The step it does while it is converted.
    #[must_use]
    pub fn callback(&self) -> Option<&Step> {
        match self {
            Arg::IndexAfter(_, callback) | Arg::BufferAfter(_, callback) => Some(callback),
            _ => None,
        }
    }

    /// As [`Arg::callback`], to be changed.
    pub fn callback_mut(&mut self) -> Option<&mut Step> {
        match self {
            Arg::IndexAfter(_, callback) | Arg::BufferAfter(_, callback) => Some(callback),
            _ => None,
        }
    }

    /// The same without a step of its own.
    #[must_use]
    pub fn without_callback(self) -> Arg {
        match self {
            Arg::IndexAfter(num, _) => Arg::Index(num),
            Arg::BufferAfter(bytes, _) => Arg::Bytes(BytesLike::Bytes, bytes),
            arg => arg,
        }
    }
}

/// An argument as given: by position, or by keyword.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PassedArg {
    /// The keyword, one of [`PassedArg::KEYWORDS`].
    pub keyword: Option<&'static str>,
    /// The argument.
    pub arg: Arg,
}

impl PassedArg {
    /// Every keyword a case can use: those of the constructor, one of Windows, and one no call takes.
    pub const KEYWORDS: &'static [&'static str] =
        &["fileno", "length", "flags", "prot", "access", "offset", "trackfd", "tagname", "foo"];

    /// An argument by position.
    #[must_use]
    pub const fn plain(arg: Arg) -> PassedArg {
        PassedArg { keyword: None, arg }
    }
}
