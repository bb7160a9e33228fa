//! The one notation: a case is a Python session.
//!
//! [`print`] writes a case as a session that runs as it stands in an empty folder; [`parse`] reads one back.
//! It is a closed subset of Python in doctest form: the statements of the table of operations, and no others.

mod answer;
mod context;
mod form;
mod frame;
mod literal;
mod print;
mod read;
mod statement;
mod syntax;

pub use answer::{bytes_literal, fits, matches, render, render_discarded, render_value};
pub use frame::{CALLBACK, CLASSES, Class, LEAVE, NotationError};
pub use print::{arg_text, child_line, line_text, print, print_answered, print_steps, step_text};
pub use read::{Session, parse};
pub use statement::Statement;
