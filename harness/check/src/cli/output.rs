//! Printing to standard output.

use std::io::Write;

/// The character that begins a style.
const ESCAPE: char = '\u{1b}';

/// Prints a text, without styles if the output is not a terminal. A reader that closes the pipe, such as `head`, causes
/// no error. A text without styles is printed as it is: what removes styles also removes the control character U+007F, which
/// JSON does not escape.
pub(super) fn write_out(text: &str) {
    let _ = match text.contains(ESCAPE) {
        true => anstream::stdout().write_all(text.as_bytes()),
        false => std::io::stdout().write_all(text.as_bytes()),
    };
}
