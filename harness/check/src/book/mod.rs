//! The specification as a book for mdbook: the pages, and indexes by topic, by method and by clause.

mod index;
mod method;
mod order;
mod place;
mod topic;

pub use order::cases;

use mmapcheck_spec::TargetError;
use mmapcheck_spec::pages::{Page, PageError, TEXTS, all};
use std::collections::BTreeMap;

/// The settings of mdbook.
const SETTINGS: &str = "[book]
title = \"What Python's mmap promises\"
description = \"The specification of mmap, clause by clause, with examples that run\"
language = \"en\"

[output.html]
no-section-label = true
additional-css = [\"book.css\"]

[output.html.search]
limit-results = 30

# An index would be found for every word.
[output.html.search.chapter]
\"topics.md\" = { enable = false }
\"methods.md\" = { enable = false }
\"clauses.md\" = { enable = false }
";

/// Wide tables, whose rows are low: the first page fits a screen.
const STYLE: &str = ":root { --content-max-width: 1000px; }
table td { padding: 1px 12px; }
table td a { white-space: nowrap; }
";

/// The files of the book, by their path in its folder.
///
/// # Errors
/// The first error in a page, or the error of the oracle that answers the order of checks.
pub fn book() -> Result<BTreeMap<String, String>, TargetError> {
    let pages = all().map_err(|error: PageError| TargetError(error.to_string()))?;
    let mut files = BTreeMap::from(
        [("book.toml", SETTINGS), ("book.css", STYLE)].map(|(path, text)| (path.to_owned(), text.to_owned())),
    );
    let mut add = |path: &str, text: String| files.insert(format!("src/{path}"), text);
    for (page, (_, text)) in pages.iter().zip(TEXTS) {
        add(&place::of_page(page), topic::page(page, text));
    }
    for op in place::methods(pages) {
        add(&place::of_method(op), method::page(op, pages)?);
    }
    add("promises.md", index::promises(pages));
    add("topics.md", index::topics(pages));
    add("methods.md", index::methods(pages));
    add("clauses.md", index::clauses(pages));
    add("SUMMARY.md", summary(pages));
    Ok(files)
}

/// The table of contents.
fn summary(pages: &[Page]) -> String {
    let mut text = "# Summary\n\n[What mmap promises on one screen](promises.md)\n\n".to_owned();
    text += "- [By topic](topics.md)\n";
    for page in pages.iter().filter(|page| !place::is_versioned(page)) {
        text += &format!("  - [{}]({})\n", page.title, place::of_page(page));
    }
    // A title without a page: mdbook makes an empty page of a link to a heading.
    text += "- [By version and platform]()\n";
    for page in pages.iter().filter(|page| place::is_versioned(page)) {
        text += &format!("  - [{}]({})\n", page.title, place::of_page(page));
    }
    text += "- [By method](methods.md)\n";
    for op in place::methods(pages) {
        text += &format!("  - [{}]({})\n", place::title(op), place::of_method(op));
    }
    text + "- [By clause](clauses.md)\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::pages::Clause;
    use mmapcheck_spec::{ObjectKind, Op};
    use std::collections::BTreeSet;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    fn clauses() -> Result<Vec<&'static Clause>> {
        Ok(all()?.iter().flat_map(|page| &page.clauses).collect())
    }

    /// The targets of the links in a text.
    fn links(text: &str) -> impl Iterator<Item = &str> {
        text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
    }

    /// The anchors of a file: explicit ones, and those that mdbook makes of a heading.
    fn anchors(text: &str) -> BTreeSet<String> {
        let headings = text.lines().filter(|line| line.starts_with('#'));
        headings
            .map(|line| match line.split_once("{#") {
                Some((_, id)) => id.trim_end_matches('}').to_owned(),
                None => line.trim_start_matches(['#', ' ']).to_lowercase().replace(' ', "-"),
            })
            .collect()
    }

    #[test]
    fn every_clause_is_whole_in_one_topic_and_once_in_each_index() -> Result {
        let files = book()?;
        let topics: String =
            files.iter().filter(|(path, _)| path.starts_with("src/pages/")).map(|(_, text)| text.as_str()).collect();
        for clause in clauses()? {
            let (id, anchor) = (&clause.id, format!("#{})", clause.id));
            assert_eq!(topics.matches(&format!("{{#{id}}}")).count(), 1, "{id}: a heading of a topic");
            for index in ["topics.md", "methods.md", "clauses.md"] {
                assert_eq!(files[&format!("src/{index}")].matches(&anchor).count(), 1, "{id} in {index}");
            }
        }
        Ok(())
    }

    #[test]
    fn every_link_within_the_book_leads_to_a_page_and_a_heading_of_it() -> Result {
        let files = book()?;
        let mut seen = 0;
        for (path, text) in &files {
            for link in links(text).filter(|link| !link.starts_with("https://")) {
                let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let mut parts: Vec<&str> =
                    if file.is_empty() { path.split('/').collect() } else { folder.split('/').collect() };
                let up = file.split('/').filter(|part| *part == "..").count();
                parts.truncate(parts.len() - up);
                parts.extend(file.split('/').filter(|part| !["", ".."].contains(part)));
                let target = files.get(&parts.join("/")).ok_or(format!("{path} links to {link}"))?;
                assert!(anchor.is_empty() || anchors(target).contains(anchor), "{path} links to {link}");
                seen += 1;
            }
        }
        assert!(seen > 3 * clauses()?.len(), "{seen} links");
        Ok(())
    }

    #[test]
    fn every_file_is_in_the_table_of_contents_once() -> Result {
        let files = book()?;
        let summary: Vec<_> = links(&files["src/SUMMARY.md"]).filter(|link| !link.is_empty()).collect();
        let listed: BTreeSet<_> = summary.iter().map(|path| format!("src/{path}")).collect();
        let chapters: BTreeSet<_> =
            files.keys().filter(|path| path.ends_with(".md") && !path.ends_with("SUMMARY.md")).cloned().collect();
        assert_eq!((listed, summary.len()), (chapters.clone(), chapters.len()));
        Ok(())
    }

    #[test]
    fn a_documented_clause_has_its_address_and_every_clause_its_level_and_scope() -> Result {
        let files = book()?;
        let index = &files["src/clauses.md"];
        for clause in clauses()? {
            let row = index.lines().find(|line| line.contains(&format!("#{})", clause.id))).ok_or("no row")?;
            assert!(row.contains(&clause.level.to_string()), "{row}");
            assert!(row.contains(&clause.scope.to_string()), "{row}");
            assert!(clause.address().is_none_or(|address| row.contains(&address)), "{row}");
        }
        Ok(())
    }

    #[test]
    fn the_one_screen_has_a_promise_for_every_method() -> Result {
        let files = book()?;
        let screen = &files["src/promises.md"];
        let is_method = |op: &Op| *op == Op::New || (op.row().on == ObjectKind::Map && op.row().is_call());
        for op in place::methods(all()?).into_iter().filter(is_method) {
            let row = screen.lines().find(|line| line.contains(&format!("]({})", place::of_method(op))));
            assert!(row.is_some_and(|row| row.contains("pages/")), "{op}: {row:?}");
        }
        assert!(screen.lines().count() < 60, "{} lines are more than a screen", screen.lines().count());
        Ok(())
    }
}
