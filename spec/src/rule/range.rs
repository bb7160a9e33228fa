//! The versions and platforms in which a rule of the table holds.

use crate::platform::{Capability, Platform};
use crate::version::Version;
use std::fmt;

/// Versions and platforms in which a rule holds. A row with several ranges holds in each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleRange {
    /// The first version; none: from the beginning.
    pub since: Option<Version>,
    /// The last version, where 255 as its micro version takes in the whole series; none: up to the newest.
    pub until: Option<Version>,
    /// The platforms: those that have a capability (`true`), or those that lack it; `None` for all.
    pub platform: Option<(Capability, bool)>,
}

impl RuleRange {
    /// Every version.
    pub(super) const EVERY: RuleRange = RuleRange { since: None, until: None, platform: None };

    /// From a version on.
    pub(super) const fn since(version: &str) -> RuleRange {
        RuleRange { since: Some(read(version, 0)), ..RuleRange::EVERY }
    }

    /// Up to a version, as precisely as it is written: `3.12` takes in all of 3.12.
    pub(super) const fn until(version: &str) -> RuleRange {
        RuleRange { until: Some(read(version, u8::MAX)), ..RuleRange::EVERY }
    }

    /// From one version up to another.
    pub(super) const fn between(since: &str, until: &str) -> RuleRange {
        RuleRange { until: Some(read(until, u8::MAX)), ..RuleRange::since(since) }
    }

    /// The same versions, on the platforms that have a capability.
    pub(super) const fn with(self, capability: Capability) -> RuleRange {
        RuleRange { platform: Some((capability, true)), ..self }
    }

    /// The same versions, on the platforms that lack a capability.
    pub(super) const fn without(self, capability: Capability) -> RuleRange {
        RuleRange { platform: Some((capability, false)), ..self }
    }

    pub(super) const fn takes_in(&self, version: Version, platform: Platform) -> bool {
        let late_enough = match self.since {
            Some(since) => since.is_at_most(version),
            None => true,
        };
        let early_enough = match self.until {
            Some(until) => version.is_at_most(until),
            None => true,
        };
        let right_platform = match self.platform {
            Some((capability, wanted)) => platform.facts().has(capability) == wanted,
            None => true,
        };
        late_enough && early_enough && right_platform
    }
}

/// A version as it is written, which stops the compiler where it is none.
pub(super) const fn read(text: &str, micro: u8) -> Version {
    match Version::read(text, micro) {
        Some(version) => version,
        None => panic!("a row names something that is not a version"),
    }
}

impl fmt::Display for RuleRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.since, self.until) {
            (Some(since), Some(until)) if since.short() == until.short() => write!(f, "only {}", since.short())?,
            (Some(since), Some(until)) => write!(f, "{} to {}", since.short(), until.short())?,
            (Some(since), None) => write!(f, "since {}", since.short())?,
            (None, Some(until)) => write!(f, "until {}", until.short())?,
            (None, None) => f.write_str("every version")?,
        }
        match self.platform {
            Some((capability, true)) => write!(f, " with {capability}"),
            Some((capability, false)) => write!(f, " without {capability}"),
            None => Ok(()),
        }
    }
}
