//! Filters over the ids of clauses and examples.

use crate::notation;

/// Whether the id of a clause or example matches a filter: an id, or a pattern in which `*` matches any text. `READ-3` matches
/// every example of the clause, `READ-3.2` the second one.
#[must_use]
pub fn matches_filter(id: &str, filter: &str) -> bool {
    let clause = id.split('.').next().unwrap_or(id);
    let matches = |id| notation::fits(filter, "*", id);
    matches(id) || matches(clause) || filter.strip_suffix(".1") == Some(id)
}

#[cfg(test)]
mod tests {
    use super::matches_filter;

    #[test]
    fn a_filter_is_an_id_or_a_pattern() {
        assert!(
            matches_filter("READ-1", "READ-1")
                && matches_filter("READ-1.2", "READ-1")
                && matches_filter("READ-1", "READ-*")
        );
        assert!(matches_filter("READ-1.2", "READ-1.2") && matches_filter("READ-1", "READ-1.1"));
        assert!(!matches_filter("READ-1", "READ-1.2") && !matches_filter("READ-1.2", "READ-1.1"));
        assert!(matches_filter("READ-12", "*-12") && matches_filter("READ-12", "*EA*1*"));
        assert!(!matches_filter("READ-12", "READ-1") && !matches_filter("SEEK-1", "READ-*"));
    }
}
