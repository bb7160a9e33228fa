//! A suppression: one known divergence as its list states it.

use crate::pattern::Pattern;
use mmapcheck_spec::pages::Scope;
use mmapcheck_spec::{Case, TargetError};
use std::fmt;

/// One known divergence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id, unique in its list.
    pub id: String,
    /// What the target does otherwise, and why, on one line.
    pub what: String,
    /// Where more is said: a URL or the number of a bug.
    pub link: Option<String>,
    /// Where it stands: `reports/known/pypy.toml:17`.
    pub place: String,
    /// Where it applies.
    pub scope: Scope,
    /// It does not show every time, and is never stale.
    pub intermittent: bool,
    /// Examples of the specification that fail, by the id of the example or of its clause.
    pub clauses: Vec<String>,
    /// What it takes in, and the case that shows it; none where the clauses say all.
    pub shown: Option<(Pattern, Case)>,
}

/// Why a list cannot be used: file, line, and what is wrong there.
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
