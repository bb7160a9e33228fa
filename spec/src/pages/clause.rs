//! Pages, clauses and examples, and the scope of a clause.

use super::settles::Settles;
use crate::notation::Session;
use crate::{Implementation, Platform, Profile, Version};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The level of a clause: how firmly a program can rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The Python documentation promises the behaviour.
    Documented,
    /// CPython shows the behaviour in every release, without a promise.
    CPython,
    /// Implementations may differ.
    Free,
}

impl FromStr for Level {
    type Err = String;

    /// Reads the name of a level.
    fn from_str(text: &str) -> Result<Level, String> {
        let all = [Level::Documented, Level::CPython, Level::Free];
        let found = all.into_iter().find(|level| level.to_string() == text);
        found.ok_or_else(|| format!("unknown level '{text}': expected documented, cpython or free"))
    }
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

/// An error in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageError {
    /// The path of the page in the repository.
    pub page: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The error, as one line.
    pub message: String,
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.page, self.line, self.message)
    }
}

impl std::error::Error for PageError {}

/// One page of the specification.
#[derive(Clone, Debug)]
pub struct Page {
    /// The path in the repository.
    pub path: String,
    /// The title.
    pub title: String,
    /// The clauses, in order.
    pub clauses: Vec<Clause>,
}

/// One clause: a promise, its source, and examples that show it.
#[derive(Clone, Debug)]
pub struct Clause {
    /// The stable id, such as `READ-3`.
    pub id: String,
    /// The title: the promise as one sentence.
    pub rule: String,
    /// The line of the heading, counted from 1.
    pub line: usize,
    /// The level.
    pub level: Level,
    /// The source: a section of the documentation, or the versions that were observed.
    pub source: String,
    /// The versions, platforms and implementations that the clause applies to.
    pub scope: Scope,
    /// The kinds of divergence that break this clause.
    pub settles: Vec<Settles>,
    /// The Markdown text without the examples.
    pub text: String,
    /// The examples, in order.
    pub examples: Vec<Example>,
}

impl Clause {
    /// Whether the clause applies to a profile.
    #[must_use]
    pub fn applies_to(&self, profile: Profile) -> bool {
        self.scope.excludes(profile).is_none()
    }
}

/// An example: a session that shows a clause.
#[derive(Clone, Debug)]
pub struct Example {
    /// The id of the clause, with a number from the second example on: `READ-3`, `READ-3.2`.
    pub id: String,
    /// The line of the page where the session starts, counted from 1.
    pub line: usize,
    /// The session.
    pub session: Session,
    /// The text of the session.
    pub text: String,
}

/// The versions, platforms and implementations that a clause applies to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The first version.
    pub since: Option<Version>,
    /// The last version; `3.12` in a page includes every release of 3.12.
    pub until: Option<Version>,
    /// The only platform: unix, linux, windows or macos.
    pub platform: Option<String>,
    /// Whether the clause applies to CPython only.
    pub cpython: bool,
}

impl Scope {
    /// Whether the scope ends before Python 3. A scope without versions is one of Python 3.
    fn is_python2(&self) -> bool {
        self.until.is_some_and(|until| until < Version::new(3, 0, 0))
    }

    /// The reason why the scope excludes a profile; `None` if it includes it.
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

/// The limits of the scope, such as `since Python 3.13, windows`; empty without any.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.map(|since| format!("since Python {}", since.short()));
        let until = self.until.map(|until| format!("until Python {}", until.short()));
        let cpython = self.cpython.then(|| "CPython".to_owned());
        let limits: Vec<_> = [since, until, self.platform.clone(), cpython].into_iter().flatten().collect();
        f.write_str(&limits.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_includes_every_release_of_its_last_minor_version() {
        let scope = Scope { until: Some(Version::new(3, 12, u8::MAX)), ..Scope::default() };
        assert_eq!(scope.excludes(Profile::cpython(3, 12, 7)), None);
        assert_eq!(scope.excludes(Profile::cpython(3, 13, 0)), Some("until Python 3.12".into()));
    }

    #[test]
    fn a_scope_includes_python_2_only_if_it_ends_there() {
        let python2 = Profile::cpython(2, 7, 18);
        let until = |minor| Scope { until: Some(Version::new(2, minor, u8::MAX)), ..Scope::default() };
        assert_eq!(Scope::default().excludes(python2), Some("since Python 3.0".into()));
        assert_eq!(Scope::default().excludes(Profile::cpython(3, 6, 15)), None);
        assert_eq!(until(7).excludes(python2), None);
        assert_eq!(until(7).excludes(Profile::cpython(3, 6, 15)), Some("until Python 2.7".into()));
    }
}
