//! Layouts of views: which bytes of a map are the items of a view.

use crate::result::RuleResult;
use crate::state::map::Open;
use crate::store::Store;

/// The format of the items of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `B`: a number of one byte.
    Byte,
    /// `c`: a `bytes` object of length one.
    Character,
    /// `H`: a number of two bytes, the lower byte first.
    Short,
}

impl Format {
    /// The format as `memoryview.format` names it.
    pub fn code(self) -> &'static str {
        match self {
            Format::Byte => "B",
            Format::Character => "c",
            Format::Short => "H",
        }
    }

    /// The size of an item in bytes.
    pub fn size(self) -> usize {
        match self {
            Format::Byte | Format::Character => 1,
            Format::Short => 2,
        }
    }
}

/// The items of a view in the bytes of its map.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The index of the first byte of the first item.
    start: i64,
    /// The distance from one item to the next in bytes; negative where the view is reversed.
    pub(crate) stride: i64,
    /// How many items.
    pub(crate) count: usize,
    /// The format of the items.
    pub(crate) format: Format,
    /// Whether the view refuses writing whatever its map allows.
    pub(crate) readonly: bool,
}

impl Layout {
    /// Consecutive bytes.
    pub fn bytes(start: usize, count: usize) -> Layout {
        Layout { start: start as i64, stride: 1, count, format: Format::Byte, readonly: false }
    }

    /// So many items, from the index of the first one by steps.
    pub fn part(self, first: i64, step: i64, count: usize) -> Layout {
        let first = if count == 0 { 0 } else { first };
        Layout { start: self.start + first * self.stride, stride: self.stride.wrapping_mul(step), count, ..self }
    }

    /// The same items, which cannot be written.
    pub fn readonly(self) -> Layout {
        Layout { readonly: true, ..self }
    }

    /// The same bytes as items of another format. They are contiguous, and as many as whole items have.
    pub fn cast(self, format: Format) -> Layout {
        Layout { stride: format.size() as i64, count: self.size() / format.size(), format, ..self }
    }

    /// The number of bytes of all items.
    pub fn size(self) -> usize {
        self.count * self.format.size()
    }

    /// Whether each item begins where the one before it ends. The stride of a single item does not matter.
    pub fn is_contiguous(self) -> bool {
        self.count == 1 || self.stride == self.format.size() as i64
    }

    /// The index in the map of the first byte of an item.
    pub fn item(self, at: usize) -> usize {
        (self.start + at as i64 * self.stride) as usize
    }

    /// The index in the map of a byte of the items.
    pub fn byte(self, at: usize) -> usize {
        self.item(at / self.format.size()) + at % self.format.size()
    }

    /// The bytes of all items.
    pub fn read<S: Store>(self, open: &Open<'_, S>) -> RuleResult<Vec<u8>> {
        if self.is_contiguous() {
            return open.read(self.item(0), self.size());
        }
        (0..self.size()).map(|at| open.byte(self.byte(at))).collect()
    }

    /// Writes the bytes of all items.
    pub fn write<S: Store>(self, open: &Open<'_, S>, bytes: &[u8]) -> RuleResult<()> {
        if self.is_contiguous() {
            return open.write(self.item(0), bytes);
        }
        (0..self.size()).try_for_each(|at| open.touch_to_write(self.byte(at), 1))?;
        bytes.iter().enumerate().try_for_each(|(at, byte)| open.set(self.byte(at), *byte))
    }

    /// Checks that all bytes can be accessed.
    pub fn touch<S: Store>(self, open: &Open<'_, S>) -> RuleResult<()> {
        if self.is_contiguous() {
            return open.touch(self.item(0), self.size());
        }
        (0..self.size()).try_for_each(|at| open.touch(self.byte(at), 1))
    }

    /// The number that an item holds; of a `bytes` object, that of its byte.
    pub fn number<S: Store>(self, open: &Open<'_, S>, at: usize) -> RuleResult<u16> {
        let first = self.item(at);
        match self.format {
            Format::Byte | Format::Character => open.byte(first).map(u16::from),
            Format::Short => Ok(u16::from_le_bytes([open.byte(first)?, open.byte(first + 1)?])),
        }
    }
}
