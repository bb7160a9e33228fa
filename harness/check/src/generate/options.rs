//! What a campaign generates.

use crate::limits;
use mmapcheck_spec::{Op, Profile};
use serde::{Deserialize, Serialize};

/// What may be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratorOptions {
    /// The operations that may occur.
    pub ops: Vec<Op>,
    /// The most steps of a case.
    pub steps: usize,
    /// Whether arguments may do a step of their own.
    pub callbacks: bool,
    /// The profile whose constants may occur.
    pub profile: Profile,
}

impl GeneratorOptions {
    /// Every operation.
    #[must_use]
    pub fn all(profile: Profile) -> GeneratorOptions {
        GeneratorOptions { ops: Op::ALL.to_vec(), steps: limits::STEPS, callbacks: true, profile }
    }

    /// No step that is there to hurt: no argument does a step of its own, no file is made shorter behind its maps, there are no
    /// child processes, and the system grants what it is asked for.
    #[must_use]
    pub fn calm(profile: Profile) -> GeneratorOptions {
        let mut mix = GeneratorOptions { callbacks: false, ..GeneratorOptions::all(profile) };
        mix.ops.retain(|op| !op.row().hostile);
        mix
    }
}
