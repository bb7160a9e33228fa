//! The buffers of bytes-like operands.

use crate::operands::operand::Operand;
use crate::result::{RuleResult, Stop, buffer_error, type_error, unsupported};
use crate::state::export::Export;
use crate::state::layout::{Format, Layout};
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
        /// The bytes of the map that belong to the buffer.
        layout: Layout,
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
            Operand::Bytes(BytesLike::Strided, bytes) if !matches!(bytes.len(), 1 | 2) => Err(not_contiguous()),
            Operand::View(view) if !view.part()?.1.is_contiguous() => Err(not_contiguous()),
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
                let (layout, _guard) = (Layout::bytes(0, map.len.get()), ExportGuard::Map { _export });
                Ok(Buffer::Mapped { map: Rc::clone(map), layout, _guard })
            }
            Operand::View(view) => {
                let (map, layout) = view.part()?;
                Ok(Buffer::Mapped { map, layout, _guard: ExportGuard::View { _export: ViewExport::of(view) } })
            }
            _ => Err(type_error(format!("a bytes-like object is required, not '{}'", operand.type_name(profile)))),
        }
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        match self {
            Buffer::Bytes(bytes) => bytes.len(),
            Buffer::Mapped { layout, .. } => layout.size(),
        }
    }

    /// The format of its items.
    pub fn format(&self) -> Format {
        match self {
            Buffer::Bytes(_) => Format::Byte,
            Buffer::Mapped { layout, .. } => layout.format,
        }
    }

    /// How many items.
    pub fn items(&self) -> usize {
        self.len() / self.format().size()
    }

    /// The number that an item holds; of a `bytes` object, that of its byte.
    pub fn number(&self, at: usize) -> RuleResult<u16> {
        match self {
            Buffer::Bytes(bytes) => Ok(bytes[at].into()),
            Buffer::Mapped { map, layout, .. } => layout.number(&map.open()?, at),
        }
    }

    /// The present bytes.
    pub fn bytes(&self) -> RuleResult<Cow<'_, [u8]>> {
        match self {
            Buffer::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Buffer::Mapped { map, layout, .. } => Ok(Cow::Owned(layout.read(&map.open()?)?)),
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
            Buffer::Mapped { map, layout, .. } => layout.touch(&map.open()?),
        }
    }

    /// The present byte at an index.
    pub fn byte(&self, at: usize) -> RuleResult<u8> {
        match self {
            Buffer::Bytes(bytes) => Ok(bytes[at]),
            Buffer::Mapped { map, layout, .. } => map.open()?.byte(layout.byte(at)),
        }
    }

    /// Copies all bytes into a map.
    pub fn copy_to(&self, open: &Open<'_, S>, at: usize) -> RuleResult<()> {
        match self {
            Buffer::Bytes(bytes) => open.write(at, bytes),
            Buffer::Mapped { map, layout, .. } if layout.is_contiguous() => {
                open.copy(at, &map.open()?, layout.item(0), layout.size())
            }
            Buffer::Mapped { .. } => open.write(at, &self.bytes()?),
        }
    }
}

fn not_contiguous() -> Stop {
    buffer_error("memoryview: underlying buffer is not C-contiguous")
}
