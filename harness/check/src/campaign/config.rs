//! The configuration of a campaign: target, seed, budget and the share of one shard.

use crate::divergence::Severity;
use crate::generate::Weights;
use crate::pattern::Patterns;
use crate::typed::Offer;
use crate::variation::Variation;
use crate::worker::TargetSpec;
use mmapcheck_spec::{Op, Profile};
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

/// When a campaign ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// After this time.
    Time(Duration),
    /// After this many cases.
    Cases(u64),
}

impl Budget {
    /// Upper bound of the case numbers. A campaign with a time limit has more numbers than it can run, so that its shards can
    /// still divide them.
    pub(super) fn case_limit(self) -> u64 {
        match self {
            Budget::Time(_) => 1 << 40,
            Budget::Cases(cases) => cases,
        }
    }
}

/// One part of a check that is divided among several runs. The parts are disjoint and together make up the whole check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Number of the part, counted from 1.
    number: u32,
    /// Number of parts.
    of: u32,
}

impl Shard {
    /// The only part of an undivided check.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    /// Whether the item at this index of a list belongs to the part.
    #[must_use]
    pub fn takes(self, index: usize) -> bool {
        index % self.of as usize == self.number as usize - 1
    }

    /// The case numbers of the part, out of `all` cases.
    pub(super) fn cases(self, all: u64) -> Range<u64> {
        let end_of = |number: u32| (u128::from(all) * u128::from(number) / u128::from(self.of)) as u64;
        end_of(self.number - 1)..end_of(self.number)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Shard { number, of }),
            _ => Err(format!("invalid shard '{text}': expected I/N with 1 <= I <= N, such as 2/8")),
        }
    }
}

/// The configuration of a campaign.
#[derive(Clone, Debug)]
pub struct CampaignConfig {
    /// The class under test and the engine that runs it.
    pub target: TargetSpec,
    /// The profile to judge by; none: the profile of the target.
    pub profile: Option<Profile>,
    /// The seed of the generated cases.
    pub seed: u64,
    /// Number of workers.
    pub jobs: usize,
    /// Operations that may occur in a case.
    pub ops: Vec<Op>,
    /// How often a step of a case is of each operation.
    pub weights: Weights,
    /// Maximum number of steps in a case.
    pub steps: usize,
    /// Whether arguments may run a step while they are converted (re-entrancy).
    pub callbacks: bool,
    /// The calls of the target, if it is a type with a typed interface.
    pub offer: Option<Offer>,
    /// When the campaign ends.
    pub budget: Budget,
    /// The part of the cases that this run takes.
    pub shard: Shard,
    /// Time without progress after which a worker counts as hung.
    pub hang: Duration,
    /// The longest time that one divergence is shrunk for; none: 10 s, and a fifth of the campaign's time at most.
    pub shrink_time: Option<Duration>,
    /// End the campaign at the first finding.
    pub fail_fast: bool,
    /// The mildest severity of a finding; none: `message` for CPython's own `mmap`, `class` for any other class.
    pub severity: Option<Severity>,
    /// Patterns of known divergences, which are counted and make no finding.
    pub known: Patterns,
    /// The variations of known divergences, each with the id of its entry: they are switched on from the beginning.
    pub known_model: Vec<(String, Variation)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_the_whole_and_have_nothing_in_common() {
        for (of, all) in [(1, 10), (3, 10), (7, 5), (8, 1_000_003)] {
            let shards = (1..=of).map(|number| Shard { number, of });
            let cases: Vec<u64> = shards.clone().flat_map(|shard| shard.cases(all)).collect();
            assert_eq!(cases, (0..all).collect::<Vec<_>>());
            for index in 0..20 {
                assert_eq!(shards.clone().filter(|shard| shard.takes(index)).count(), 1);
            }
        }
    }

    #[test]
    fn a_shard_is_one_of_some() {
        assert_eq!("2/8".parse(), Ok(Shard { number: 2, of: 8 }));
        for text in ["0/8", "9/8", "2", "2/", "/8", "0/0", "-1/8", "a/b"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
