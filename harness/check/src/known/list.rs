//! Lists of known divergences: those built in, and those read from files.

use super::read::read;
use super::suppression::{KnownListError, Matching, Suppression};
use crate::pattern::Patterns;
use crate::variation::Variation;
use mmapcheck_spec::{Implementation, Platform, Profile, TargetInfo};

/// The built-in lists: path in the repository, and text.
pub const TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/known.rs"));

/// The known divergences of one target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownList {
    /// Its suppressions, whether they apply to a profile or not.
    pub suppressions: Vec<Suppression>,
}

impl KnownList {
    /// Reads a list in TOML. Errors call it `file`.
    ///
    /// # Errors
    /// Where the text is not TOML or an entry is not valid, with the line of the first error.
    pub fn read(file: &str, text: &str) -> Result<KnownList, KnownListError> {
        Ok(KnownList { suppressions: read(file, text)? })
    }

    /// The built-in list for a target; an empty list where there is none.
    ///
    /// # Errors
    /// Where the list is not valid.
    pub fn built_in(info: &TargetInfo, module: &str) -> Result<KnownList, KnownListError> {
        let path = format!("reports/known/{}.toml", target_name(info, module));
        let found = TEXTS.iter().find(|(name, _)| *name == path);
        found.map_or(Ok(KnownList::default()), |(path, text)| KnownList::read(path, text))
    }

    /// The patterns of the suppressions that apply to this profile.
    #[must_use]
    pub fn patterns(&self, profile: Profile) -> Patterns {
        let matching = self.applying(profile).filter_map(|one| one.reproducer.as_ref());
        let patterns = matching.filter_map(|(matching, _)| match matching {
            Matching::Pattern(pattern) => Some(pattern.clone()),
            Matching::Variations(_) => None,
        });
        Patterns(patterns.collect())
    }

    /// The variations of the suppressions that apply to this profile, each with the id of its suppression.
    #[must_use]
    pub fn variations(&self, profile: Profile) -> Vec<(String, Variation)> {
        let of = |one: &Suppression| match &one.reproducer {
            Some((Matching::Variations(all), _)) => all.iter().map(|each| (one.id.clone(), each.clone())).collect(),
            _ => Vec::new(),
        };
        self.applying(profile).flat_map(of).collect()
    }

    /// The suppressions that apply to this profile.
    pub fn applying(&self, profile: Profile) -> impl Iterator<Item = &Suppression> {
        self.suppressions.iter().filter(move |one| one.scope.excludes(profile).is_none())
    }
}

/// The name of the list for a target: the module if it is not `mmap`, else the implementation, but for CPython on another
/// platform than Linux the platform.
fn target_name(info: &TargetInfo, module: &str) -> String {
    if module != "mmap" {
        return module.to_owned();
    }
    match (info.profile.implementation(), info.profile.platform()) {
        (Implementation::CPython, Platform::Linux) => "cpython".into(),
        (Implementation::CPython, platform) => platform.name().into(),
        (Implementation::Other, _) => info.name.split_whitespace().next().unwrap_or_default().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(profile: &str, name: &str) -> Result<TargetInfo, Box<dyn std::error::Error>> {
        Ok(TargetInfo::of_profile(profile.parse()?, name))
    }

    #[test]
    fn a_list_is_named_after_its_target() -> Result<(), Box<dyn std::error::Error>> {
        let cpython = info("cpython-3.11.7-linux", "CPython 3.11.7, module mmap")?;
        assert_eq!(target_name(&cpython, "mmap"), "cpython");
        assert_eq!(target_name(&cpython, "fmmap"), "fmmap");
        assert_eq!(target_name(&info("cpython-3.11.0-windows", "CPython 3.11.0, module mmap")?, "mmap"), "windows");
        assert_eq!(target_name(&info("other-3.9.16-linux", "PyPy 7.3.11, module mmap")?, "mmap"), "pypy");
        Ok(())
    }

    #[test]
    fn the_lists_built_in_are_those_of_the_repository_and_can_be_read() -> Result<(), Box<dyn std::error::Error>> {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/known");
        let mut there = Vec::new();
        for file in std::fs::read_dir(&dir)? {
            let path = file?.path();
            if path.extension().is_some_and(|ext| ext == "toml") {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                there.push((format!("reports/known/{name}"), std::fs::read_to_string(&path)?));
            }
        }
        there.sort();
        let built_in: Vec<_> = TEXTS.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        assert!(!there.is_empty());
        assert_eq!(built_in, there);
        for (path, text) in TEXTS {
            KnownList::read(path, text)?;
        }
        Ok(())
    }
}
