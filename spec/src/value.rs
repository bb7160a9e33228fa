//! Values an argument can have: numbers relative to the state of a case, bytes in a carrier, texts, objects of a wrong type.

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

/// A subclass of `int` that sessions define.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IntClass {
    /// `Int`: empty.
    Plain,
    /// `IntWithIndex`: with an `__index__` that returns one more than the number.
    WithIndex,
}

impl IntClass {
    /// Every such class.
    pub const ALL: [IntClass; 2] = [IntClass::Plain, IntClass::WithIndex];

    /// The name of the class.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            IntClass::Plain => "Int",
            IntClass::WithIndex => "IntWithIndex",
        }
    }
}

/// A floating-point number. All NaNs are the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Float(u64);

impl Float {
    /// A number of 64 bits.
    #[must_use]
    pub fn new(value: f64) -> Float {
        Float(if value.is_nan() { f64::NAN } else { value }.to_bits())
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from_bits(self.0)
    }

    /// The word that `float` makes the number of.
    #[must_use]
    pub fn word(self) -> String {
        format!("{:?}", self.value()).to_lowercase()
    }
}

/// A text: code points, surrogates among them, each as in UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Text(Vec<u8>);

impl Text {
    /// The text of a string of Rust.
    #[must_use]
    pub fn new(text: &str) -> Text {
        Text(text.into())
    }

    /// The text of these code points; `None` if one is beyond Unicode.
    #[must_use]
    pub fn of_points(points: &[u32]) -> Option<Text> {
        let mut bytes = Vec::new();
        for &point in points {
            match (char::from_u32(point), point) {
                (Some(c), _) => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
                (None, 0xd800..0xe000) => {
                    bytes.extend(
                        [0xe0 | point >> 12, 0x80 | point >> 6 & 0x3f, 0x80 | point & 0x3f].map(|part| part as u8),
                    );
                }
                (None, _) => return None,
            }
        }
        Some(Text(bytes))
    }

    /// The code points.
    pub fn points(&self) -> impl Iterator<Item = u32> {
        let mut rest = self.0.iter().copied().map(u32::from);
        std::iter::from_fn(move || {
            let first = rest.next()?;
            let (more, start) = match first {
                0..0x80 => (0, first),
                0x80..0xe0 => (1, first & 0x1f),
                0xe0..0xf0 => (2, first & 0x0f),
                _ => (3, first & 0x07),
            };
            Some(rest.by_ref().take(more).fold(start, |point, part| point << 6 | part & 0x3f))
        })
    }

    /// The code points, each as in UTF-8: what Python decodes with `surrogatepass`.
    #[must_use]
    pub fn encoded(&self) -> &[u8] {
        &self.0
    }

    /// The text as a string of Rust; `None` if it has a surrogate.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Whether Python 2 reads the source of the text as the bytes of its UTF-8.
    #[must_use]
    pub fn is_same_in_python2(&self) -> bool {
        self.points().all(|point| point < 0x80 || is_shown(point))
    }

    /// The text as a literal, in which a character of no alphabet is escaped.
    #[must_use]
    pub fn source(&self) -> String {
        let escaped = |point: u32| match (char::from_u32(point), point) {
            (Some(c @ ('\\' | '\'')), _) => format!("\\{c}"),
            (Some('\n'), _) => "\\n".into(),
            (Some('\r'), _) => "\\r".into(),
            (Some('\t'), _) => "\\t".into(),
            (Some(c), _) if is_shown(point) => c.to_string(),
            (_, 0..0x100) => format!("\\x{point:02x}"),
            (_, 0x100..0x1_0000) => format!("\\u{point:04x}"),
            _ => format!("\\U{point:08x}"),
        };
        format!("'{}'", self.points().map(escaped).collect::<String>())
    }
}

/// Whether a character of a literal stands for itself.
fn is_shown(point: u32) -> bool {
    char::from_u32(point).is_some_and(|c| c == ' ' || c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric()))
}

/// An object of a type that is nearly always wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WrongType {
    /// `object()`
    Object,
    /// `[]`
    List,
    /// `(0,)`
    Tuple,
    /// `{}`
    Dict,
}

impl WrongType {
    /// Every such object, with its source text and the name of its type.
    pub const ALL: [(WrongType, &'static str, &'static str); 4] = [
        (WrongType::Object, "object()", "object"),
        (WrongType::List, "[]", "list"),
        (WrongType::Tuple, "(0,)", "tuple"),
        (WrongType::Dict, "{}", "dict"),
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
}
