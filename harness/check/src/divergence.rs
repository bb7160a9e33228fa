//! A divergence between two traces, its bucket, and how both read.

use crate::text::brief;
use mmapcheck_spec::notation::{bytes_literal, render_value};
use mmapcheck_spec::{Content, Dialect, End, Op, Outcome, Step, TargetInfo, printable};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The severity of a divergence, from the mildest to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Another message of the same exception, or another `repr`.
    Message,
    /// Another exception class or `errno`.
    Class,
    /// Another value, a value for an exception or the other way round, or another state of a map.
    Value,
    /// A death or a hang, or none where a death is expected.
    Death,
    /// Other bytes on disk.
    Bytes,
}

impl Severity {
    /// Every severity and its name.
    pub const ALL: [(Severity, &'static str); 5] = [
        (Severity::Message, "message"),
        (Severity::Class, "class"),
        (Severity::Value, "value"),
        (Severity::Death, "death"),
        (Severity::Bytes, "bytes"),
    ];
}

impl Severity {
    /// The mildest severity that counts: `asked`, or by default `message` for CPython's own `mmap` and `class` for any other,
    /// since messages are CPython's habit and not the documentation's promise.
    #[must_use]
    pub fn least(asked: Option<Severity>, info: &TargetInfo) -> Severity {
        asked.unwrap_or(if info.is_cpython_mmap { Severity::Message } else { Severity::Class })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(Severity::ALL[*self as usize].1)
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Severity, String> {
        let found = Severity::ALL.iter().find(|(_, name)| *name == text);
        found
            .map(|(severity, _)| *severity)
            .ok_or_else(|| format!("unknown severity '{text}': expected message, class, value, death or bytes"))
    }
}

/// The field of a trace in which two traces differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Field {
    /// The answer of a step.
    Answer,
    /// `tell()` of a map.
    Pos,
    /// `len()` of a map.
    Len,
    /// Whether a map is open or closed.
    Closed,
    /// The bytes of a map.
    Map,
    /// The bytes of a file.
    File,
    /// The answer of the `close()` on a map that ends every case, or the end of the process there.
    Closing,
    /// The number of descriptors that the case left open.
    Descriptors,
    /// The number of pages of address space that the case left mapped.
    Pages,
    /// The number of files that the case left in the working folder.
    Strays,
}

impl Field {
    /// Every field and its name in reports.
    pub const ALL: [(Field, &'static str); 10] = [
        (Field::Answer, "answer"),
        (Field::Pos, "position"),
        (Field::Len, "length"),
        (Field::Closed, "closed"),
        (Field::Map, "map bytes"),
        (Field::File, "file bytes"),
        (Field::Closing, "close at the end"),
        (Field::Descriptors, "descriptors left open"),
        (Field::Pages, "pages left mapped"),
        (Field::Strays, "files left behind"),
    ];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        Field::ALL[self as usize].1
    }
}

impl From<Field> for &'static str {
    fn from(field: Field) -> &'static str {
        field.name()
    }
}

impl TryFrom<String> for Field {
    type Error = String;

    fn try_from(text: String) -> Result<Field, String> {
        let found = Field::ALL.iter().find(|(_, name)| *name == text);
        found.map(|(field, _)| *field).ok_or_else(|| format!("unknown field '{text}' of a divergence"))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The bucket of a divergence. A campaign counts divergences as the same if their operation, field, severity, and kinds of
/// answers are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Bucket {
    /// The severity.
    pub severity: Severity,
    /// The operation of the step; none at the end of the case.
    pub op: Option<Op>,
    /// The operation of the step's callback argument.
    pub callback: Option<Op>,
    /// The field that differs.
    pub field: Field,
    /// The kind of the expected answer: a type, an exception class, or a message with `#` for each number.
    pub expected: String,
    /// The kind of the actual answer.
    pub actual: String,
}

/// One divergence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The bucket.
    pub bucket: Bucket,
    /// The index of the step; the number of steps for the end of the case.
    pub step: usize,
    /// The slot of the map, or the number of the file, for a field of one.
    pub slot: usize,
    /// The expected answer or state in full, for people.
    pub expected: String,
    /// The actual answer or state in full, for people.
    pub actual: String,
}

/// The bucket of a death in a step. Of the expected answer it keeps only whether that is a value or an exception.
#[must_use]
pub fn death(step: &Step, wanted: &Result<Outcome, End>, end: &End) -> Bucket {
    let (expected, actual) = (rough_kind(wanted), end_kind(end));
    let callback = step.callback().map(|callback| callback.op);
    Bucket { severity: Severity::Death, op: Some(step.op), callback, field: Field::Answer, expected, actual }
}

impl Bucket {
    /// The operation and that of the callback argument, for people; none at the end of the case.
    #[must_use]
    pub fn operation(&self) -> Option<String> {
        let op = self.op?;
        Some(self.callback.map_or_else(|| op.to_string(), |callback| format!("{op} with {callback} inside")))
    }

    /// Whether a known divergence explains another one of its step, in this field. Where only one side performed the operation
    /// (`parted`), its answer explains every state and leak. Bytes explain those of other maps and files, which may share them.
    pub(crate) fn takes_in(&self, parted: bool, field: Field) -> bool {
        let is_answer = |field| matches!(field, Field::Answer | Field::Closing);
        match self.field {
            known if is_answer(known) => parted && self.severity >= Severity::Value && !is_answer(field),
            Field::Len | Field::Map | Field::File => matches!(field, Field::Map | Field::File),
            _ => false,
        }
    }
}

/// The kind of an answer where the other side is a death.
pub(crate) fn rough_kind(result: &Result<Outcome, End>) -> String {
    match result {
        Ok(Outcome::Raised(_)) => "an exception".to_owned(),
        Ok(Outcome::Value(_)) => "a value".to_owned(),
        Err(end) => end_kind(end),
    }
}

/// An outcome on one line, for people: as Python 3 prints it, for a target of Python 2 as well, since values are compared.
#[must_use]
pub fn outcome_text(outcome: &Outcome) -> String {
    printable(&match outcome {
        Outcome::Value(value) => render_value(value, Dialect::Python3),
        Outcome::Raised(raise) if raise.message.is_empty() => raise.class.to_string(),
        Outcome::Raised(raise) => format!("{}: {}", raise.class, raise.message),
    })
}

/// An end on one line, for people, with the target's own words if it has any.
#[must_use]
pub fn end_text(end: &End) -> String {
    printable(&end.to_string())
}

/// The result of a step on one line, for people.
#[must_use]
pub fn result_text(result: &Result<Outcome, End>) -> String {
    match result {
        Ok(outcome) => outcome_text(outcome),
        Err(end) => end_text(end),
    }
}

/// The kind of an end: without the target's own words.
#[must_use]
pub fn end_kind(end: &End) -> String {
    match end {
        End::Malformed(_) => "sent a malformed reply".into(),
        End::Damaged(_) => "was damaged".into(),
        End::Exited(status, _) => format!("exited with status {status}"),
        end => end.to_string(),
    }
}

/// A content for people: its bytes where they were kept, else its length and digest.
#[must_use]
pub fn content_text(content: &Content) -> String {
    match &content.bytes {
        _ if *content == Content::UNREADABLE => "unreadable".into(),
        Some(bytes) => bytes_literal(bytes),
        None => format!("{} bytes, digest {:08x}", content.len, content.digest),
    }
}

/// Characters that each side has in a headline.
const HALF: usize = 60;

/// A divergence on one line: the operation, and both sides cut to 60 characters.
#[must_use]
pub fn headline(divergence: &Divergence) -> String {
    let sides = [&divergence.expected, &divergence.actual].map(|side| brief(side, HALF));
    headline_of(divergence.bucket.operation().as_deref(), divergence.bucket.field, &sides)
}

/// A divergence on one line. `operation` is none at the end of the case; `sides` are the expected and the actual value.
#[must_use]
pub fn headline_of(operation: Option<&str>, field: Field, [expected, actual]: &[String; 2]) -> String {
    let operation = operation.unwrap_or("at the end of the case");
    match field {
        Field::Answer => format!("{operation}: expected {expected}, got {actual}"),
        field => format!("{operation}: {field}: expected {expected}, got {actual}"),
    }
}

/// The most characters of a file name: a file system takes 255 bytes, of which a number and an extension need some.
const LONGEST: usize = 120;

/// A file name for a finding, without its extension: words of ASCII letters and digits, joined by dashes.
#[must_use]
pub fn slug(divergence: &Divergence) -> String {
    let bucket = &divergence.bucket;
    let op = bucket.operation().unwrap_or("end".to_owned());
    identifier_of(&[op, bucket.field.to_string(), bucket.expected.clone(), bucket.actual.clone()].join(" "))
}

/// The first ten words of ASCII letters and digits of a text, joined by dashes: a file name, without its extension.
#[must_use]
pub fn identifier_of(text: &str) -> String {
    let words: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let mut name = words.split_whitespace().take(10).collect::<Vec<_>>().join("-").to_lowercase();
    // All characters are ASCII. A message of the target may be one long word.
    name.truncate(LONGEST);
    name.trim_end_matches('-').to_owned()
}
