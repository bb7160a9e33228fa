//! Versions of Python, and which of them the reference answers for.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A Python version, micro included: bug-fix releases change behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// 3
    pub major: u8,
    /// 11
    pub minor: u8,
    /// 7
    pub micro: u8,
}

impl Version {
    /// The only version of Python 2 that the reference answers for: its last release.
    pub const PYTHON2: Version = Version::new(2, 7, 18);
    /// The oldest version of Python 3 that the reference answers for.
    pub const OLDEST: Version = Version::new(3, 6, 0);
    /// The newest version that the reference answers for: the latest release in which its rules were seen.
    pub const NEWEST: Version = Version::new(3, 15, 2);

    /// A version from its parts.
    #[must_use]
    pub const fn new(major: u8, minor: u8, micro: u8) -> Version {
        Version { major, minor, micro }
    }

    /// Reads `3.12` or `3.13.8`; `micro` stands for a micro version that is left out. `None` for any other text.
    #[must_use]
    pub const fn read(text: &str, micro: u8) -> Option<Version> {
        let bytes = text.as_bytes();
        let mut parts = [0u8; 3];
        let (mut count, mut digits, mut at) = (0, 0, 0);
        while at < bytes.len() {
            match bytes[at] {
                b'.' if digits > 0 && count < 2 => (count, digits) = (count + 1, 0),
                digit @ b'0'..=b'9' => {
                    let Some(tens) = parts[count].checked_mul(10) else { return None };
                    let Some(value) = tens.checked_add(digit - b'0') else { return None };
                    (parts[count], digits) = (value, digits + 1);
                }
                _ => return None,
            }
            at += 1;
        }
        match (count, digits) {
            (1, 1..) => Some(Version::new(parts[0], parts[1], micro)),
            (2, 1..) => Some(Version::new(parts[0], parts[1], parts[2])),
            _ => None,
        }
    }

    /// Whether the reference answers for it.
    #[must_use]
    pub fn is_known(self) -> bool {
        let series = |version: Version| (version.major, version.minor);
        series(self) == series(Version::PYTHON2)
            || (series(Version::OLDEST)..=series(Version::NEWEST)).contains(&series(self))
    }

    /// The last release of each version that the reference answers for, in order.
    pub fn known() -> impl Iterator<Item = Version> {
        let series = Version::known_minors().map(|minor| Version::new(Version::NEWEST.major, minor, u8::MAX));
        std::iter::once(Version::PYTHON2).chain(series)
    }

    /// The minor versions of Python 3 that the reference answers for.
    #[must_use]
    pub fn known_minors() -> std::ops::RangeInclusive<u8> {
        Version::OLDEST.minor..=Version::NEWEST.minor
    }

    /// Whether this version is not after another. The operators of [`Ord`] cannot be used in constants.
    pub(crate) const fn is_at_most(self, other: Version) -> bool {
        const fn key(version: Version) -> u32 {
            u32::from_be_bytes([0, version.major, version.minor, version.micro])
        }
        key(self) <= key(other)
    }

    /// The major and minor version, as in `3.12`.
    #[must_use]
    pub fn series(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    /// The version as rows and pages write it: without the micro version where it stands for a whole series, at its start
    /// or (as 255) at its end.
    #[must_use]
    pub fn short(self) -> String {
        match self.micro {
            0 | u8::MAX => self.series(),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_with_or_without_its_micro_version() {
        assert_eq!(Version::read("3.12", 255), Some(Version::new(3, 12, 255)));
        assert_eq!(Version::read("3.13.8", 255), Some(Version::new(3, 13, 8)));
        for text in ["", "3", "3.", ".3", "3..1", "3.x", "3.256", "3.1.1.1", "3.12 ", "+3.1"] {
            assert_eq!(Version::read(text, 0), None, "{text:?}");
        }
    }

    #[test]
    fn the_known_versions_are_the_oldest_to_the_newest_and_one_of_python_2() {
        for version in [Version::PYTHON2, Version::OLDEST, Version::NEWEST, Version::new(3, Version::NEWEST.minor, 255)]
        {
            assert!(version.is_known(), "{version}");
        }
        let after = Version::new(3, Version::NEWEST.minor + 1, 0);
        for version in
            [Version::new(2, 6, 0), Version::new(3, 0, 0), Version::new(3, 5, 9), after, Version::new(4, 0, 0)]
        {
            assert!(!version.is_known(), "{version}");
        }
    }
}
