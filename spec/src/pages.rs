//! The specification: pages of clauses whose examples run.
//!
//! A page is Markdown. `# Title` opens it, `## ID · rule` opens a clause; list items of the form `- key: value` right below
//! a heading are its keys, and a clause inherits those of its page. A fenced `pycon` block is an example: a whole session.

mod filter;
mod read;
mod settles;

pub use filter::matches_filter;
pub use read::{read, scope};
pub use settles::{Settles, settled};

use crate::notation::Session;
use crate::{Case, Implementation, Platform, Profile, Version};
use std::collections::HashMap;
use std::fmt;

/// The pages this library was built with: path in the repository, and text.
pub const TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// How firmly a clause can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The Python documentation promises it.
    Documented,
    /// CPython does it, stably, without a promise.
    CPython,
    /// Implementations may differ.
    Free,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Documented => "documented",
            Level::CPython => "cpython",
            Level::Free => "free",
        })
    }
}

/// What is wrong with a page, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageError {
    /// The page's path in the repository.
    pub page: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.page, self.line, self.message)
    }
}

impl std::error::Error for PageError {}

/// One page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its path in the repository.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Its clauses, in order.
    pub clauses: Vec<Clause>,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Clause {
    /// Its stable id, such as `READ-3`.
    pub id: String,
    /// The rule in a few words.
    pub rule: String,
    /// The line of its heading.
    pub line: usize,
    /// How firmly it can be relied on.
    pub level: Level,
    /// Where it comes from: a section of the documentation, or versions observed.
    pub source: String,
    /// Where it applies.
    pub scope: Scope,
    /// What of which operations it settles.
    pub settles: Vec<Settles>,
    /// What it says, as Markdown, without its examples.
    pub text: String,
    /// Its examples.
    pub examples: Vec<Example>,
}

impl Clause {
    /// Whether the clause holds for this profile.
    #[must_use]
    pub fn applies_to(&self, profile: Profile) -> bool {
        self.scope.excludes(profile).is_none()
    }
}

/// A session that shows a rule.
#[derive(Clone, Debug)]
pub struct Example {
    /// The clause's id, with a number from the second example on: `READ-3`, `READ-3.2`.
    pub id: String,
    /// The line its session starts at.
    pub line: usize,
    /// The session.
    pub session: Session,
    /// The session's text.
    pub text: String,
}

/// Where a clause applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The first version it applies to.
    pub since: Option<Version>,
    /// The last, as precisely as written: `3.12` takes in all of 3.12.
    pub until: Option<Version>,
    /// The only platform it applies to: unix, linux, windows or macos.
    pub platform: Option<String>,
    /// Only CPython.
    pub cpython: bool,
}

impl Scope {
    /// Whether the clause is one of Python 2: it says that it ends there. One that names no version is one of Python 3.
    fn is_python2(&self) -> bool {
        self.until.is_some_and(|until| until < Version::new(3, 0, 0))
    }

    /// Why a clause does not apply to a profile; `None` where it does.
    #[must_use]
    pub fn excludes(&self, profile: Profile) -> Option<String> {
        let since = self.since.or_else(|| (!self.is_python2()).then_some(Version::new(3, 0, 0)));
        if let Some(since) = since.filter(|since| profile.version() < *since) {
            return Some(format!("since Python {}", since.short()));
        }
        if let Some(until) = self.until.filter(|until| profile.version() > *until) {
            return Some(format!("until Python {}", until.short()));
        }
        if self.cpython && profile.implementation() != Implementation::CPython {
            return Some("CPython only".into());
        }
        match self.platform.as_deref() {
            None => None,
            Some("unix") if profile.platform() != Platform::Windows => None,
            Some(only) if only == profile.platform().name() => None,
            Some(only) => Some(format!("not run: {only} only")),
        }
    }
}

/// Reads every page, and holds ids against each other.
///
/// # Errors
/// At the first thing that is not as a page must be.
pub fn all() -> Result<Vec<Page>, PageError> {
    let pages = TEXTS.iter().map(|(path, text)| read(path, text)).collect::<Result<Vec<_>, _>>()?;
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut settled: HashMap<&Settles, &str> = HashMap::new();
    for page in &pages {
        for clause in &page.clauses {
            let wrong = |message| PageError { page: page.path.clone(), line: clause.line, message };
            if let Some(other) = seen.insert(&clause.id, &page.path) {
                return Err(wrong(format!("the id {} stands in {other} already", clause.id)));
            }
            if let Some(other) = clause.settles.iter().find_map(|settles| settled.insert(settles, &clause.id)) {
                return Err(wrong(format!("{other} settles something that {} settles too", clause.id)));
            }
        }
    }
    drop((seen, settled));
    Ok(pages)
}

/// Every example of these pages, with its clause and page, in order.
pub fn examples(pages: &[Page]) -> impl Iterator<Item = (&Page, &Clause, &Example)> {
    pages.iter().flat_map(|page| {
        page.clauses.iter().flat_map(move |clause| clause.examples.iter().map(move |example| (page, clause, example)))
    })
}

/// The examples as cases, each by its id: where a fuzzer starts from. No copy of them is kept anywhere.
pub fn seeds(pages: &[Page]) -> impl Iterator<Item = (&str, &Case)> {
    examples(pages).map(|(_, _, example)| (example.id.as_str(), &example.session.case))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_takes_in_all_of_its_last_minor_version() {
        let scope = Scope { until: Some(Version::new(3, 12, u8::MAX)), ..Scope::default() };
        assert_eq!(scope.excludes(Profile::cpython(3, 12, 7)), None);
        assert_eq!(scope.excludes(Profile::cpython(3, 13, 0)), Some("until Python 3.12".into()));
    }

    #[test]
    fn a_clause_is_one_of_python_2_only_where_it_says_so() {
        let python2 = Profile::cpython(2, 7, 18);
        let until = |minor| Scope { until: Some(Version::new(2, minor, u8::MAX)), ..Scope::default() };
        assert_eq!(Scope::default().excludes(python2), Some("since Python 3.0".into()));
        assert_eq!(Scope::default().excludes(Profile::cpython(3, 6, 15)), None);
        assert_eq!(until(7).excludes(python2), None);
        assert_eq!(until(7).excludes(Profile::cpython(3, 6, 15)), Some("until Python 2.7".into()));
    }
}
