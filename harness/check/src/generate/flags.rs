//! Arguments that are constants of the module: flags, protections, accesses and advice.

use super::maker::Maker;
use crate::choices::Choices;
use mmapcheck_spec::Arg;
use mmapcheck_spec::constants::{self, Constant};

impl<C: Choices> Maker<'_, C> {
    /// A constant of the profile whose name starts with `prefix`.
    pub(super) fn constant(&mut self, prefix: &str) -> Arg {
        let profile = self.options.profile;
        let known = |constant: &Constant| constant.name().starts_with(prefix) && profile.has_constant(*constant);
        let many = constants::ALL.into_iter().filter(known).count();
        let chosen = self.below(many);
        let chosen = constants::ALL.into_iter().filter(known).nth(chosen);
        chosen.map_or(Arg::int(0), |constant| Arg::Flags(smallvec::smallvec![constant.place()]))
    }

    /// One constant to look up, or two joined by `|`; seldom one that the profile lacks.
    pub(super) fn any_constants(&mut self) -> Arg {
        let mut places = smallvec::SmallVec::new();
        for _ in 0..if self.one_in(8) { 2 } else { 1 } {
            match self.one_in(16) {
                true => places.push(self.pick(&constants::ALL).place()),
                false => places.extend(Self::places(&self.constant(""))),
            }
        }
        Arg::Flags(places)
    }

    pub(super) fn places(arg: &Arg) -> smallvec::SmallVec<[u8; 4]> {
        if let Arg::Flags(places) = arg { places.clone() } else { smallvec::SmallVec::new() }
    }

    pub(super) fn flag(name: &str) -> Arg {
        constants::place(name).map_or(Arg::int(0), |place| Arg::Flags(smallvec::smallvec![place]))
    }

    /// The type of a map, and one or two flags of Linux, most of which have no constant.
    pub(super) fn rare_flags(&mut self) -> Arg {
        /// `MAP_ANONYMOUS`, `MAP_32BIT`, `MAP_ABOVE4G`, `MAP_GROWSDOWN`, an unknown one, and from `MAP_DENYWRITE` to `MAP_SYNC`.
        const BITS: [i128; 15] = [
            0x20, 0x40, 0x80, 0x100, 0x200, 0x800, 0x1000, 0x2000, 0x2000, 0x4000, 0x8000, 0x1_0000, 0x2_0000,
            0x4_0000, 0x8_0000,
        ];
        /// `MAP_SHARED`, `MAP_PRIVATE`, `MAP_SHARED_VALIDATE`, `MAP_DROPPABLE`, and two unknown ones.
        const TYPES: [i128; 8] = [1, 1, 2, 2, 3, 8, 4, 15];
        let more = if self.one_in(3) { self.pick(&BITS) } else { 0 };
        Arg::int(self.pick(&TYPES) | self.pick(&BITS) | more)
    }

    /// One to four constants joined by `|`, or a plain number.
    pub(super) fn flag_set(&mut self, prefix: &str) -> Arg {
        if self.one_in(6) {
            return Arg::int(self.pick(&[0, 1, 2, 3, 4, 8, 15, 16, 32, 33, 34, -1, 1 << 24]));
        }
        let mut places = smallvec::SmallVec::new();
        for _ in 0..=self.below(3) {
            places.extend(Self::places(&self.constant(prefix)));
        }
        Arg::Flags(places)
    }
}
