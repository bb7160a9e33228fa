//! Entries proposed for what a run has found.

use super::check::check;
use crate::divergence::Bucket;
use crate::pattern::Pattern;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

/// How the line of a saved finding begins that says what kind of divergence it is.
pub const KIND: &str = "# kind: ";

/// A kind of divergence in reports and saved findings, in the words of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketPattern {
    op: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    callback: String,
    field: String,
    expected: String,
    actual: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<String>,
}

/// The kind of a divergence as reports and saved findings say it.
#[must_use]
pub fn kind(bucket: &Bucket) -> BucketPattern {
    let Pattern { op, callback, field, expected, actual, severity, .. } = Pattern::of(bucket);
    BucketPattern { op, callback, field, expected, actual, severity: severity.map(|severity| severity.to_string()) }
}

impl BucketPattern {
    /// On one line, as TOML writes a table.
    #[must_use]
    pub fn line(&self) -> String {
        let BucketPattern { op, callback, field, expected, actual, severity } = self;
        let callback = if callback.is_empty() { String::new() } else { format!(", callback = {}", quoted(callback)) };
        let severity = severity.as_ref().map(|severity| format!(", severity = {}", quoted(severity)));
        format!(
            "{{ op = {}{callback}, field = {}, expected = {}, actual = {}{} }}",
            quoted(op),
            quoted(field),
            quoted(expected),
            quoted(actual),
            severity.unwrap_or_default()
        )
    }

    /// The rule of an entry for it. What a list could not be checked for is left open.
    fn rule(mut self) -> BucketPattern {
        for _ in 0..4 {
            let rule = Pattern {
                id: String::new(),
                op: self.op.clone(),
                callback: self.callback.clone(),
                field: self.field.clone(),
                expected: self.expected.clone(),
                actual: self.actual.clone(),
                severity: self.severity.as_ref().and_then(|severity| severity.parse().ok()),
            };
            match check(&rule) {
                Err(("expected", _)) => self.expected = "*".into(),
                Err(("actual", _)) => self.actual = "*".into(),
                _ => break,
            }
        }
        self
    }
}

/// What a report tells of one divergence.
#[derive(Deserialize)]
struct Found {
    id: String,
    headline: String,
    kind: BucketPattern,
    clause: Option<String>,
    session: String,
}

/// What a report tells of one example that failed.
#[derive(Deserialize)]
struct Failed {
    id: String,
    statement: String,
    expected: String,
    actual: String,
}

/// A report of `--format json`, as far as it matters here.
#[derive(Deserialize)]
struct Report {
    divergences: Vec<Found>,
    pages: Pages,
}

#[derive(Deserialize)]
struct Pages {
    failures: Vec<Failed>,
}

/// Entries for the divergences of reports and saved findings, each a name and a text: one entry for each kind, and one for
/// each failed example that none of them accounts for by its clause.
///
/// # Errors
/// Where a text is neither; one line.
pub fn propose(files: &[(String, String)]) -> Result<String, String> {
    let (mut found, mut failed) = (Vec::new(), BTreeMap::new());
    for (name, text) in files {
        let wrong = |why: String| format!("{name}: {why}");
        if text.trim_start().starts_with('{') {
            let report: Report = serde_json::from_str(text).map_err(|error| wrong(format!("no report: {error}")))?;
            found.extend(report.divergences);
            failed.extend(report.pages.failures.into_iter().map(|failure| (failure.id.clone(), failure)));
        } else {
            found.push(saved(name, text).map_err(wrong)?);
        }
    }
    let mut kinds = HashSet::new();
    found.retain(|found| kinds.insert(found.kind.clone()));
    let mut ids = HashSet::new();
    let mut list = String::new();
    for found in found {
        let of_clause = |id: &String| found.clause.as_deref() == Some(id.split('.').next().unwrap_or(id));
        // `READ-3` would name all examples of the clause, `READ-3.1` names just the first.
        let clauses: Vec<_> = failed.keys().filter(|id| of_clause(id)).cloned().collect();
        clauses.iter().for_each(|id| drop(failed.remove(id)));
        let BucketPattern { op, callback, field, expected, actual, severity } = found.kind.rule();
        let mut entry = Entry::new(&unique(&found.id, &mut ids), &found.headline);
        let keys =
            [("op", &op), ("callback", &callback), ("field", &field), ("expected", &expected), ("actual", &actual)];
        keys.into_iter()
            .filter(|(key, text)| *key != "callback" || !text.is_empty())
            .chain(severity.iter().map(|text| ("severity", text)))
            .for_each(|(key, text)| entry.key(key, text));
        entry.clauses(&clauses);
        let _ = writeln!(entry.0, "case = {}", block(&found.session));
        list += &entry.0;
    }
    for Failed { id, statement, expected, actual } in failed.into_values() {
        let what = format!("{statement}: expected {expected}, got {actual}");
        let mut entry = Entry::new(&unique(&id.to_lowercase().replace('.', "-"), &mut ids), &what);
        entry.clauses(&[id]);
        list += &entry.0;
    }
    Ok(list)
}

/// Reads a saved finding: its headline and its kind as comments, then the session.
fn saved(name: &str, text: &str) -> Result<Found, String> {
    let line = text.lines().find_map(|line| line.strip_prefix(KIND));
    let line = line.ok_or_else(|| format!("neither a report nor a saved finding: no line begins with '{KIND}'"))?;
    let mut table: BTreeMap<String, BucketPattern> =
        toml::from_str(&format!("kind = {line}")).map_err(|error| error.message().to_owned())?;
    let headline = text.lines().next().and_then(|first| first.split_once(": ")).map_or("", |(_, headline)| headline);
    let stem =
        std::path::Path::new(name).file_stem().map_or(String::new(), |stem| stem.to_string_lossy().to_lowercase());
    let session = text.find(">>>").map(|at| text[at..].to_owned()).ok_or("it holds no session")?;
    let kind = table.remove("kind").ok_or("it says no kind")?;
    Ok(Found { id: stem, headline: headline.to_owned(), kind, clause: None, session })
}

/// An entry being written.
struct Entry(String);

impl Entry {
    fn new(id: &str, what: &str) -> Entry {
        let mut entry = Entry("[[divergence]]\n".into());
        entry.key("id", id);
        entry.key("what", &what.replace('\n', " "));
        entry
    }

    fn key(&mut self, key: &str, text: &str) {
        let _ = writeln!(self.0, "{key} = {}", quoted(text));
    }

    fn clauses(&mut self, ids: &[String]) {
        let first = |id: &String| if id.contains('.') { quoted(id) } else { quoted(&format!("{id}.1")) };
        if !ids.is_empty() {
            let _ = writeln!(self.0, "clauses = [{}]", ids.iter().map(first).collect::<Vec<_>>().join(", "));
        }
    }
}

/// An id that is none of those before, made of what an id may be made of.
fn unique(wish: &str, ids: &mut HashSet<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let wish: String = wish.chars().map(plain).collect();
    let id = (1..).map(|n| if n == 1 { wish.clone() } else { format!("{wish}-{n}") }).find(|id| !ids.contains(id));
    let id = id.unwrap_or(wish);
    ids.insert(id.clone());
    id
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A session as it is, in three quotes, where it has none itself.
fn block(session: &str) -> String {
    let plain = !session.contains("'''") && !session.chars().any(|c| c.is_control() && c != '\n');
    if plain { format!("'''\n{session}'''\n") } else { quoted(session) + "\n" }
}
