//! Sources of the generator's choices.

/// A source of choices. One generator serves every source: seeded random, proptest, libFuzzer.
pub trait Choices {
    /// A number below `many`; 0 if `many` is 0 or the source is exhausted.
    fn below(&mut self, many: u32) -> u32;

    /// Whether the source is exhausted, so that the case should end.
    fn is_exhausted(&self) -> bool {
        false
    }
}

impl Choices for fastrand::Rng {
    fn below(&mut self, many: u32) -> u32 {
        // A multiplication instead of a division. The bias is below one in four million for the numbers used here.
        ((u64::from(self.u32(..)) * u64::from(many)) >> 32) as u32
    }
}

impl Choices for arbitrary::Unstructured<'_> {
    fn below(&mut self, many: u32) -> u32 {
        if many == 0 { 0 } else { self.int_in_range(0..=many - 1).unwrap_or(0) }
    }

    fn is_exhausted(&self) -> bool {
        self.is_empty()
    }
}

/// The source for one case of a campaign with this seed.
#[must_use]
pub fn seeded(seed: u64, case: u64) -> fastrand::Rng {
    // Neighbouring seeds must not give the same cases at neighbouring numbers: the seed is spread over all bits first.
    let mut spread = fastrand::Rng::with_seed(seed);
    fastrand::Rng::with_seed(spread.u64(..) ^ case.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}
