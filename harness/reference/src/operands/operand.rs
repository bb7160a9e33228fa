//! The Python objects a step is given.

use crate::files::Cursor;
use crate::machine::Callback;
use crate::result::{Answer, buffer_error, type_error, unsupported};
use crate::rules::view::{Export, Lease, View};
use crate::state::map::{Map, Open};
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Dialect, Profile, WrongType};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::rc::Rc;

/// An argument, with what its names stand for.
pub enum Object<'a, S: Store> {
    /// `None`
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// An object that only has `__index__`.
    Index(i128),
    /// One that does a step of the case when it is asked for its `__index__`.
    IndexAfter(i128, Callback<'a, S>),
    /// One that does a step of the case when it is asked for its `__buffer__`.
    BufferAfter(&'a [u8], Callback<'a, S>),
    /// Bytes in a carrier.
    Bytes(BytesLike, &'a [u8]),
    /// An object of a type that is nearly always wrong.
    WrongType(WrongType),
    /// A file object.
    File,
    /// The descriptor of an open file, and where its file object stands; only the constructor is given one.
    Descriptor(S::File, Rc<Cursor>),
    /// A map.
    Map(Rc<Map<S>>),
    /// A view of a map.
    View(Rc<View<S>>),
}

impl<S: Store> Object<'_, S> {
    /// The name of its type, as messages show it.
    pub fn type_name(&self, profile: Profile) -> &'static str {
        match self {
            Object::Int(value) if profile.dialect() == Dialect::Python2 && i64::try_from(*value).is_err() => "long",
            Object::Index(_) if profile.dialect() == Dialect::Python2 => "instance",
            Object::Bytes(BytesLike::Bytes, _) if profile.dialect() == Dialect::Python2 => "str",
            Object::None => "NoneType",
            Object::Bool(_) => "bool",
            Object::Int(_) | Object::Descriptor(..) => "int",
            Object::Index(_) => "Index",
            Object::IndexAfter(..) => "IndexAfter",
            Object::BufferAfter(..) => "BufferAfter",
            Object::Bytes(BytesLike::Bytes, _) => "bytes",
            Object::Bytes(BytesLike::ByteArray, _) => "bytearray",
            Object::Bytes(BytesLike::View | BytesLike::Strided, _) | Object::View(_) => "memoryview",
            Object::Bytes(BytesLike::Array, _) => "array.array",
            Object::WrongType(thing) => thing.type_name(),
            Object::File => "_io.FileIO",
            Object::Map(_) => "mmap.mmap",
        }
    }

    /// The name of its type, as the refusal of an argument shows it.
    pub fn argument_name(&self, profile: Profile) -> &'static str {
        if matches!(self, Object::None) { "None" } else { self.type_name(profile) }
    }

    /// The number of an object that has `__index__`. To ask for it may do a step of the case: no memory is held meanwhile,
    /// and what was known of a map before must be looked at again.
    pub fn integer(&self) -> Answer<Option<i128>> {
        Ok(match self {
            Object::Bool(value) => Some((*value).into()),
            Object::Int(value) | Object::Index(value) => Some(*value),
            Object::IndexAfter(value, callback) => {
                callback.perform()?;
                Some(*value)
            }
            _ => None,
        })
    }
}

/// The bytes of a bytes-like object. As long as it is there, what they belong to stays where it is.
pub enum Source<'a, S: Store> {
    /// Bytes that no map shares.
    Bytes(Cow<'a, [u8]>),
    /// Bytes of a map.
    Mapped {
        /// The map.
        map: Rc<Map<S>>,
        /// Where they start in it.
        start: usize,
        /// How many they are.
        count: usize,
        /// What keeps them there.
        _hold: Hold<S>,
    },
}

/// What keeps the bytes of a source where they are: the map, or the view, has one more buffer exported.
pub enum Hold<S: Store> {
    /// Those of a map.
    Map { _export: Export<S> },
    /// Those of a view.
    View { _lease: Lease<S> },
}

impl<'a, S: Store> Source<'a, S> {
    /// A bytes-like object whose bytes lie in one piece, as `write` and slice assignment need it.
    pub fn contiguous(object: &Object<'a, S>, profile: Profile) -> Answer<Source<'a, S>> {
        match object {
            // One byte lies in one piece whatever the step to the next one; none at all do not.
            Object::Bytes(BytesLike::Strided, bytes) if !matches!(bytes.len(), 1 | 2) => {
                Err(buffer_error("memoryview: underlying buffer is not C-contiguous"))
            }
            _ => Source::any(object, profile),
        }
    }

    /// The bytes given to a method. In Python 2 they are those of a string, or of what has the buffer of one.
    pub fn given(object: &Object<'a, S>, method: &str, profile: Profile) -> Answer<Source<'a, S>> {
        match object {
            _ if profile.dialect() == Dialect::Python3 => Source::contiguous(object, profile),
            Object::Bytes(BytesLike::Bytes | BytesLike::Array, _) | Object::Map(_) => Source::any(object, profile),
            _ => {
                let (wanted, name) = ("must be string or read-only buffer", object.argument_name(profile));
                Err(type_error(format!("{method}() argument 1 {wanted}, not {name}")))
            }
        }
    }

    /// Any bytes-like object.
    pub fn any(object: &Object<'a, S>, profile: Profile) -> Answer<Source<'a, S>> {
        match object {
            Object::Bytes(BytesLike::Strided, bytes) => {
                Ok(Source::Bytes(bytes.iter().copied().step_by(2).collect::<Vec<_>>().into()))
            }
            Object::Bytes(_, bytes) => Ok(Source::Bytes((*bytes).into())),
            Object::BufferAfter(bytes, callback) if profile.buffers_can_be_made_in_python() => {
                callback.perform()?;
                Ok(Source::Bytes((*bytes).into()))
            }
            Object::Map(map) => {
                let _export = Export::of(map)?;
                Ok(Source::Mapped { map: Rc::clone(map), start: 0, count: map.len.get(), _hold: Hold::Map { _export } })
            }
            Object::View(view) => {
                let (map, start, count) = view.part()?;
                Ok(Source::Mapped { map, start, count, _hold: Hold::View { _lease: Lease::of(view) } })
            }
            _ => Err(type_error(format!("a bytes-like object is required, not '{}'", object.type_name(profile)))),
        }
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        match self {
            Source::Bytes(bytes) => bytes.len(),
            Source::Mapped { count, .. } => *count,
        }
    }

    /// The bytes as they are now.
    pub fn bytes(&self) -> Answer<Cow<'_, [u8]>> {
        match self {
            Source::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Source::Mapped { map, start, count, .. } => Ok(Cow::Owned(map.open()?.read(*start, *count)?)),
        }
    }

    /// The bytes, at least one, as something to be looked for. No more of them need be touched than what rules out all places.
    pub fn needle(&self) -> Answer<Cow<'_, [u8]>> {
        if self.touch().is_err() && self.byte(0).is_ok() {
            return Err(unsupported("how much of a needle a search looks at is its own affair").into());
        }
        self.bytes()
    }

    /// Checks that all of them can be touched.
    pub fn touch(&self) -> Answer<()> {
        match self {
            Source::Bytes(_) => Ok(()),
            Source::Mapped { map, start, count, .. } => map.open()?.touch(*start, *count),
        }
    }

    /// The byte at a place, as it is now.
    pub fn byte(&self, at: usize) -> Answer<u8> {
        match self {
            Source::Bytes(bytes) => Ok(bytes[at]),
            Source::Mapped { map, start, .. } => map.open()?.byte(start + at),
        }
    }

    /// Copies all of them into a map.
    pub fn copy_to(&self, open: &Open<'_, S>, at: usize) -> Answer<()> {
        match self {
            Source::Bytes(bytes) => open.write(at, bytes),
            Source::Mapped { map, start, count, .. } => open.copy(at, &map.open()?, *start, *count),
        }
    }
}

/// Arguments by position, and the one by name, where it is given.
type Worded<'b, 'a, S> = (&'b [Object<'a, S>], Option<&'b Object<'a, S>>);

/// The arguments of a step.
pub struct Args<'a, S: Store> {
    /// Those given by position.
    pub plain: SmallVec<[Object<'a, S>; 3]>,
    /// Those given by keyword: few steps have any.
    pub named: Vec<(&'static str, Object<'a, S>)>,
}

impl<'a, S: Store> Args<'a, S> {
    /// The arguments of a method that takes from `least` to `most`.
    pub fn counted(&self, method: &str, least: usize, most: usize, profile: Profile) -> Answer<&[Object<'a, S>]> {
        let given = self.plain.len();
        if (least..=most).contains(&given) {
            return Ok(&self.plain);
        }
        let (bound, wanted) = match given {
            _ if least == most => ("exactly ", most),
            _ if given < least => ("at least ", least),
            _ => ("at most ", most),
        };
        let plural = if wanted == 1 { "" } else { "s" };
        Err(type_error(if !profile.wrong_count_is_told_as_expected() {
            format!("{method}() takes {bound}{wanted} argument{plural} ({given} given)")
        } else if (least, most) == (1, 1) {
            format!("mmap.{method}() takes exactly one argument ({given} given)")
        } else {
            let bound = if least == most { "" } else { bound };
            format!("{method} expected {bound}{wanted} argument{plural}, got {given}")
        }))
    }

    /// The arguments of a method that takes up to `most` by position, and one more by the name `word`.
    pub fn with_word(&self, method: &str, most: usize, word: &str) -> Answer<Worded<'_, 'a, S>> {
        let (plain, given) = (self.plain.len(), self.plain.len() + self.named.len());
        let wrong = if given > most + 1 {
            let kind = if plain == 0 { "keyword " } else { "" };
            format!("takes at most {} {kind}arguments ({given} given)", most + 1)
        } else if plain > most {
            format!("takes at most {most} positional arguments ({plain} given)")
        } else if let Some((unknown, _)) = self.named.iter().find(|(keyword, _)| *keyword != word) {
            format!("got an unexpected keyword argument '{unknown}'")
        } else {
            return Ok((&self.plain, self.named.first().map(|(_, object)| object)));
        };
        Err(type_error(format!("{method}() {wrong}")))
    }

    /// The arguments of a method that takes none: this is checked before anything else.
    pub fn none(&self, method: &str, profile: Profile) -> Answer<()> {
        let class = if profile.argument_refusal_names_class() { "mmap." } else { "" };
        match self.plain.len() {
            0 => Ok(()),
            given => Err(type_error(format!("{class}{method}() takes no arguments ({given} given)"))),
        }
    }
}
