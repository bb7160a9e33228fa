//! All pages of the specification that this library was built with.

use super::clause::{Clause, Example, Page, PageError};
use super::read::read;
use super::settles::Settles;
use crate::Case;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The pages that this library was built with: the path in the repository, and the text.
pub const TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Every page, read once in a process. The ids and `settles` entries are unique among them.
///
/// # Errors
/// The first error in a page, or the first id or `settles` entry that occurs twice.
pub fn all() -> Result<&'static [Page], PageError> {
    static PAGES: OnceLock<Result<Vec<Page>, PageError>> = OnceLock::new();
    PAGES.get_or_init(read_all).as_deref().map_err(Clone::clone)
}

fn read_all() -> Result<Vec<Page>, PageError> {
    let pages = TEXTS.iter().map(|(path, text)| read(path, text)).collect::<Result<Vec<_>, _>>()?;
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut settled: HashMap<&Settles, &str> = HashMap::new();
    for page in &pages {
        for clause in &page.clauses {
            let wrong = |message| PageError { page: page.path.clone(), line: clause.line, message };
            if let Some(other) = seen.insert(&clause.id, &page.path) {
                return Err(wrong(format!("the id {} is already used in {other}", clause.id)));
            }
            if let Some(other) = clause.settles.iter().find_map(|settles| settled.insert(settles, &clause.id)) {
                return Err(wrong(format!("an entry of 'settles' of {} also belongs to {other}", clause.id)));
            }
        }
    }
    drop((seen, settled));
    Ok(pages)
}

/// Every example of the pages with its page and clause, in order.
pub fn examples(pages: &[Page]) -> impl Iterator<Item = (&Page, &Clause, &Example)> {
    pages.iter().flat_map(|page| {
        page.clauses.iter().flat_map(move |clause| clause.examples.iter().map(move |example| (page, clause, example)))
    })
}

/// The cases of the examples, each with the id of its example: the seeds of a fuzzer.
pub fn seeds(pages: &[Page]) -> impl Iterator<Item = (&str, &Case)> {
    examples(pages).map(|(_, _, example)| (example.id.as_str(), &example.session.case))
}
