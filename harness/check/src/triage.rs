//! Proposing known entries for the divergences of reports and saved findings.

use crate::known::check_pattern;
use crate::pattern::Pattern;
use crate::report::saved::{self, quoted};
use crate::report::{CauseRecord, FailureRecord, FindingRecord, PatternRecord, Report};
use mmapcheck_spec::notation;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::path::Path;

/// A divergence that an entry is proposed for.
struct Candidate {
    /// Wanted id of the entry.
    id: String,
    headline: String,
    kind: PatternRecord,
    clause: Option<String>,
    session: String,
}

impl From<FindingRecord> for Candidate {
    fn from(finding: FindingRecord) -> Candidate {
        let FindingRecord { id, headline, kind, clause, session, .. } = finding;
        Candidate { id, headline, kind, clause, session }
    }
}

/// Proposes a list: an entry for each bucket in the reports and saved findings, and one for each failed example whose clause
/// none of these entries names. Each file is a name and a text.
///
/// # Errors
/// If a text is neither a report nor a saved finding: one line.
pub fn propose(files: &[(String, String)]) -> Result<String, String> {
    let (mut causes, mut candidates, mut failures) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (name, text) in files {
        let invalid = |why: String| format!("{name}: {why}");
        if text.trim_start().starts_with('{') {
            let report: Report = serde_json::from_str(text)
                .map_err(|error| invalid(format!("expected a report of 'check --format json': {error}")))?;
            for finding in &report.divergences {
                notation::parse(&finding.session, 1)
                    .map_err(|error| invalid(format!("the session of {}: line {error}", finding.id)))?;
            }
            let explained: Vec<_> = report.causes.iter().filter(|cause| !cause.variations.is_empty()).collect();
            let is_explained = |id: &String| explained.iter().any(|cause| cause.findings.contains(id));
            // The case of a divergence that no further run showed would be stale at once.
            let is_shown = |finding: &&FindingRecord| finding.rate.is_none_or(|rate| rate.shown > 0);
            let left = report.divergences.iter().filter(is_shown).filter(|one| !is_explained(&one.id)).cloned();
            candidates.extend(left.map(Candidate::from));
            causes.extend(explained.into_iter().filter(|cause| !cause.inherited).cloned());
            failures.extend(report.pages.failures.into_iter().map(|failure| (failure.id.clone(), failure)));
        } else {
            let candidate = candidate(name, text).map_err(invalid)?;
            let before = text.len() - candidate.session.len();
            let line = 1 + text[..before].matches('\n').count();
            notation::parse(&candidate.session, line).map_err(|error| format!("{name}:{error}"))?;
            candidates.push(candidate);
        }
    }
    let mut kinds = HashSet::new();
    candidates.retain(|candidate| kinds.insert(candidate.kind.clone()));
    let mut ids = HashSet::new();
    let mut list = Vec::new();
    for cause in causes {
        let of_clause = |id: &String| cause.clause.as_deref() == Some(id.split('.').next().unwrap_or(id));
        let clauses: Vec<_> = failures.keys().filter(|id| of_clause(id)).cloned().collect();
        clauses.iter().for_each(|id| drop(failures.remove(id)));
        list.push(entry_of_cause(&unique(&cause.id, &mut ids), &cause, &clauses)?);
    }
    for candidate in candidates {
        let of_clause = |id: &String| candidate.clause.as_deref() == Some(id.split('.').next().unwrap_or(id));
        let clauses: Vec<_> = failures.keys().filter(|id| of_clause(id)).cloned().collect();
        clauses.iter().for_each(|id| drop(failures.remove(id)));
        let id = unique(&candidate.id, &mut ids);
        list.push(entry_of_case(&id, candidate, &clauses));
    }
    for FailureRecord { id, statement, expected, actual, .. } in failures.into_values() {
        let what = format!("{statement}: expected {expected}, got {actual}");
        let mut entry = Entry::new(&unique(&id.to_lowercase().replace('.', "-"), &mut ids), &what);
        entry.clauses(&[id]);
        list.push(entry.0);
    }
    Ok(list.join("\n"))
}

/// The candidate of a saved finding. The name of the file is its id.
fn candidate(name: &str, text: &str) -> Result<Candidate, String> {
    let saved::SavedFinding { headline, kind, session } = saved::read(text)?;
    let stem = Path::new(name).file_stem().map_or(String::new(), |stem| stem.to_string_lossy().to_lowercase());
    Ok(Candidate { id: stem, headline, kind, clause: None, session })
}

fn entry_of_cause(id: &str, cause: &CauseRecord, clauses: &[String]) -> Result<String, String> {
    let variations = serde_json::to_string(&cause.variations).map_err(|error| error.to_string())?;
    let mut entry = Entry::new(id, &cause.sentence);
    entry.key("variations", &variations);
    entry.clauses(clauses);
    let _ = writeln!(entry.0, "case = {}", block(&cause.session));
    Ok(entry.0)
}

fn entry_of_case(id: &str, Candidate { headline, kind, session, .. }: Candidate, clauses: &[String]) -> String {
    let PatternRecord { op, callback, field, expected, actual, severity } = valid(kind);
    let mut entry = Entry::new(id, &headline);
    entry.key("op", &op);
    if !callback.is_empty() {
        entry.key("callback", &callback);
    }
    entry.key("field", &field);
    entry.key("expected", &expected);
    entry.key("actual", &actual);
    if let Some(severity) = severity {
        entry.key("severity", &severity.to_string());
    }
    entry.clauses(clauses);
    let _ = writeln!(entry.0, "case = {}", block(&session));
    entry.0
}

/// The pattern, with `*` for a side that a list would refuse.
fn valid(mut kind: PatternRecord) -> PatternRecord {
    // Two sides, each of which can be refused once.
    for _ in 0..2 {
        match check_pattern(&pattern(&kind)) {
            Err(("expected", _)) => kind.expected = "*".into(),
            Err(("actual", _)) => kind.actual = "*".into(),
            _ => break,
        }
    }
    kind
}

fn pattern(kind: &PatternRecord) -> Pattern {
    let PatternRecord { op, callback, field, expected, actual, severity } = kind.clone();
    Pattern { id: String::new(), op, callback, field, expected, actual, severity }
}

/// The text of an entry that is being written.
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
        // `READ-3` would name all examples of the clause, `READ-3.1` names only the first.
        let example = |id: &String| if id.contains('.') { quoted(id) } else { quoted(&format!("{id}.1")) };
        if !ids.is_empty() {
            let _ = writeln!(self.0, "clauses = [{}]", ids.iter().map(example).collect::<Vec<_>>().join(", "));
        }
    }
}

/// An id that is not in `ids` yet, from the characters that an id may have.
fn unique(wanted: &str, ids: &mut HashSet<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let wanted: String = wanted.chars().map(plain).collect();
    let numbered = |n: u64| if n == 1 { wanted.clone() } else { format!("{wanted}-{n}") };
    let id = (1..).map(numbered).find(|id| !ids.contains(id)).unwrap_or_default();
    ids.insert(id.clone());
    id
}

/// A session as a multi-line string of TOML, or as a quoted one if it holds three quotes or control characters.
fn block(session: &str) -> String {
    let plain = !session.contains("'''") && !session.chars().any(|c| c.is_control() && c != '\n');
    if plain { format!("'''\n{session}'''") } else { quoted(session) }
}
