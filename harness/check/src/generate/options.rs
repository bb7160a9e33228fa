//! The options of the generator.

use super::weights::Weights;
use crate::limits;
use crate::typed::Offer;
use mmapcheck_spec::{Declined, Op, Profile, Step};
use serde::{Deserialize, Serialize};

/// The options of the generator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratorOptions {
    /// The operations that a case may contain.
    pub ops: Vec<Op>,
    /// How often a step of a case is of each operation, relative to the operation table.
    pub weights: Weights,
    /// The maximum number of steps of a case.
    pub steps: usize,
    /// Whether a case may contain callback arguments.
    pub callbacks: bool,
    /// The profile of the target, for its constants, parameters and platform.
    pub profile: Profile,
    /// The calls of a typed interface, if the target has one: no other step is generated.
    pub offer: Option<Offer>,
    /// The steps that the target cannot run, which no case contains.
    pub declined: Declined,
}

impl GeneratorOptions {
    /// The step as the target can take it; `None` where it cannot.
    pub(super) fn fit(&self, step: Step) -> Option<Step> {
        match &self.offer {
            Some(offer) => offer.fit(step),
            None => Some(step),
        }
    }

    /// Every operation, and callback arguments.
    #[must_use]
    pub fn all(profile: Profile) -> GeneratorOptions {
        GeneratorOptions {
            ops: Op::ALL.to_vec(),
            weights: Weights::default(),
            steps: limits::STEPS,
            callbacks: true,
            profile,
            offer: None,
            declined: Declined::default(),
        }
    }

    /// The options for a target that cannot run these steps.
    #[must_use]
    pub fn declining(mut self, declined: Declined) -> GeneratorOptions {
        self.ops.retain(|op| !declined.operations.contains(op));
        GeneratorOptions { declined, ..self }
    }

    /// The options without hostile steps: no callback arguments, and no operation that the operation table marks as hostile.
    #[must_use]
    pub fn calm(profile: Profile) -> GeneratorOptions {
        let mut options = GeneratorOptions { callbacks: false, ..GeneratorOptions::all(profile) };
        options.ops.retain(|op| !op.row().hostile);
        options
    }
}
