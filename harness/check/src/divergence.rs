//! A divergence between two traces, its bucket, and how both read.

use crate::text::brief;
use mmapcheck_spec::notation::{bytes_literal, render_value};
use mmapcheck_spec::{Content, Dialect, End, Op, Outcome, Step, TargetInfo};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How bad a divergence is, from the least to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The same exception with another text, or another `repr`.
    Message,
    /// Another exception.
    Class,
    /// Another value, or another state of the map.
    Value,
    /// The process died or hung.
    Death,
    /// Other bytes on disk.
    Bytes,
}

impl Severity {
    /// Every severity with its name.
    pub const ALL: [(Severity, &'static str); 5] = [
        (Severity::Message, "message"),
        (Severity::Class, "class"),
        (Severity::Value, "value"),
        (Severity::Death, "death"),
        (Severity::Bytes, "bytes"),
    ];
}

impl Severity {
    /// The mildest that counts: what was asked for, or `message` for CPython's own `mmap` and `class` for any other, since
    /// texts are CPython's habit and not the documentation's promise.
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
            .ok_or_else(|| format!("'{text}' is no severity: message, class, value, death or bytes"))
    }
}

/// Where two traces part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Field {
    /// What the step answered.
    Answer,
    /// `tell()` of a map.
    Pos,
    /// `len()` of a map.
    Len,
    /// Whether a map is open.
    Closed,
    /// The bytes of a map.
    Map,
    /// The bytes of a file.
    File,
    /// What `close()` answered at the end of the case.
    Closing,
    /// How many descriptors the case left open.
    Descriptors,
    /// How many pages of address space it left mapped.
    Pages,
    /// How many files it left in the working folder.
    Strays,
}

impl Field {
    /// Every field with its name in reports.
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

    /// Its name in reports.
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

/// What divergences of one cause have in common: the operation, the field, and the kinds of the two answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// How bad.
    pub severity: Severity,
    /// The operation; none at the end of the case.
    pub op: Option<Op>,
    /// The operation that one of its arguments did while it was converted.
    pub callback: Option<Op>,
    /// Where the traces part.
    pub field: Field,
    /// The kind of answer expected: a type, an exception class, or a text without its numbers.
    pub expected: String,
    /// The kind of answer given.
    pub actual: String,
}

/// One divergence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Its kind.
    pub bucket: Bucket,
    /// The number of the step, counted from 0; the number of steps for the end of the case.
    pub step: usize,
    /// The slot of the map or the number of the file, where the field is one of those.
    pub slot: usize,
    /// The whole of what was expected, for people.
    pub expected: String,
    /// The whole of what was given.
    pub actual: String,
}

/// The kind of divergence that a death in a step is. What the answer should have been hardly matters beside it.
#[must_use]
pub fn death(step: &Step, wanted: &Result<Outcome, End>, end: &End) -> Bucket {
    let (expected, actual) = (rough_kind(wanted), end_kind(end));
    let callback = step.callback().map(|callback| callback.op);
    Bucket { severity: Severity::Death, op: Some(step.op), callback, field: Field::Answer, expected, actual }
}

impl Bucket {
    /// What was done, for people: the operation, and that of an argument.
    #[must_use]
    pub fn done(&self) -> Option<String> {
        let op = self.op?;
        Some(self.callback.map_or_else(|| op.to_string(), |callback| format!("{op} with {callback} inside")))
    }
}

/// What an answer is beside a death.
pub(crate) fn rough_kind(result: &Result<Outcome, End>) -> String {
    match result {
        Ok(Outcome::Raised(_)) => "an exception".to_owned(),
        Ok(Outcome::Value(_)) => "a value".to_owned(),
        Err(end) => end_kind(end),
    }
}

/// An outcome on one line, for people: as Python 3 shows it, whatever the target speaks, since values are what is compared.
#[must_use]
pub fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Value(value) => render_value(value, Dialect::Python3),
        Outcome::Raised(raise) if raise.message.is_empty() => raise.class.to_string(),
        Outcome::Raised(raise) => format!("{}: {}", raise.class, raise.message),
    }
}

/// What a step came to on one line, for people.
#[must_use]
pub fn result_text(result: &Result<Outcome, End>) -> String {
    match result {
        Ok(outcome) => outcome_text(outcome),
        Err(end) => end.to_string(),
    }
}

/// Why there was no answer, as a kind: without what it said.
#[must_use]
pub fn end_kind(end: &End) -> String {
    match end {
        End::Malformed(_) => "sent a malformed reply".into(),
        End::Exited(status, _) => format!("exited with status {status}"),
        end => end.to_string(),
    }
}

/// Bytes for people: themselves where they are known, else how many.
#[must_use]
pub fn content_text(content: &Content) -> String {
    match &content.bytes {
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
    headline_of(divergence.bucket.done().as_deref(), divergence.bucket.field, &sides)
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

/// A name for a file that holds the finding.
#[must_use]
pub fn slug(divergence: &Divergence) -> String {
    let bucket = &divergence.bucket;
    let op = bucket.done().unwrap_or("end".to_owned());
    let parts = [op, bucket.field.to_string(), bucket.expected.clone(), bucket.actual.clone()];
    let words: String = parts.join(" ").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    words.split_whitespace().take(10).collect::<Vec<_>>().join("-").to_lowercase()
}
