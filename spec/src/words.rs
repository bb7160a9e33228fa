//! A target's own words, made fit to be shown.

use std::fmt::Write;

/// A text on one line and without control characters, which become escapes as in Python source. A target's words can then
/// neither break a line of a report, a saved session or a script, nor change the style of a terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if c.is_ascii_control() => _ = write!(shown, "\\x{:02x}", u32::from(c)),
            // Python and editors end a line at these two as well, and the rest reorder the characters around them.
            c if c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                _ = write!(shown, "\\u{:04x}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_words_have_one_line_and_no_control_characters() {
        assert_eq!(printable("plain é | `x` \\"), "plain é | `x` \\");
        assert_eq!(printable("a\nb\r\tc\x1b[31m\u{85}\u{2028}\u{202e}"), "a\\nb\\r\\tc\\x1b[31m\\u0085\\u2028\\u202e");
    }
}
