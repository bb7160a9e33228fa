//! Long cases: a file of some ten thousand bytes, and places, needles and sources to match. A search, a copy and a C integer of
//! 16 bits behave otherwise there than in the few bytes of other cases.

use super::maker::Maker;
use crate::choices::Choices;

/// The first length that 16 bits do not hold.
const WIDE: usize = 1 << 16;

/// The bytes of which a long file has one, at [`Maker::mark`], so that an excerpt with it occurs once.
const MARKS: &[u8] = b"xyz";

impl<C: Choices> Maker<'_, C> {
    /// The size of a long file, in bytes: some ten thousand, a number of pages, or more than 16 bits hold.
    pub(super) fn long_size(&mut self) -> usize {
        let page = self.options.profile.facts().page.bytes();
        match self.below(4) {
            0 => 20_000 + self.below(10_000),
            1 => WIDE.next_multiple_of(page) + page * self.below(4),
            _ => WIDE + self.below(1 << 14),
        }
    }

    /// Marks one place of the bytes of a long file.
    pub(super) fn mark(&mut self, content: &mut [u8]) {
        self.mark = self.below(content.len());
        if let Some(byte) = content.get_mut(self.mark) {
            *byte = self.pick(MARKS);
        }
    }

    /// A place in a long map: near the end of 16 bits, or anywhere.
    pub(super) fn long_place(&mut self) -> usize {
        match self.below(3) {
            0 => WIDE - 4 + self.below(12),
            1 => WIDE + self.below(1 << 13),
            _ => self.below(WIDE),
        }
    }

    /// The number of bytes to write into a long map.
    pub(super) fn long_source(&mut self) -> usize {
        match self.below(3) {
            0 => self.below(WIDE),
            1 => 200 + self.below(200),
            _ => WIDE + self.below(64),
        }
    }

    /// A part of the last file's bytes, at least a hundred, half of the time with the mark, and half of the time with one byte
    /// changed: at an end, where a search begins to compare or ends, or anywhere.
    pub(super) fn excerpt(&mut self) -> Vec<u8> {
        let size = self.world.last().map_or(0, |file| file.bytes.len());
        let most = if self.one_in(4) { 20_000 } else { 2000 };
        let many = (100 + self.below(most)).min(size);
        let first = if self.one_in(2) { self.mark.saturating_sub(self.below(many)) } else { self.below(size) };
        let first = first.min(size - many);
        let mut part = self.world.last().map_or(Vec::new(), |file| file.bytes[first..first + many].to_vec());
        if self.one_in(2) {
            let places = [0, many.saturating_sub(1), self.below(many)];
            let (place, byte) = (self.pick(&places), self.pick(b"abcxyz"));
            part.get_mut(place).into_iter().for_each(|changed| *changed = byte);
        }
        part
    }
}
