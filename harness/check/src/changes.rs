//! Two reports, or two matrices, compared: the causes that are new, gone or changed.

use crate::divergence::Severity;
use crate::matrix::Matrix;
use crate::report::stored::FILE;
use crate::report::{CauseRecord, Report};
use crate::text::begun;
use crate::variation::Variation;
use mmapcheck_spec::pages::Level;
use mmapcheck_spec::printable;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Width of the text in columns.
const WIDTH: usize = 80;

/// A cause, as far as it is compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Known {
    /// The folder of the target in a matrix; none in a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The id of the cause; in a matrix that of the finding.
    pub id: String,
    /// The difference as a sentence; in a matrix the divergence on one line.
    pub sentence: String,
    /// The level of the clause that it breaks; none without a clause, and in a matrix.
    pub level: Option<Level>,
    /// The severity.
    pub severity: Severity,
    #[serde(skip)]
    variations: Vec<Variation>,
    #[serde(skip)]
    session: String,
}

impl Known {
    fn of_cause(cause: &CauseRecord) -> Known {
        let CauseRecord { id, sentence, level, severity, variations, session, .. } = cause.clone();
        Known { target: None, id, sentence, level, severity, variations, session }
    }

    /// Whether it is worse than it was: of a higher severity, or against a firmer promise.
    fn is_worse_than(&self, old: &Known) -> bool {
        let firmness = |level: Option<Level>| level.map_or(u8::MAX, |level| level as u8);
        self.severity > old.severity || firmness(self.level) < firmness(old.level)
    }

    fn says_the_same_as(&self, other: &Known) -> bool {
        (&self.sentence, self.severity, self.level) == (&other.sentence, other.severity, other.level)
    }
}

/// The causes of one report, or the findings of all targets of a matrix by the target's folder.
pub enum Side {
    /// A report.
    Report(Vec<Known>),
    /// A matrix.
    Matrix(BTreeMap<String, Vec<Known>>),
}

impl Side {
    /// Reads a report from its file or folder, or a matrix from its folder.
    ///
    /// # Errors
    /// If there is neither, or if it cannot be read: one line.
    pub fn read(path: &Path) -> Result<Side, String> {
        if !path.is_dir() || path.join(FILE).exists() || !path.join("matrix.json").exists() {
            let report = Report::read(path)?;
            return Ok(Side::Report(report.causes.iter().map(Known::of_cause).collect()));
        }
        let matrix = Matrix::read(path).map_err(|error| error.0)?;
        let mut targets: BTreeMap<String, Vec<Known>> = BTreeMap::new();
        for (target, finding) in matrix.findings() {
            let found = targets.entry(target.to_owned()).or_default();
            found.extend(finding.map(|finding| Known {
                target: Some(target.to_owned()),
                id: finding.id.clone(),
                sentence: finding.headline.clone(),
                level: None,
                severity: finding.severity,
                variations: Vec::new(),
                session: finding.session.clone(),
            }));
        }
        Ok(Side::Matrix(targets))
    }
}

/// A cause that is in both reports, and differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// The cause of the earlier report.
    pub old: Known,
    /// The cause of the later one.
    pub new: Known,
    /// Whether its severity rose, or its promise is a firmer one.
    pub worse: bool,
}

/// The difference of two reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Changes {
    /// The causes that only the later report has.
    pub new: Vec<Known>,
    /// The causes that only the earlier report has.
    pub gone: Vec<Known>,
    /// The causes of both reports with another sentence, severity or level.
    pub changed: Vec<Changed>,
    /// Number of causes that are the same in both.
    pub same: usize,
    /// The targets that only one of two matrices has, whose findings are not compared.
    pub not_compared: Vec<String>,
}

impl Changes {
    /// Compares two reports, or the targets that two matrices share.
    ///
    /// # Errors
    /// If one is a report and the other a matrix, or if two matrices share no target: one line.
    pub fn between(old: &Side, new: &Side) -> Result<Changes, String> {
        let mut changes = Changes::default();
        match (old, new) {
            (Side::Report(old), Side::Report(new)) => changes.add(old, new),
            (Side::Matrix(old), Side::Matrix(new)) => {
                for (target, found) in new {
                    match old.get(target) {
                        Some(earlier) => changes.add(earlier, found),
                        None => changes.not_compared.push(target.clone()),
                    }
                }
                changes.not_compared.extend(old.keys().filter(|target| !new.contains_key(*target)).cloned());
                if !new.keys().any(|target| old.contains_key(target)) {
                    return Err("the two matrices have no target in common".into());
                }
            }
            _ => return Err("a report and a matrix cannot be compared: expected two of one kind".into()),
        }
        Ok(changes)
    }

    /// Adds the difference of two lists. A cause is the one of the same id, or else of the same variations, or else of the same
    /// session.
    fn add(&mut self, old: &[Known], new: &[Known]) {
        let mut pairs: BTreeMap<usize, usize> = BTreeMap::new();
        let same: [fn(&Known, &Known) -> bool; 3] = [
            |a, b| a.id == b.id,
            |a, b| !a.variations.is_empty() && a.variations == b.variations,
            |a, b| a.session == b.session,
        ];
        for same in same {
            for (place, cause) in new.iter().enumerate() {
                let is_free = |at: &usize| !pairs.values().any(|taken| taken == at);
                let found = (0..old.len()).find(|at| is_free(at) && same(cause, &old[*at]));
                if let (Some(found), false) = (found, pairs.contains_key(&place)) {
                    pairs.insert(place, found);
                }
            }
        }
        for (place, cause) in new.iter().enumerate() {
            match pairs.get(&place).map(|at| &old[*at]) {
                None => self.new.push(cause.clone()),
                Some(old) if cause.says_the_same_as(old) => self.same += 1,
                Some(old) => {
                    let worse = cause.is_worse_than(old);
                    self.changed.push(Changed { old: old.clone(), new: cause.clone(), worse });
                }
            }
        }
        let gone = old.iter().enumerate().filter(|(at, _)| !pairs.values().any(|taken| taken == at));
        self.gone.extend(gone.map(|(_, cause)| cause.clone()));
    }

    /// Whether a cause is new, or became worse.
    #[must_use]
    pub fn are_worse(&self) -> bool {
        !self.new.is_empty() || self.changed.iter().any(|changed| changed.worse)
    }

    /// One line for each change, and one that counts them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for cause in &self.new {
            text += &line("new", cause, &cause.sentence);
        }
        for Changed { old, new, worse } in &self.changed {
            text += &line(if *worse { "worse" } else { "changed" }, new, &difference(old, new));
        }
        for cause in &self.gone {
            text += &line("gone", cause, &cause.sentence);
        }
        for target in &self.not_compared {
            text += &format!("{}\n", begun(&format!("not compared: {}", printable(target)), WIDTH));
        }
        let counts = [(self.new.len(), "new"), (self.changed.len(), "changed"), (self.gone.len(), "gone")];
        let counts = counts.map(|(many, word)| format!("{many} {word}")).join(", ");
        let _ = writeln!(text, "{counts}, {} the same", self.same);
        text
    }
}

fn line(word: &str, cause: &Known, about: &str) -> String {
    let target = cause.target.as_ref().map_or(String::new(), |target| format!("{}: ", printable(target)));
    let severity = cause.severity.to_string().to_uppercase();
    let head = format!("{word:<7} {severity:<7} ");
    let room = WIDTH - 1 - head.len();
    format!("{head}{}\n", begun(&printable(&format!("{target}{about}")), room))
}

/// The parts of a cause that changed, and its sentence.
fn difference(old: &Known, new: &Known) -> String {
    let name = |level: Option<Level>| level.map_or("none".to_owned(), |level| level.to_string());
    let mut parts = Vec::new();
    if old.severity != new.severity {
        parts.push(format!("was {}", old.severity.to_string().to_uppercase()));
    }
    if old.level != new.level {
        parts.push(format!("level {}, was {}", name(new.level), name(old.level)));
    }
    if old.sentence != new.sentence {
        parts.push("another sentence".to_owned());
    }
    format!("({}) {}", parts.join("; "), new.sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: &str, severity: Severity, level: Option<Level>, session: &str) -> Known {
        let sentence = format!("the sentence of {id}");
        let (target, variations, session) = (None, Vec::new(), session.to_owned());
        Known { target, id: id.to_owned(), sentence, level, severity, variations, session }
    }

    fn between(old: &[Known], new: &[Known]) -> Changes {
        let mut changes = Changes::default();
        changes.add(old, new);
        changes
    }

    fn counts(changes: &Changes) -> [usize; 4] {
        [changes.new.len(), changes.changed.len(), changes.gone.len(), changes.same]
    }

    #[test]
    fn a_cause_is_found_again_by_its_id_or_its_session() {
        let (a, b) = (known("a", Severity::Value, None, "1"), known("b", Severity::Value, None, "2"));
        let renamed = known("c", Severity::Value, None, "2");
        let changes = between(&[a.clone(), b.clone()], &[renamed, a.clone()]);
        assert_eq!((counts(&changes), changes.are_worse()), ([0, 1, 0, 1], false), "{}", changes.text());
        let changes = between(std::slice::from_ref(&a), std::slice::from_ref(&b));
        assert_eq!((counts(&changes), changes.are_worse()), ([1, 0, 1, 0], true));
        // An id counts before a session, whatever the order.
        let (swapped_a, swapped_b) = (known("a", Severity::Value, None, "2"), known("b", Severity::Value, None, "1"));
        assert_eq!(counts(&between(&[a, b], &[swapped_b, swapped_a])), [0, 0, 0, 2]);
    }

    #[test]
    fn a_higher_severity_or_a_firmer_promise_is_worse() {
        let changed = |old: (Severity, Option<Level>), new: (Severity, Option<Level>)| {
            let changes = between(&[known("a", old.0, old.1, "1")], &[known("a", new.0, new.1, "1")]);
            assert_eq!(counts(&changes), [0, 1, 0, 0]);
            changes.are_worse()
        };
        assert!(changed((Severity::Class, None), (Severity::Value, None)));
        assert!(!changed((Severity::Value, None), (Severity::Class, None)));
        assert!(changed((Severity::Value, Some(Level::CPython)), (Severity::Value, Some(Level::Documented))));
        assert!(changed((Severity::Value, None), (Severity::Value, Some(Level::Free))));
        assert!(!changed((Severity::Value, Some(Level::Documented)), (Severity::Value, None)));
    }
}
