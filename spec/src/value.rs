//! Values an argument can have: numbers relative to the state of a case, bytes in a carrier, objects of a wrong type.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The base that a symbolic number counts from. The number becomes plain when the case is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Base {
    /// A plain number.
    Zero,
    /// This many pages (`mmap.PAGESIZE`).
    Pages(u8),
    /// This many times the granularity of offsets (`mmap.ALLOCATIONGRANULARITY`): a page on Linux, 65536 on Windows.
    Granules(u8),
    /// The length of the map or view that the step is done on.
    Len,
    /// Its position.
    Pos,
    /// The size of its file.
    FileSize,
}

/// A whole number, perhaps relative to the state of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Num {
    /// The base.
    pub base: Base,
    /// The number added to the base.
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

/// A bytes-like object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Every kind of bytes-like object.
    pub const ALL: [BytesLike; 5] =
        [BytesLike::Bytes, BytesLike::ByteArray, BytesLike::View, BytesLike::Strided, BytesLike::Array];

    /// The content of an object of this kind that is made of these bytes.
    #[must_use]
    pub fn content(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self {
            BytesLike::Strided => bytes.iter().copied().step_by(2).collect(),
            _ => bytes.into(),
        }
    }
}

/// An object of a type that is nearly always wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
