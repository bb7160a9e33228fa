//! Two values beside each other, with the bytes that differ marked.

use crate::text::{grouped, shortened};

/// Bytes that are shown before the first one that differs.
const BEFORE: usize = 16;

/// Bytes that are shown from the first one that differs on.
const AFTER: usize = 48;

/// The most ranges of differing bytes whose offsets are listed.
const RANGES: usize = 4;

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether the other value has something else here.
    pub differs: bool,
}

impl Piece {
    /// A value without a mark.
    #[must_use]
    pub fn plain(text: &str) -> Vec<Piece> {
        vec![Piece { text: text.to_owned(), differs: false }]
    }
}

/// Two values in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The expected value.
    pub expected: Vec<Piece>,
    /// The value of the target.
    pub actual: Vec<Piece>,
    /// The offsets at which the bytes differ; none if the values are not bytes.
    pub note: Option<String>,
}

/// Two values in pieces. If both are bytes, the differing ones are marked, and of long ones only the surroundings of the first
/// difference are shown.
#[must_use]
pub fn marks(expected: &str, actual: &str) -> Marks {
    let unmarked = || [expected, actual].map(|text| Piece::plain(&shortened(text)));
    let both = bytes(expected).zip(bytes(actual));
    let Some((ours, theirs)) = both.filter(|(ours, theirs)| ours != theirs) else {
        let [expected, actual] = unmarked();
        return Marks { expected, actual, note: None };
    };
    let ranges = ranges(&ours, &theirs);
    let first = ranges.first().map_or(0, |range| range.0);
    let pieces = |these: &[&str], others: &[&str]| pieces(these, others, first.saturating_sub(BEFORE), first + AFTER);
    Marks {
        expected: pieces(&ours, &theirs),
        actual: pieces(&theirs, &ours),
        note: Some(note(&ranges, ours.len(), theirs.len())),
    }
}

/// The bytes of a literal such as `b'a\x00'`, each as the literal says it; none if the text is not a whole literal.
fn bytes(text: &str) -> Option<Vec<&str>> {
    let quote = text.strip_prefix('b')?.chars().next().filter(|quote| "'\"".contains(*quote))?;
    let mut rest = text.get(2..)?.strip_suffix(quote)?;
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let length = match rest.as_bytes() {
            [b'\\', b'x', ..] => 4,
            [b'\\', ..] => 2,
            // A literal is ASCII: this one was shortened.
            _ if !first.is_ascii() => return None,
            _ => 1,
        };
        found.push(rest.get(..length)?);
        rest = &rest[length..];
    }
    Some(found)
}

/// The ranges of offsets at which the bytes differ, each with its first and its last one.
fn ranges(ours: &[&str], theirs: &[&str]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for at in (0..ours.len().max(theirs.len())).filter(|&at| ours.get(at) != theirs.get(at)) {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == at => *last = at,
            _ => found.push((at, at)),
        }
    }
    found
}

/// The bytes from `start` to `end`, those that the other side does not have marked.
fn pieces(these: &[&str], others: &[&str], start: usize, end: usize) -> Vec<Piece> {
    let plain = |text: &str| Piece { text: text.to_owned(), differs: false };
    let mut found = vec![plain(if start > 0 { "b'… " } else { "b'" })];
    for (at, byte) in these.iter().enumerate().take(end).skip(start) {
        let differs = others.get(at) != Some(byte);
        match found.last_mut() {
            Some(last) if last.differs == differs => last.text += byte,
            _ => found.push(Piece { text: (*byte).to_owned(), differs }),
        }
    }
    found.push(plain(if these.len() > end { " …'" } else { "'" }));
    found
}

/// The offsets at which the bytes differ, and both lengths where they are not the same.
fn note(ranges: &[(usize, usize)], ours: usize, theirs: usize) -> String {
    let offset = |&(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        _ => format!("{first}–{last}"),
    };
    let listed: Vec<_> = ranges.iter().take(RANGES).map(offset).collect();
    let more = if ranges.len() > RANGES { ", …" } else { "" };
    let many: usize = ranges.iter().map(|(first, last)| last - first + 1).sum();
    let (noun, at) = if many == 1 { ("byte differs", "offset") } else { ("bytes differ", "offsets") };
    let lengths = if ours == theirs {
        String::new()
    } else {
        format!("; {} bytes expected, {} given", grouped(ours as u64), grouped(theirs as u64))
    };
    format!("{} {noun}, at {at} {}{more}{lengths}", grouped(many as u64), listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(|piece| if piece.differs { format!("[{}]", piece.text) } else { piece.text.clone() })
            .collect()
    }

    fn both(expected: &str, actual: &str) -> (String, String, Option<String>) {
        let Marks { expected, actual, note } = marks(expected, actual);
        (shown(&expected), shown(&actual), note)
    }

    #[test]
    fn differing_bytes_are_marked_and_their_offsets_listed() {
        let (expected, actual, note) = both(r"b'ab\x00cd'", r"b'ab\x01cX'");
        assert_eq!((expected.as_str(), actual.as_str()), (r"b'ab[\x00]c[d]'", r"b'ab[\x01]c[X]'"));
        assert_eq!(note.as_deref(), Some("2 bytes differ, at offsets 2, 4"));
        let (expected, actual, note) = both(r"b'\\n'", r#"b"\\'""#);
        assert_eq!((expected.as_str(), actual.as_str()), (r"b'\\[n]'", r"b'\\[']'"));
        assert_eq!(note.as_deref(), Some("1 byte differs, at offset 1"));
    }

    #[test]
    fn bytes_that_only_one_side_has_differ() {
        let (expected, actual, note) = both("b'abc'", "b'a'");
        assert_eq!((expected.as_str(), actual.as_str()), ("b'a[bc]'", "b'a'"));
        assert_eq!(note.as_deref(), Some("2 bytes differ, at offsets 1–2; 3 bytes expected, 1 given"));
    }

    #[test]
    fn of_long_bytes_the_surroundings_of_the_first_difference_are_shown() {
        let zeros = r"\x00".repeat(5000);
        let (expected, actual, note) = both(&format!("b'{zeros}a{zeros}'"), &format!("b'{zeros}b{zeros}'"));
        let before = r"\x00".repeat(BEFORE);
        assert!(expected.starts_with(&format!("b'… {before}[a]")) && expected.ends_with(" …'"), "{expected}");
        assert!(actual.starts_with(&format!("b'… {before}[b]")) && actual.len() < 500, "{actual}");
        assert_eq!(note.as_deref(), Some("1 byte differs, at offset 5000"));
    }

    #[test]
    fn other_values_are_shown_as_they_are() {
        for (expected, actual) in
            [("1", "2"), ("b'a'", "TypeError: x"), ("b'a … 9 more … z'", "b'b'"), ("b'", "b''"), ("", "b")]
        {
            assert_eq!(both(expected, actual), (expected.to_owned(), actual.to_owned(), None));
        }
    }
}
