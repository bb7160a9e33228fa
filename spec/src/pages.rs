//! The specification: pages of clauses whose examples run.
//!
//! A page is Markdown. The heading `# Title` opens it, and each heading `## ID · rule` opens a clause. List items of the form
//! `- key: value` directly below a heading are its keys. A clause inherits the keys of its page. A fenced `pycon` block is an
//! example: a whole session.

mod address;
mod book;
mod clause;
mod filter;
mod read;
mod settles;

pub use book::{TEXTS, all, examples, seeds};
pub use clause::{Clause, Example, Level, Page, PageError, Scope};
pub use filter::matches_filter;
pub use read::{read, scope};
pub use settles::Settles;
