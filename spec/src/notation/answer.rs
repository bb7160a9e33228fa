//! Answers as a Python prompt shows them, and doctest's way to compare them.

use crate::{Dialect, Outcome, Raise, Value};
use std::fmt::Write;

/// The lines a Python prompt shows for an outcome: nothing for `None`, a traceback for an exception.
#[must_use]
pub fn render(outcome: &Outcome, dialect: Dialect) -> Vec<String> {
    match outcome {
        Outcome::Value(Value::None | Value::Object(_)) => Vec::new(),
        Outcome::Value(value) => vec![render_value(value, dialect)],
        Outcome::Raised(raise) => {
            let mut lines = vec!["Traceback (most recent call last):".to_owned(), "  ...".to_owned()];
            lines.extend(render_raise(raise).split('\n').map(str::to_owned));
            lines
        }
    }
}

/// The lines shown for an outcome whose value is assigned: nothing but a traceback.
#[must_use]
pub fn render_discarded(outcome: &Outcome, dialect: Dialect) -> Vec<String> {
    match outcome {
        Outcome::Value(_) => Vec::new(),
        Outcome::Raised(_) => render(outcome, dialect),
    }
}

fn render_raise(raise: &Raise) -> String {
    if raise.message.is_empty() { raise.class.to_string() } else { format!("{}: {}", raise.class, raise.message) }
}

/// A value as `repr` shows it. In Python 2 bytes are strings, and text is marked instead.
#[must_use]
pub fn render_value(value: &Value, dialect: Dialect) -> String {
    let join = |items: &[Value]| items.iter().map(|item| render_value(item, dialect)).collect::<Vec<_>>().join(", ");
    let is_python2 = dialect == Dialect::Python2;
    match value {
        Value::None => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Int(value) => value.to_string(),
        Value::Long(value) => format!("{value}L"),
        Value::Bytes(bytes) if is_python2 => bytes_literal(bytes)[1..].to_owned(),
        Value::Bytes(bytes) => bytes_literal(bytes),
        Value::Text(text) if is_python2 => format!("u{}", text_literal(text)),
        Value::Text(text) => text_literal(text),
        Value::List(items) => format!("[{}]", join(items)),
        Value::Tuple(items) if items.len() == 1 => format!("({},)", join(items)),
        Value::Tuple(items) => format!("({})", join(items)),
        Value::Object(kind) => format!("<{kind}>"),
    }
}

/// Bytes as Python 3's `repr` shows them.
#[must_use]
pub fn bytes_literal(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' };
    let mut text = String::with_capacity(bytes.len() + 3);
    text.push('b');
    text.push(char::from(quote));
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            _ if byte == quote => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text.push(char::from(quote));
    text
}

fn text_literal(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            _ if c == quote => {
                out.push('\\');
                out.push(c);
            }
            // Python does not print these characters of Latin-1.
            '\0'..' ' | '\x7f'..='\u{a0}' | '\u{ad}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// Whether an outcome matches the expected lines of a session, by doctest's rules: `ellipsis` lets `...` stand for anything,
/// `class_only` compares an exception by its class alone, and the lines of a traceback's stack never count.
#[must_use]
pub fn matches(want: &[String], outcome: &Outcome, dialect: Dialect, ellipsis: bool, class_only: bool) -> bool {
    let got = render(outcome, dialect);
    let traceback = want.first().is_some_and(|line| line.starts_with("Traceback (most recent call last):"));
    if !traceback {
        return got == *want || (ellipsis && elliptic(&want.join("\n"), &got.join("\n")));
    }
    let Outcome::Raised(raise) = outcome else { return false };
    let said: Vec<&str> = want[1..].iter().skip_while(|line| line.starts_with(' ')).map(String::as_str).collect();
    let said = said.join("\n");
    if class_only {
        return said.split(':').next().is_some_and(|class| class.rsplit('.').next() == raise.class.rsplit('.').next());
    }
    let got = render_raise(raise);
    got == said || (ellipsis && elliptic(&said, &got))
}

fn elliptic(pattern: &str, text: &str) -> bool {
    fits(pattern, "...", text)
}

/// Whether a text fits a pattern in which `anything` stands for any text.
#[must_use]
pub fn fits(pattern: &str, anything: &str, text: &str) -> bool {
    let mut parts = pattern.split(anything);
    let Some(mut rest) = parts.next().and_then(|head| text.strip_prefix(head)) else { return false };
    let tail: Vec<&str> = parts.collect();
    let Some((last, middle)) = tail.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_python_shows_them() {
        assert_eq!(bytes_literal(b"a'b"), "b\"a'b\"");
        assert_eq!(bytes_literal(b"'\""), "b'\\'\"'");
        assert_eq!(bytes_literal(b"\n\x00\\\xff"), "b'\\n\\x00\\\\\\xff'");
    }

    #[test]
    fn ellipsis_stands_for_anything() {
        assert!(elliptic("b'ab...yz'", "b'abcdefxyz'"));
        assert!(elliptic("b'ab...yz'", "b'abyz'"));
        assert!(!elliptic("b'ab...yz'", "b'abz'"));
        assert!(!elliptic("b'ab...b'", "b'ab'"));
        assert!(!elliptic("a", "ab"));
    }

    #[test]
    fn a_class_is_enough_where_only_it_is_asked_for() {
        let want: Vec<String> =
            ["Traceback (most recent call last):", "  ...", "TypeError: other words"].map(str::to_owned).into();
        let outcome = Outcome::Raised(Raise::new("TypeError", "words"));
        let fits = |outcome: &Outcome, class_only| matches(&want, outcome, Dialect::Python3, false, class_only);
        assert!(!fits(&outcome, false));
        assert!(fits(&outcome, true));
        assert!(!fits(&Outcome::Raised(Raise::new("ValueError", "words")), true));
        assert!(!fits(&Outcome::Value(Value::None), true));
    }

    /// The answers wanted are those of CPython 2.7.18.
    #[test]
    fn python_2_shows_bytes_as_strings() {
        let shown = |value: Value| render_value(&value, Dialect::Python2);
        assert_eq!(shown(Value::Bytes(b"a'b\xff\n".to_vec())), r#""a'b\xff\n""#);
        assert_eq!(shown(Value::List(vec![Value::Bytes(b"a".to_vec()), Value::Text("x".into())])), "['a', u'x']");
        assert_eq!(shown(Value::Tuple(vec![Value::Long(1 << 63), Value::Int(-5)])), "(9223372036854775808L, -5)");
    }
}
