//! Profiles: which rules hold for an implementation, version and platform.
//!
//! Every rule of the table ([`crate::Rule`]) is a method here; a text that several rules decide is looked up by them.

use crate::constants::Constant;
use crate::platform::{Platform, PlatformFacts};
use crate::rule::{Rule, table};
use crate::version::Version;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The implementation of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Implementation {
    /// The reference implementation of Python.
    CPython,
    /// Any other.
    Other,
}

/// Which Python a session is in: how answers are shown, and whether the bytes of a map are strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Python 2: `bytes` is `str`, and a byte of a map is a string of length one.
    Python2,
    /// Python 3: a byte of a map is a number.
    Python3,
}

/// Which rules hold: those of an implementation, version and platform, looked up in the table once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Profile {
    implementation: Implementation,
    version: Version,
    platform: Platform,
    /// A bit for each rule that holds.
    rules: u128,
}

/// Why a text is not the name of a profile, as one line for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError(String);

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProfileError {}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let implementation = match self.implementation {
            Implementation::CPython => "cpython",
            Implementation::Other => "other",
        };
        write!(f, "{implementation}-{}-{}", self.version, self.platform.name())
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    /// Reads `cpython-3.11-linux` or `cpython-3.11.7-windows`. Without a micro version the first release is meant, without
    /// a platform Linux.
    fn from_str(text: &str) -> Result<Profile, ProfileError> {
        let wrong =
            || ProfileError(format!("'{text}' is not a profile: write cpython-3.11-linux or cpython-3.11.7-linux"));
        let parts: Vec<_> = text.split('-').collect();
        let (implementation, version, platform) = match *parts.as_slice() {
            [implementation, version] => (implementation, version, Platform::Linux.name()),
            [implementation, version, platform] => (implementation, version, platform),
            _ => return Err(wrong()),
        };
        let platform = Platform::ALL.into_iter().find(|known| known.name() == platform).ok_or_else(wrong)?;
        let implementation = match implementation {
            "cpython" => Implementation::CPython,
            "other" => Implementation::Other,
            _ => return Err(wrong()),
        };
        let version = Version::read(version, 0).ok_or_else(wrong)?;
        if !version.is_known() {
            return Err(ProfileError(format!("profile {text}: {}", Profile::known())));
        }
        Ok(Profile::new(implementation, version, platform))
    }
}

impl Profile {
    /// The profile of an implementation, version and platform.
    #[must_use]
    pub const fn new(implementation: Implementation, version: Version, platform: Platform) -> Profile {
        let mut rules = 0;
        let mut place = 0;
        while place < Rule::ALL.len() {
            let holds = Rule::ALL[place].row().holds(version, platform);
            rules |= (holds as u128) << place;
            place += 1;
        }
        Profile { implementation, version, platform, rules }
    }

    /// CPython of this version on Linux.
    #[must_use]
    pub const fn cpython(major: u8, minor: u8, micro: u8) -> Profile {
        Profile::new(Implementation::CPython, Version::new(major, minor, micro), Platform::Linux)
    }

    /// CPython of the newest known version on Linux: the profile with the most operations.
    pub const NEWEST: Profile = Profile::new(Implementation::CPython, Version::NEWEST, Platform::Linux);

    /// The versions the reference answers for, in words.
    #[must_use]
    pub fn known() -> String {
        let [python2, oldest, newest] =
            [Version::PYTHON2, Version::OLDEST, Version::NEWEST].map(|version| version.series());
        format!("the reference knows Python {python2} and {oldest} to {newest}")
    }

    /// The implementation of Python.
    #[must_use]
    pub const fn implementation(self) -> Implementation {
        self.implementation
    }

    /// The version of Python that it implements.
    #[must_use]
    pub const fn version(self) -> Version {
        self.version
    }

    /// The platform it runs on.
    #[must_use]
    pub const fn platform(self) -> Platform {
        self.platform
    }

    /// The facts of its platform.
    #[must_use]
    pub const fn facts(self) -> &'static PlatformFacts {
        self.platform.facts()
    }

    /// Whether a rule holds.
    #[must_use]
    pub const fn has(self, rule: Rule) -> bool {
        self.rules & (1 << rule as u128) != 0
    }

    /// The same profile with one rule switched on or off.
    #[must_use]
    pub const fn with(self, rule: Rule, holds: bool) -> Profile {
        let bit = 1 << rule as u128;
        Profile { rules: if holds { self.rules | bit } else { self.rules & !bit }, ..self }
    }

    /// The form in which outcomes are shown, and the type of bytes.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        if self.bytes_are_strings() { Dialect::Python2 } else { Dialect::Python3 }
    }

    /// The text with which `re` refuses to search an object without a buffer, whose type has this name.
    #[must_use]
    pub fn re_refusal_text(self, name: &str) -> String {
        match self.dialect() {
            Dialect::Python2 => "expected string or buffer".to_owned(),
            Dialect::Python3 if self.re_refusal_names_type() => {
                format!("expected string or bytes-like object, got '{name}'")
            }
            Dialect::Python3 => "expected string or bytes-like object".to_owned(),
        }
    }

    /// The text with which `struct` refuses a number outside 0..=65535 for the format `<H`.
    #[must_use]
    pub fn struct_range_text(self) -> &'static str {
        match self.dialect() {
            _ if self.struct_range_names_format() => "'H' format requires 0 <= number <= 65535",
            _ if self.struct_range_is_a_number() => "ushort format requires 0 <= number <= 65535",
            Dialect::Python3 => "ushort format requires 0 <= number <= (0x7fff * 2 + 1)",
            Dialect::Python2 => "ushort format requires 0 <= number <= USHRT_MAX",
        }
    }

    /// The text with which `struct` refuses a number that does not fit a C `long`.
    #[must_use]
    pub fn struct_overflow_text(self) -> &'static str {
        match self.dialect() {
            _ if self.struct_overflow_is_out_of_range() => self.struct_range_text(),
            Dialect::Python3 => "argument out of range",
            Dialect::Python2 => "integer out of range for 'H' format code",
        }
    }

    /// Whether the module has the constant.
    #[must_use]
    pub fn has_constant(self, constant: Constant) -> bool {
        constant.since() <= self.version && self.facts().value(constant).is_some()
    }
}

macro_rules! questions {
    ($($rule:ident $name:ident: $ranges:expr, $source:literal, $sentence:literal;)*) => {
        /// Each rule of the table, as a question.
        impl Profile {$(
            #[doc = $sentence]
            #[must_use]
            pub const fn $name(self) -> bool {
                self.has(Rule::$rule)
            }
        )*}
    };
}
table!(questions);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_reads_back_as_printed() {
        let profile = Profile::cpython(3, 11, 7);
        assert_eq!(profile.to_string(), "cpython-3.11.7-linux");
        assert_eq!("cpython-3.11.7-linux".parse(), Ok(profile));
        assert_eq!("cpython-3.11-linux".parse(), Ok(Profile::cpython(3, 11, 0)));
        assert_eq!("cpython-3.11".parse(), Ok(Profile::cpython(3, 11, 0)));
    }

    #[test]
    fn a_rule_is_switched_alone() {
        let profile = Profile::cpython(3, 12, 1);
        for rule in Rule::ALL {
            let switched = profile.with(rule, !profile.has(rule));
            let changed: Vec<_> = Rule::ALL.into_iter().filter(|one| switched.has(*one) != profile.has(*one)).collect();
            assert_eq!(changed, [rule]);
            assert_eq!(switched.with(rule, profile.has(rule)), profile);
        }
    }

    #[test]
    fn a_rule_of_two_ranges_holds_in_both() {
        let holds = |minor, micro| Profile::cpython(3, minor, micro).assignment_converts_first();
        assert!(holds(13, 18) && holds(14, 3) && holds(15, 0));
        assert!(!holds(13, 17) && !holds(14, 0) && !holds(14, 2) && !holds(12, 255));
        let windows = Profile::new(Implementation::CPython, Version::new(3, 11, 9), Platform::Windows);
        assert!(windows.size_needs_no_descriptor() && !Profile::cpython(3, 11, 9).size_needs_no_descriptor());
    }

    #[test]
    fn a_text_that_is_not_a_profile_is_refused() {
        for text in [
            "",
            "cpython",
            "cpython-3-linux",
            "cpython-3.11-plan9",
            "cpython-3.5-linux",
            "cpython-3.x-linux",
            "jython-3.11-linux",
        ] {
            assert!(text.parse::<Profile>().is_err(), "{text}");
        }
    }
}
