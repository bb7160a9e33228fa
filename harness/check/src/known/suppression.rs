//! A suppression: one known divergence, as its list states it.

use crate::pattern::Pattern;
use crate::variation::Variation;
use mmapcheck_spec::pages::{Scope, matches_filter};
use mmapcheck_spec::{Case, TargetError};
use std::fmt;

/// One known divergence.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppression {
    /// The id, unique in its list.
    pub id: String,
    /// The divergence and its cause, on one line.
    pub what: String,
    /// Where more is said: a URL or the number of a bug.
    pub link: Option<String>,
    /// File and line: `reports/known/pypy.toml:17`.
    pub place: String,
    /// The versions and platforms it applies to.
    pub scope: Scope,
    /// Whether the divergence shows only sometimes. Such a suppression is never stale.
    pub intermittent: bool,
    /// The examples of the specification that fail, each by its own id or by its clause's.
    pub clauses: Vec<String>,
    /// The matcher of the divergences, and a case that shows one; none where `clauses` say it all.
    pub reproducer: Option<(Matching, Case)>,
}

/// The way in which a suppression matches divergences.
#[derive(Clone, Debug, PartialEq)]
pub enum Matching {
    /// The divergences of a pattern.
    Pattern(Pattern),
    /// By the answers of the reference with these variations.
    Variations(Vec<Variation>),
}

impl Suppression {
    /// Whether the suppression names the example of this id.
    pub(super) fn names(&self, example: &str) -> bool {
        self.clauses.iter().any(|clause| matches_filter(example, clause))
    }
}

/// Why a list cannot be used: its file, the line, and the error there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownListError(pub(super) String);

impl From<KnownListError> for TargetError {
    fn from(error: KnownListError) -> TargetError {
        TargetError(error.to_string())
    }
}

impl fmt::Display for KnownListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KnownListError {}
