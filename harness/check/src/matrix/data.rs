//! The matrix as data.

use crate::divergence::{Field, Severity};
use crate::report::{CauseRecord, ExampleResult, FailureRecord, FindingRecord, PagesRecord, Report};
use crate::script::script;
use mmapcheck_spec::pages::Level;
use mmapcheck_spec::{Profile, TargetError, printable};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

/// The results of all targets, by the name of the target's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    pub(super) targets: BTreeMap<String, TargetResult>,
    /// The names in the folder of the matrix that belong to no target, and that no target may take.
    #[serde(skip)]
    taken: BTreeSet<String>,
}

/// The result of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetResult {
    /// Name and version of the target.
    pub(super) name: String,
    /// The profile that the target was judged by.
    #[serde(with = "crate::report::as_text")]
    pub(super) profile: Profile,
    /// The options that select the target on the command line, each after a space.
    pub(super) flags: String,
    pub(super) seed: u64,
    pub(super) cases: u64,
    pub(super) steps: u64,
    /// The result of each clause, by its id.
    pub(super) clauses: BTreeMap<String, ClauseResult>,
    /// The causes of the findings, in the order of the report; none in a result of before there were causes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) causes: Vec<MatrixCause>,
    /// The findings, most severe first.
    pub(super) found: Vec<MatrixFinding>,
    /// Number of divergences that each known entry matched, by the entry's id. Entries without a match are not in it.
    pub(super) known: BTreeMap<String, u64>,
    /// Number of buckets below the severity that counts.
    pub(super) milder: usize,
    /// Number of cases that were not compared to their end, by reason.
    pub(super) incomparable: BTreeMap<String, u64>,
    /// Why the last check of the target failed, if it did. The rest is then the result of an earlier check.
    pub(super) trouble: Option<String>,
}

/// The result of a clause: the worst result of its examples.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ClauseResult {
    /// Not run, for this reason.
    NotRun(String),
    /// Every example passed.
    Pass,
    /// The target cannot run an example, for this reason.
    Unsupported(String),
    /// An example failed, as a known entry says.
    Known(FailedExample),
    /// An example failed.
    Fail(FailedExample),
    /// The target died or hung in an example.
    Died(FailedExample),
}

/// An example that failed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FailedExample {
    /// Page and line.
    pub(super) place: String,
    pub(super) statement: String,
    pub(super) expected: String,
    pub(super) actual: String,
}

/// A cause of findings of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MatrixCause {
    /// Name of the cause.
    pub(super) id: String,
    /// The difference as a sentence.
    pub(super) sentence: String,
    /// The level of the clause that it breaks; none without a clause.
    pub(super) level: Option<Level>,
    pub(super) severity: Severity,
    /// Id of that clause.
    pub(super) clause: Option<String>,
    /// Number of cases that met it.
    pub(super) count: u64,
}

/// A finding of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatrixFinding {
    /// Name of the finding's files, without extension.
    pub(crate) id: String,
    pub(crate) severity: Severity,
    /// The operation, with that of its callback argument, or `at the end`.
    pub(super) op: String,
    pub(super) field: Field,
    pub(crate) headline: String,
    pub(super) expected: String,
    pub(super) actual: String,
    /// Id of the clause that the divergence breaks, if one covers it.
    pub(super) clause: Option<String>,
    /// Number of cases that showed the divergence.
    pub(super) count: u64,
    /// Why the divergence was not reproduced, if it was not.
    pub(super) unsteady: Option<String>,
    pub(crate) session: String,
    /// A Python script that shows the divergence without mmapcheck.
    pub(super) script: String,
}

impl Matrix {
    /// Reads `matrix.json` in a folder; an empty matrix if the file is missing.
    ///
    /// # Errors
    /// If the folder or the file cannot be read, with its name and line, or if the name of a target or finding in it cannot
    /// name a file.
    pub fn read(folder: &Path) -> Result<Matrix, TargetError> {
        let path = folder.join("matrix.json");
        let wrong = |error: &dyn std::fmt::Display| TargetError(format!("{}: {error}", path.display()));
        let mut matrix: Matrix = match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| TargetError(format!("{}:{}: {error}", path.display(), error.line())))?,
            Err(error) if error.kind() == ErrorKind::NotFound => Matrix::default(),
            Err(error) => return Err(wrong(&error)),
        };
        let ids = matrix.targets.values().flat_map(|result| result.found.iter().map(|finding| &finding.id));
        if let Some(name) = matrix.targets.keys().chain(ids).find(|name| !is_file_name(name)) {
            return Err(wrong(&format!("'{}' is not the name of a folder or file of the matrix", printable(name))));
        }
        matrix.taken = match std::fs::read_dir(folder) {
            Ok(entries) => entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(TargetError(format!("{}: {error}", folder.display()))),
        };
        Ok(matrix)
    }

    /// The targets, each by the name of its folder, with its findings.
    pub(crate) fn findings(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &MatrixFinding>)> {
        self.targets.iter().map(|(folder, result)| (folder.as_str(), result.found.iter()))
    }

    /// Adds the result of a target, which replaces its earlier one. Returns a summary on one line.
    ///
    /// # Errors
    /// If the session of a finding cannot be read.
    pub fn add(&mut self, report: &Report, flags: &str) -> Result<String, TargetError> {
        let result = TargetResult::new(report, flags)?;
        let line = result.line();
        self.targets.insert(self.free_folder(&report.target), result);
        Ok(line)
    }

    /// The folder of a target: its own, if it has one already, or else a name that is neither another target's nor taken.
    fn free_folder(&self, target: &str) -> String {
        let own = self.targets.iter().find(|(_, result)| result.name == target).map(|(folder, _)| folder.clone());
        let name = folder_name(target);
        let numbered = |n: u32| if n == 1 { name.clone() } else { format!("{name}~{n}") };
        let is_free = |name: &String| !self.targets.contains_key(name) && !self.taken.contains(name);
        own.or_else(|| (1..).map(numbered).find(is_free)).unwrap_or(name)
    }

    /// Notes why the target with these options could not be checked. Its earlier result stays.
    pub fn note_trouble(&mut self, flags: &str, why: &str) {
        for result in self.targets.values_mut().filter(|result| result.flags == flags) {
            result.trouble = Some(why.to_owned());
        }
    }
}

/// The most characters of a folder's name.
const LONGEST: usize = 120;

/// Whether a text names a file or folder directly in another folder, for every file system: ASCII letters, digits, dots,
/// dashes and tildes, of which a dot is not the first.
fn is_file_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-~".contains(c);
    !text.is_empty() && !text.starts_with('.') && text.len() < 2 * LONGEST && text.chars().all(is_plain)
}

/// The name of a target's folder: `pypy-7.3.11`, `cpython-3.11.7-windows`, `fmmap-2.0.0-cpython-3.11.7`. It leads to a folder of
/// its own whatever the target calls itself.
fn folder_name(target: &str) -> String {
    let (interpreter, module) = target.split_once(", module ").unwrap_or((target, "mmap"));
    let interpreter = interpreter.split(" (").next().unwrap_or(interpreter).replace(" on ", " ");
    let module = if module == "mmap" { String::new() } else { format!("{module} ") };
    let words = (module + &interpreter).to_lowercase();
    let words: String = words.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { ' ' }).collect();
    let words: Vec<_> =
        words.split_whitespace().map(|word| word.trim_matches('.')).filter(|word| !word.is_empty()).collect();
    let mut name = words.join("-");
    name.truncate(LONGEST);
    if name.is_empty() { "target".into() } else { name }
}

impl TargetResult {
    fn new(report: &Report, flags: &str) -> Result<TargetResult, TargetError> {
        let mut found: Vec<MatrixFinding> = Vec::new();
        for finding in &report.divergences {
            let mut next = MatrixFinding::new(finding, report)?;
            let numbered = format!("{}~", next.id);
            let same = found.iter().filter(|other| other.id == next.id || other.id.starts_with(&numbered)).count();
            if same > 0 {
                next.id = format!("{numbered}{}", same + 1);
            }
            found.push(next);
        }
        Ok(TargetResult {
            name: report.target.clone(),
            profile: report.profile,
            flags: flags.to_owned(),
            seed: report.seed,
            cases: report.cases,
            steps: report.steps,
            clauses: clauses(&report.pages),
            causes: report.causes.iter().filter(|cause| !cause.inherited).map(MatrixCause::new).collect(),
            found,
            known: report
                .known
                .iter()
                .filter(|(_, count)| **count > 0)
                .map(|(id, count)| (id.clone(), *count))
                .collect(),
            milder: report.milder.len(),
            incomparable: report.incomparable.clone(),
            trouble: None,
        })
    }

    /// Number of clauses whose result passes a test.
    pub(super) fn many(&self, test: impl Fn(&ClauseResult) -> bool) -> usize {
        self.clauses.values().filter(|result| test(result)).count()
    }

    /// A summary on one line.
    pub(super) fn line(&self) -> String {
        format!(
            "{}: {} clauses pass, {} fail, {} died, {} unsupported, {} not run; {} buckets of divergences in {} steps",
            self.name,
            self.many(|result| *result == ClauseResult::Pass),
            self.many(|result| matches!(result, ClauseResult::Fail(_) | ClauseResult::Known(_))),
            self.many(|result| matches!(result, ClauseResult::Died(_))),
            self.many(|result| matches!(result, ClauseResult::Unsupported(_))),
            self.many(|result| matches!(result, ClauseResult::NotRun(_))),
            self.found.len(),
            self.steps,
        )
    }
}

/// The result of each clause.
fn clauses(pages: &PagesRecord) -> BTreeMap<String, ClauseResult> {
    let mut clauses: BTreeMap<String, ClauseResult> = BTreeMap::new();
    let mut add = |example: &str, result: ClauseResult| {
        let clause = example.split('.').next().unwrap_or(example).to_owned();
        let worst = clauses.entry(clause).or_insert_with(|| result.clone());
        if result > *worst {
            *worst = result;
        }
    };
    for example in &pages.examples {
        let reason = example.reason.clone().unwrap_or_default();
        match example.result {
            ExampleResult::Passed => add(&example.id, ClauseResult::Pass),
            ExampleResult::Skipped => add(&example.id, ClauseResult::NotRun(reason)),
            ExampleResult::Unsupported => add(&example.id, ClauseResult::Unsupported(reason)),
            // The lists of failures say more.
            ExampleResult::Failed | ExampleResult::Known | ExampleResult::Inherited => {}
        }
    }
    for failure in pages.known_failures.iter().chain(&pages.inherited_failures) {
        add(&failure.id, ClauseResult::Known(FailedExample::new(failure)));
    }
    for failure in &pages.failures {
        let failed = FailedExample::new(failure);
        add(&failure.id, if failure.died { ClauseResult::Died(failed) } else { ClauseResult::Fail(failed) });
    }
    clauses
}

impl FailedExample {
    fn new(failure: &FailureRecord) -> FailedExample {
        let FailureRecord { place, statement, expected, actual, .. } = failure.clone();
        FailedExample { place, statement, expected, actual }
    }
}

impl MatrixCause {
    fn new(cause: &CauseRecord) -> MatrixCause {
        let CauseRecord { id, sentence, level, severity, clause, count, .. } = cause.clone();
        MatrixCause { id, sentence, level, severity, clause, count }
    }
}

impl MatrixFinding {
    fn new(finding: &FindingRecord, report: &Report) -> Result<MatrixFinding, TargetError> {
        let FindingRecord { id, severity, operation, field, headline, expected, actual, .. } = finding.clone();
        let about =
            [format!("{severity}: {headline}"), format!("Found in {}, judged as {}.", report.target, report.profile)];
        let script = script(&finding.session, &about, field, severity)
            .map_err(|error| TargetError(format!("the session of finding {id} cannot be read: line {error}")))?;
        Ok(MatrixFinding {
            id,
            severity,
            op: operation.unwrap_or("at the end".into()),
            field,
            headline,
            expected,
            actual,
            clause: finding.clause.clone(),
            count: finding.count,
            unsteady: finding.unsteady.clone(),
            session: finding.session.clone(),
            script,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_the_repository_is_read_and_written_unchanged() -> Result<(), Box<dyn std::error::Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports");
        let matrix = Matrix::read(&folder)?;
        assert!(!matrix.targets.is_empty());
        assert!(serde_json::to_string_pretty(&matrix)? + "\n" == std::fs::read_to_string(folder.join("matrix.json"))?);
        Ok(())
    }

    #[test]
    fn a_folder_is_named_after_module_interpreter_and_version() {
        let names = [
            ("CPython 3.11.7, module mmap", "cpython-3.11.7"),
            ("PyPy 7.3.11 (Python 3.9.16), module mmap", "pypy-7.3.11"),
            ("CPython 3.11.9 on Windows, module mmap", "cpython-3.11.9-windows"),
            ("CPython 3.11.7, module fmmap 2.0.0", "fmmap-2.0.0-cpython-3.11.7"),
        ];
        for (target, folder) in names {
            assert_eq!(folder_name(target), folder);
        }
    }

    #[test]
    fn the_folder_of_a_target_lies_in_the_folder_of_the_matrix_whatever_the_target_calls_itself() {
        let long = "x".repeat(5000);
        let names =
            ["..", ".", "", "/", "../..", "/etc/passwd", "a/../../b", ".hidden", "...", "~", "é", "a\0b", &long];
        for name in names {
            for target in [name.to_owned(), format!("{name}, module {name}"), format!("CPython 3.11.7, module {name}")]
            {
                let folder = folder_name(&target);
                assert!(is_file_name(&folder) && folder.len() <= LONGEST, "{target}: {folder}");
            }
        }
        for name in ["..", ".", "", "a/b", "/a", ".a", "a\0", "é"] {
            assert!(!is_file_name(name), "{name:?}");
        }
    }

    #[test]
    fn no_target_takes_the_folder_of_another_one_or_of_something_else() {
        let result = |name: &str| TargetResult {
            name: name.into(),
            profile: Profile::NEWEST,
            flags: String::new(),
            seed: 1,
            cases: 0,
            steps: 0,
            clauses: BTreeMap::new(),
            causes: Vec::new(),
            found: Vec::new(),
            known: BTreeMap::new(),
            milder: 0,
            incomparable: BTreeMap::new(),
            trouble: None,
        };
        let targets = BTreeMap::from([("a-b".to_owned(), result("A b"))]);
        let matrix = Matrix { targets, taken: BTreeSet::from(["a-b".to_owned(), "known".to_owned()]) };
        let folders = ["A b", "A/b", "known", "new"].map(|name| matrix.free_folder(name));
        assert_eq!(folders, ["a-b", "a-b~2", "known~2", "new"]);
    }
}
