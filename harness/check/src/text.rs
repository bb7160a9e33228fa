//! Numbers and texts for people: digits in groups, long texts cut.

use crate::limits;

/// The text, cut in the middle where it has more than [`limits::LINE`] characters.
#[must_use]
pub fn shortened(text: &str) -> String {
    brief(text, limits::LINE)
}

/// The first `most` characters of the text; a cut text ends with `…`.
#[must_use]
pub fn begun(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The text, cut in the middle where it has more than `most` characters. The cut text says how many characters it lacks.
#[must_use]
pub fn brief(text: &str, most: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= most {
        return text.to_owned();
    }
    let half = most / 2 - 8;
    let (head, tail): (String, String) = (chars[..half].iter().collect(), chars[chars.len() - half..].iter().collect());
    format!("{head} … {} more … {tail}", chars.len() - 2 * half)
}

/// A number with its digits in groups of three: `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text with `#` for every number, so that messages that differ only in numbers share a bucket.
#[must_use]
pub fn numberless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            c => out.push(c),
        }
    }
    out
}
