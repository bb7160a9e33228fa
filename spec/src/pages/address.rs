//! The address of the section of the documentation that is the source of a clause.

use super::clause::Clause;

/// The manual that the address of a page follows: the newest of Python 3.
const NEWEST: &str = "3";

impl Clause {
    /// The address of the section of Python's documentation that is the clause's source; none if its source is an observation.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        address(&self.source)
    }
}

/// The address of a source such as ``Python 3 documentation, mmap, `find` ``.
fn address(source: &str) -> Option<String> {
    let (version, section) = source.strip_prefix("Python ")?.split_once(" documentation, mmap")?;
    let version = if version.contains('.') { version } else { NEWEST };
    let place = place(section).map_or(String::new(), |place| format!("#{place}"));
    Some(format!("https://docs.python.org/{version}/library/mmap.html{place}"))
}

/// The anchor of a section; none for the whole page. The page describes the `ACCESS_*` and `PROT_*` constants in its introduction.
fn place(section: &str) -> Option<String> {
    let name = section.split('`').nth(1);
    match name {
        Some("mmap" | "offset") => Some("mmap.mmap".into()),
        Some("MAP_*") => Some("map-constants".into()),
        Some("MADV_*") => Some("madvise-constants".into()),
        Some(constant) if constant.starts_with("MAP_") => Some(format!("mmap.{constant}")),
        Some(method) if !method.starts_with(char::is_uppercase) => Some(format!("mmap.mmap.{method}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::{Level, PageError, all};

    #[test]
    fn a_source_of_the_documentation_has_the_address_of_its_section() {
        let page = "https://docs.python.org/3/library/mmap.html";
        let sources = [
            ("Python 3 documentation, mmap, introduction", Some(page.to_owned())),
            ("Python 3 documentation, mmap, `ACCESS_COPY`", Some(page.to_owned())),
            ("Python 3 documentation, mmap, changed in version 3.8", Some(page.to_owned())),
            ("Python 3 documentation, mmap, `find`", Some(format!("{page}#mmap.mmap.find"))),
            ("Python 3 documentation, mmap, class `mmap` (Windows version)", Some(format!("{page}#mmap.mmap"))),
            ("Python 3 documentation, mmap, `MAP_SHARED`, `MAP_PRIVATE`", Some(format!("{page}#mmap.MAP_SHARED"))),
            ("Python 3 documentation, mmap, `MADV_*` constants", Some(format!("{page}#madvise-constants"))),
            (
                "Python 3.15 documentation, mmap, `set_name`",
                Some("https://docs.python.org/3.15/library/mmap.html#mmap.mmap.set_name".to_owned()),
            ),
            ("Python 2.7 documentation, mmap", Some("https://docs.python.org/2.7/library/mmap.html".to_owned())),
            ("observed on CPython 3.9 to 3.13", None),
        ];
        for (source, expected) in sources {
            assert_eq!(address(source), expected, "{source}");
        }
    }

    #[test]
    fn every_documented_clause_has_an_address() -> Result<(), PageError> {
        for clause in all()?.iter().flat_map(|page| &page.clauses) {
            assert!(
                clause.level != Level::Documented || clause.address().is_some(),
                "{}: {}",
                clause.id,
                clause.source
            );
        }
        Ok(())
    }
}
