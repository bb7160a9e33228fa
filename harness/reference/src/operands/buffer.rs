//! The buffers of bytes-like operands.

use crate::operands::operand::Operand;
use crate::result::{RuleResult, buffer_error, type_error, unsupported};
use crate::state::export::Export;
use crate::state::map::{Map, Open};
use crate::state::view::ViewExport;
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Profile};
use std::borrow::Cow;
use std::rc::Rc;

/// The buffer of a bytes-like object. While it exists, the object cannot move its bytes.
pub enum Buffer<'a, S: Store> {
    /// Bytes that belong to no map.
    Bytes(Cow<'a, [u8]>),
    /// Bytes of a map.
    Mapped {
        /// The map.
        map: Rc<Map<S>>,
        /// The index of the first byte in the map.
        start: usize,
        /// How many bytes.
        count: usize,
        /// Keeps the map open.
        _guard: ExportGuard<S>,
    },
}

/// The export that a buffer holds.
pub enum ExportGuard<S: Store> {
    /// A buffer of a map.
    Map { _export: Export<S> },
    /// A buffer of a view.
    View { _export: ViewExport<S> },
}

impl<'a, S: Store> Buffer<'a, S> {
    /// The buffer of a contiguous bytes-like object, which `write` and slice assignment require.
    pub fn contiguous(operand: &Operand<'a, S>, profile: Profile) -> RuleResult<Buffer<'a, S>> {
        match operand {
            // A view of one item is contiguous whatever its stride; an empty one is not.
            Operand::Bytes(BytesLike::Strided, bytes) if !matches!(bytes.len(), 1 | 2) => {
                Err(buffer_error("memoryview: underlying buffer is not C-contiguous"))
            }
            _ => Buffer::any(operand, profile),
        }
    }

    /// The buffer of the argument of a method. Python 2 takes a string, or an object with the buffer of one.
    pub fn of_argument(operand: &Operand<'a, S>, method: &str, profile: Profile) -> RuleResult<Buffer<'a, S>> {
        match operand {
            _ if !profile.bytes_arguments_are_read_only() => Buffer::contiguous(operand, profile),
            Operand::Bytes(BytesLike::Bytes | BytesLike::Array, _) | Operand::Map(_) => Buffer::any(operand, profile),
            _ => {
                let (wanted, name) = ("must be string or read-only buffer", operand.argument_name(profile));
                Err(type_error(format!("{method}() argument 1 {wanted}, not {name}")))
            }
        }
    }

    /// The buffer of any bytes-like object.
    pub fn any(operand: &Operand<'a, S>, profile: Profile) -> RuleResult<Buffer<'a, S>> {
        match operand {
            Operand::Bytes(like, bytes) => Ok(Buffer::Bytes(like.content(bytes))),
            Operand::BufferAfter(bytes, callback) if profile.buffers_can_be_made_in_python() => {
                callback.run()?;
                Ok(Buffer::Bytes((*bytes).into()))
            }
            Operand::Map(map) => {
                let _export = Export::of(map)?;
                let (count, _guard) = (map.len.get(), ExportGuard::Map { _export });
                Ok(Buffer::Mapped { map: Rc::clone(map), start: 0, count, _guard })
            }
            Operand::View(view) => {
                let (map, start, count) = view.part()?;
                Ok(Buffer::Mapped { map, start, count, _guard: ExportGuard::View { _export: ViewExport::of(view) } })
            }
            _ => Err(type_error(format!("a bytes-like object is required, not '{}'", operand.type_name(profile)))),
        }
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        match self {
            Buffer::Bytes(bytes) => bytes.len(),
            Buffer::Mapped { count, .. } => *count,
        }
    }

    /// The present bytes.
    pub fn bytes(&self) -> RuleResult<Cow<'_, [u8]>> {
        match self {
            Buffer::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Buffer::Mapped { map, start, count, .. } => Ok(Cow::Owned(map.open()?.read(*start, *count)?)),
        }
    }

    /// The bytes as a needle, at least one. A search may stop before it accesses all of them, so a needle whose first byte is
    /// live and whose last byte is dead has no rule.
    pub fn needle(&self) -> RuleResult<Cow<'_, [u8]>> {
        if self.touch().is_err() && self.byte(0).is_ok() {
            return Err(unsupported("how much of a needle a search accesses is not specified").into());
        }
        self.bytes()
    }

    /// Checks that all bytes can be accessed.
    pub fn touch(&self) -> RuleResult<()> {
        match self {
            Buffer::Bytes(_) => Ok(()),
            Buffer::Mapped { map, start, count, .. } => map.open()?.touch(*start, *count),
        }
    }

    /// The present byte at an index.
    pub fn byte(&self, at: usize) -> RuleResult<u8> {
        match self {
            Buffer::Bytes(bytes) => Ok(bytes[at]),
            Buffer::Mapped { map, start, .. } => map.open()?.byte(start + at),
        }
    }

    /// Copies all bytes into a map.
    pub fn copy_to(&self, open: &Open<'_, S>, at: usize) -> RuleResult<()> {
        match self {
            Buffer::Bytes(bytes) => open.write(at, bytes),
            Buffer::Mapped { map, start, count, .. } => open.copy(at, &map.open()?, *start, *count),
        }
    }
}
