//! Sources of choices: the generator asks, a source answers.

/// Anything that can answer "which of these many?". One generator serves every source.
pub trait Choices {
    /// A number below `many`; 0 where `many` is 0 or the source has run dry.
    fn below(&mut self, many: u32) -> u32;

    /// Whether the source has run dry, so that the case should end.
    fn dry(&self) -> bool {
        false
    }
}

impl Choices for fastrand::Rng {
    fn below(&mut self, many: u32) -> u32 {
        // A multiplication instead of a division: the bias is below one in four million here.
        ((u64::from(self.u32(..)) * u64::from(many)) >> 32) as u32
    }
}

impl Choices for arbitrary::Unstructured<'_> {
    fn below(&mut self, many: u32) -> u32 {
        if many == 0 { 0 } else { self.int_in_range(0..=many - 1).unwrap_or(0) }
    }

    fn dry(&self) -> bool {
        self.is_empty()
    }
}

/// The source of one case of a seeded campaign.
#[must_use]
pub fn seeded(seed: u64, case: u64) -> fastrand::Rng {
    // Seeds side by side must not give cases side by side: each is spread over all bits first.
    let mut spread = fastrand::Rng::with_seed(seed);
    fastrand::Rng::with_seed(spread.u64(..) ^ case.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}
