//! Printing to standard output.

use std::io::Write;

/// Prints a text, without styles if the output is not a terminal. A reader that closes the pipe, such as `head`, causes
/// no error.
pub(super) fn write_out(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}
