//! A report: the result of a check as one serialisable value.
//!
//! [`build`] makes a [`Report`] from the result of a check. [`text`], [`json`], [`junit`] and [`summary`] render it; triage reads it
//! back. Serialised, it is the JSON object that `reports/report.schema.json` describes.

pub mod build;
pub mod case;
pub mod command;
pub mod explain;
pub mod issue;
pub mod json;
#[cfg(feature = "program")]
pub mod junit;
#[cfg(feature = "program")]
pub mod page;
pub mod saved;
pub mod screen;
pub mod session;
pub mod stored;
pub mod summary;
pub mod text;

use crate::divergence::{Field, Severity};
use crate::repeat::Rate;
use crate::trace_table::StepTable;
use crate::variation::Variation;
use indexmap::IndexMap;
use mmapcheck_spec::Profile;
use mmapcheck_spec::pages::Level;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Name and version of the target.
    pub target: String,
    /// The profile that the target was judged by.
    #[serde(with = "as_text")]
    pub profile: Profile,
    /// The seed of the generated cases.
    pub seed: u64,
    /// Number of generated cases.
    pub cases: u64,
    /// Number of steps compared in them.
    pub steps: u64,
    /// Number of steps in them that were not compared, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// Number of cases in which the target died as expected.
    pub deaths: u64,
    /// The outcomes of the steps.
    #[serde(flatten)]
    pub outcomes: OutcomeCounts,
    /// Duration of the generated cases in seconds.
    pub seconds: f64,
    /// Whether the check ended before its budget was used up.
    pub interrupted: bool,
    /// Why the target could no longer be used, if that ended the check.
    pub failure: Option<String>,
    /// The mildest severity that counts as a divergence.
    pub severity: Severity,
    /// The examples of the specification.
    pub pages: PagesRecord,
    /// The checks that cannot be had for the target on this machine, each with the reason.
    pub unavailable: BTreeMap<String, String>,
    /// How much of the target the causes account for; none without divergences in the generated cases.
    pub model: Option<ModelRecord>,
    /// The causes of the findings, the promises of the documentation first.
    pub causes: Vec<CauseRecord>,
    /// The findings, most severe first.
    pub divergences: Vec<FindingRecord>,
    /// The findings that the base of the class shows as well: the interpreter's own `mmap`, or an empty subclass of it if the
    /// class derives from it.
    pub inherited: Vec<FindingRecord>,
    /// Divergences below the severity that counts.
    pub milder: Vec<MilderRecord>,
    /// Number of cases that were not compared to their end, by reason.
    pub incomparable: BTreeMap<String, u64>,
    /// Number of divergences that each known entry matched, by the entry's id. Entries that were not run are not in it.
    pub known: BTreeMap<String, u64>,
    /// Known entries that no longer hold.
    pub stale: Vec<StaleRecord>,
    /// Known entries that were not run.
    pub known_not_run: Vec<NotRunRecord>,
    /// All known entries, in the order of their list.
    pub known_entries: Vec<EntryRecord>,
}

/// The outcomes of the generated steps. An outcome is `a value`, an exception class (with its `errno`) or a death.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutcomeCounts {
    /// Number of steps by operation and outcome, the most frequent outcome first.
    pub answers: IndexMap<String, IndexMap<String, u64>>,
    /// Share of the steps that returned no value, from 0 to 1.
    pub refused: f64,
    /// Number of pairs of operation and outcome that the examples of the specification show.
    pub shown: u64,
    /// Those of these pairs that no step had.
    pub never: Vec<(String, String)>,
}

/// The results of the examples of the specification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PagesRecord {
    /// Number of examples that passed.
    pub passed: u64,
    /// Number of examples that failed, without known and inherited failures.
    pub failed: u64,
    /// Number of examples that failed as a known entry says.
    pub known: u64,
    /// Number of examples that failed as on the base of the class.
    pub inherited: u64,
    /// Number of examples that do not apply to the target.
    pub skipped: u64,
    /// Number of examples that the target cannot run.
    pub unsupported: u64,
    /// Number of skipped examples by reason.
    pub reasons: BTreeMap<String, u64>,
    /// The failures that are neither known nor inherited.
    pub failures: Vec<FailureRecord>,
    /// The known failures.
    pub known_failures: Vec<FailureRecord>,
    /// The inherited failures.
    pub inherited_failures: Vec<FailureRecord>,
    /// The result of every example.
    pub examples: Vec<ExampleRecord>,
}

/// The result of one example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleRecord {
    /// Id of the example, such as `READ-3.2`.
    pub id: String,
    /// Its result.
    pub result: ExampleResult,
    /// Why it was skipped, or is unsupported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The result of an example, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExampleResult {
    /// The target gave every answer of the example.
    Passed,
    /// The target gave another answer.
    Failed,
    /// The target gave another answer, as a known entry says.
    Known,
    /// The target gave another answer, which the base of the class gave as well.
    Inherited,
    /// The example does not apply to the target.
    Skipped,
    /// The target cannot run the example.
    Unsupported,
}

/// An example that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// Id of the example.
    pub id: String,
    /// The title of its clause.
    #[serde(default)]
    pub promise: String,
    /// Page and line of the expected answer: `spec/pages/reading.md:17`.
    pub place: String,
    /// The whole example, with the answers of the page.
    #[serde(default)]
    pub session: String,
    /// The statement of the example.
    pub statement: String,
    /// The answer of the page.
    pub expected: String,
    /// The answer of the target.
    pub actual: String,
    /// Whether the target died or hung.
    pub died: bool,
    /// Shell command that runs the example again.
    pub replay: String,
}

/// How many fresh random cases agree with the model of the target: the reference with the variations of the causes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// Number of fresh cases.
    pub cases: u64,
    /// Share of them in which the target does what the model says, from 0 to 1.
    pub with: f64,
    /// Share of them in which the target does what the rules alone say, from 0 to 1.
    pub without: f64,
    /// Time in seconds that the diagnoses took, of all jobs together.
    pub seconds: f64,
}

/// A cause: one way in which the target differs, and the findings that it explains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CauseRecord {
    /// Name of the cause, made of its operations and effect, the same in each run.
    pub id: String,
    /// The difference as a sentence, without a full stop.
    pub sentence: String,
    /// The changed rules; none where no variation of the reference explains the findings, which are grouped by operation and
    /// answers.
    pub variations: Vec<Variation>,
    /// The level of the clause that it breaks; none without a clause.
    pub level: Option<Level>,
    /// The severity of its worst finding.
    pub severity: Severity,
    /// The operations in which it shows; none at the end of a case.
    pub ops: Vec<String>,
    /// The operation of its smallest case; none at the end of the case.
    pub op: Option<String>,
    /// Id of the clause that its smallest case breaks; none if no clause covers it.
    pub clause: Option<String>,
    /// The title of that clause.
    pub promise: Option<String>,
    /// Versions of CPython that do in its smallest case what the target does, such as `3.14`.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Parameters of its operation whose arguments do not matter.
    #[serde(default)]
    pub any_argument: Vec<String>,
    /// Number of cases that met it.
    pub count: u64,
    /// Whether its smallest case needs a callback argument.
    pub reentrant: bool,
    /// Whether the base of the class differs in the same way.
    pub inherited: bool,
    /// The smallest case that shows it, with the expected answers.
    pub session: String,
    /// Shell command that runs this case again.
    pub replay: String,
    /// Ids of its findings, that of the smallest case first.
    pub findings: Vec<String>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// Name of the finding, made of its bucket; the name of its file without extension. Two findings can have the same.
    pub id: String,
    /// The divergence on one line.
    pub headline: String,
    /// The bucket as the pattern of a known entry.
    pub kind: PatternRecord,
    /// The severity.
    pub severity: Severity,
    /// The operation; none at the end of the case.
    pub op: Option<String>,
    /// The operation, with that of its callback argument; none at the end of the case.
    pub operation: Option<String>,
    /// Id of the clause that the divergence breaks; none if no clause shows the operation under the condition of the step.
    pub clause: Option<String>,
    /// The title of that clause.
    pub promise: Option<String>,
    /// Index of the diverging step, counted from 0; the number of steps for the end of the case.
    pub step: usize,
    /// The field in which the traces differ.
    pub field: Field,
    /// The expected value of the field.
    pub expected: String,
    /// The value of the target.
    pub actual: String,
    /// Every field in which the diverging step differs.
    pub differences: StepTable,
    /// Number of cases that showed the divergence.
    pub count: u64,
    /// How often the case showed the divergence when it was run again; none if it was not.
    pub rate: Option<Rate>,
    /// Why the divergence may not show again, if it did not show each time.
    pub unsteady: Option<String>,
    /// Why the case is not as small as it can be, if it is not.
    pub unshrunk: Option<String>,
    /// The last lines that the target wrote on standard error before it died, exited or hung, if it wrote any.
    pub stderr: Option<String>,
    /// The shrunk case, with the expected answers.
    pub session: String,
    /// Shell command that runs the case again.
    pub replay: String,
}

/// The bucket of a divergence in the form of a known entry's pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternRecord {
    /// Name of the operation; `end` at the end of the case.
    pub op: String,
    /// Operation of the callback argument; empty if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub callback: String,
    /// Name of the field.
    pub field: String,
    /// Kind of the expected answer: a type, an exception class, or a text without its numbers.
    pub expected: String,
    /// Kind of the target's answer.
    pub actual: String,
    /// The severity, if the pattern needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

/// A bucket below the severity that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MilderRecord {
    /// The severity.
    pub severity: Severity,
    /// The operation; none at the end of the case.
    pub op: Option<String>,
    /// The operation, with that of its callback argument; none at the end of the case.
    pub operation: Option<String>,
    /// Kind of the expected answer.
    pub expected: String,
    /// Kind of the target's answer.
    pub actual: String,
    /// Number of cases that showed it.
    pub count: u64,
}

/// A known entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRecord {
    /// Id of the entry.
    pub id: String,
    /// The divergence in one sentence.
    pub what: String,
    /// Address or number of a bug report.
    pub link: Option<String>,
    /// File and line of the entry.
    pub place: String,
    /// Whether the entry has a pattern, so that its divergences are counted. An entry without one only names clauses.
    pub counted: bool,
}

/// A known entry that no longer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleRecord {
    /// Id of the entry.
    pub id: String,
    /// File and line of the entry.
    pub place: String,
    /// Why it is stale, such as `its case agrees`.
    pub reason: String,
}

/// A known entry that was not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRunRecord {
    /// Id of the entry.
    pub id: String,
    /// Why it was not run.
    pub reason: String,
}

/// Serialises a value as its text form.
pub(crate) mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::fmt::Display;
    use std::str::FromStr;

    pub(crate) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
