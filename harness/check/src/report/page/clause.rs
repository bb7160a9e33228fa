//! The clauses that a page names.

use mmapcheck_spec::pages::{Clause, all};
use std::collections::BTreeMap;

/// A clause as a page names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseLink<'a> {
    /// The id.
    pub id: &'a str,
    /// The promise.
    pub promise: &'a str,
    /// The source, such as a section of the documentation.
    pub source: &'static str,
    /// The address of the documentation; none if the source is an observation.
    pub address: Option<String>,
}

impl<'a> ClauseLink<'a> {
    /// The clause with this id, which a report names with this promise.
    #[must_use]
    pub fn new(id: &'a str, promise: &'a str) -> ClauseLink<'a> {
        let clauses = clauses();
        let clause = clauses.get(id);
        let source = clause.map_or("", |clause| clause.source.as_str());
        ClauseLink { id, promise, source, address: clause.and_then(|clause| clause.address()) }
    }
}

/// The clauses of the specification by id.
#[must_use]
pub fn clauses() -> BTreeMap<&'static str, &'static Clause> {
    let pages = all().unwrap_or_default();
    pages.iter().flat_map(|page| &page.clauses).map(|clause| (clause.id.as_str(), clause)).collect()
}
