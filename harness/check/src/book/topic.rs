//! A page of the specification in the book: its text, with an anchor, a level, a scope and an address for each clause.

use mmapcheck_spec::pages::{Clause, Level, Page};

/// The text of a page in the book.
pub(super) fn page(page: &Page, text: &str) -> String {
    let mut out = String::new();
    let mut in_keys = false;
    let mut clauses = page.clauses.iter();
    for line in text.lines() {
        let clause = line.starts_with("## ").then(|| clauses.next()).flatten();
        match clause {
            Some(clause) => out += &heading(clause),
            None if in_keys && line.starts_with("- ") && line.contains(": ") => continue,
            None => out += &format!("{line}\n"),
        }
        // The keys of a page or clause follow its heading.
        in_keys = line.starts_with('#') || (in_keys && line.is_empty());
    }
    out
}

/// The heading of a clause, and what holds of it.
fn heading(clause: &Clause) -> String {
    format!("## {} · {} {{#{}}}\n\n{}\n", clause.id, clause.rule, clause.id, facts(clause))
}

/// The level, the scope and the source of a clause, on one line.
pub(super) fn facts(clause: &Clause) -> String {
    let scope = clause.scope.to_string();
    let scope = if scope.is_empty() { "every version of Python 3".to_owned() } else { scope };
    format!("*{} · {scope} · {}*\n", level(clause.level), source(clause))
}

/// The source of a clause, with the address of its section where it has one.
pub(super) fn source(clause: &Clause) -> String {
    match clause.address() {
        Some(address) => format!("[{}]({address})", clause.source),
        None => clause.source.clone(),
    }
}

/// A level in words.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Documented => "documented",
        Level::CPython => "CPython",
        Level::Free => "free: implementations may differ",
    }
}
