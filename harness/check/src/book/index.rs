//! The indexes of the book, and its first page.

use super::place::{cell, form, is_versioned, link, methods as all_methods, of_method, of_page, subject, title};
use super::topic::source;
use mmapcheck_spec::pages::{Clause, Level, Page};
use mmapcheck_spec::{ObjectKind, Op};

/// Every clause with its page.
fn every(pages: &[Page]) -> impl Iterator<Item = (&Page, &Clause)> {
    pages.iter().flat_map(|page| page.clauses.iter().map(move |clause| (page, clause)))
}

/// The index by topic.
pub(super) fn topics(pages: &[Page]) -> String {
    let mut text = "# By topic\n\n".to_owned();
    for (versioned, heading) in [(false, ""), (true, "## Of some versions or platforms\n\n")] {
        text += heading;
        for page in pages.iter().filter(|page| is_versioned(page) == versioned) {
            text += &format!("### [{}]({})\n\n", page.title, of_page(page));
            for clause in &page.clauses {
                text += &format!("- {} {}\n", link(page, clause, ""), clause.rule);
            }
            text.push('\n');
        }
    }
    text
}

/// The index by method: each clause stands under the operation that it is about.
pub(super) fn methods(pages: &[Page]) -> String {
    let mut text = "# By method\n\nEach clause stands under the operation that it is about.\n\n".to_owned();
    for op in all_methods(pages) {
        text += &format!("### [{}]({})\n\n", title(op), of_method(op));
        for (page, clause) in every(pages).filter(|(_, clause)| subject(clause) == op) {
            text += &line(page, clause, "");
        }
        text.push('\n');
    }
    text
}

/// A clause in a list, with its limits. `up`: the way from the file of the list to the folder of the book.
pub(super) fn line(page: &Page, clause: &Clause, up: &str) -> String {
    format!("- {} {}{}\n", link(page, clause, up), clause.rule, bounds(clause))
}

/// The limits of a clause in brackets; empty without any.
fn bounds(clause: &Clause) -> String {
    let scope = clause.scope.to_string();
    if scope.is_empty() { scope } else { format!(" ({scope})") }
}

/// The index by clause.
pub(super) fn clauses(pages: &[Page]) -> String {
    let mut text =
        "# By clause\n\n| clause | promise | level | where | source |\n| --- | --- | --- | --- | --- |\n".to_owned();
    let mut rows: Vec<_> = every(pages).collect();
    let key =
        |id: &str| id.rsplit_once('-').map(|(stem, number)| (stem.to_owned(), number.parse::<u32>().unwrap_or(0)));
    rows.sort_by_key(|(_, clause)| key(&clause.id));
    for (page, clause) in rows {
        let cells = [cell(&clause.rule), clause.level.to_string(), clause.scope.to_string(), cell(&source(clause))];
        text += &format!("| {} | {} |\n", link(page, clause, ""), cells.join(" | "));
    }
    text
}

/// The promises of mmap on one screen: for each operation the first one about its value.
pub(super) fn promises(pages: &[Page]) -> String {
    let mut text = "# What mmap promises on one screen\n\n\
        A map is a mutable sequence of bytes over a file, and a file object over the same bytes.\n\
        Every promise below is a clause with an example that runs; \
        a closed map raises `ValueError` wherever it is used.\n\n\
        | call | promise | clause |\n| --- | --- | --- |\n"
        .to_owned();
    for op in all_methods(pages).into_iter().filter(|op| is_on_screen(*op)) {
        let Some((page, clause)) = first(pages, op) else { continue };
        let call = if op.row().is_call() { title(op) } else { format!("`{}`", form(op)) };
        text += &format!(
            "| [{}]({}) | {} | {} |\n",
            cell(&call),
            of_method(op),
            cell(&clause.rule),
            link(page, clause, "")
        );
    }
    text
}

/// Whether the one screen has an operation: the constructor, every method, and the forms of a sequence.
fn is_on_screen(op: Op) -> bool {
    let of_sequence =
        [Op::Closed, Op::Len, Op::GetItem, Op::GetSlice, Op::SetItem, Op::SetSlice, Op::Contains, Op::List, Op::View];
    op == Op::New || (op.row().on == ObjectKind::Map && op.row().is_call()) || of_sequence.contains(&op)
}

/// The first promise about an operation: a firm one about its value in every version, if there is one.
fn first(pages: &[Page], op: Op) -> Option<(&Page, &Clause)> {
    let about = |clause: &Clause, kind: &str| clause.settles.iter().any(|one| one.op == Some(op) && one.kind == kind);
    let rank = |(page, clause): &(&Page, &Clause)| {
        let is_past = clause.scope.until.is_some();
        let refuses = clause.rule.contains(" raise");
        (is_past, refuses, !about(clause, "value"), clause.level != Level::Documented, is_versioned(page))
    };
    every(pages).filter(|(_, clause)| subject(clause) == op).min_by_key(rank)
}
