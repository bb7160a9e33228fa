//! The result of one saved case, as `replay` and `shrink` report it. `reports/case.schema.json` describes its JSON.

use super::as_text;
use crate::differential::DifferentialRun;
use crate::divergence::{Field, Severity, headline};
use crate::repeat::Rate;
use mmapcheck_spec::Profile;
use mmapcheck_spec::notation::line_text;
use serde::{Deserialize, Serialize};

/// The result of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// The file of the case.
    pub file: String,
    /// Name and version of the target.
    pub target: String,
    /// The profile that the target was judged by.
    #[serde(with = "as_text")]
    pub profile: Profile,
    /// Number of steps of the case.
    pub steps: usize,
    /// Number of steps compared.
    pub compared: usize,
    /// The other steps.
    pub left_out: Vec<LeftOutRecord>,
    /// The number of runs that diverged, out of all. The other fields are those of the first run that diverged, or else of the
    /// first that was incomplete, or else of the first.
    pub rate: Rate,
    /// The result of the comparison of all runs.
    pub verdict: Verdict,
    /// The divergences, in the order of the steps.
    pub divergences: Vec<DivergenceRecord>,
    /// The shrunk case, with the expected answers; none in a replay.
    pub session: Option<String>,
}

/// A step that was not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOutRecord {
    /// Index of the step in the case, counted from 0.
    pub step: usize,
    /// The step as Python source.
    pub source: String,
    /// Why it was not compared.
    pub reason: String,
}

/// The first run that diverges, or else the first that is incomplete, or else the first; none without runs.
#[must_use]
pub fn worst(runs: &[DifferentialRun], least: Severity) -> Option<&DifferentialRun> {
    let with = |verdict| runs.iter().find(|run| Verdict::of(run, least) == verdict);
    with(Verdict::Diverge).or(with(Verdict::Incomplete)).or(runs.first())
}

/// A divergence of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivergenceRecord {
    /// Index of the step in the case, counted from 0; the number of steps for the end of the case.
    pub step: usize,
    /// The severity.
    pub severity: Severity,
    /// The divergence on one line.
    pub headline: String,
    /// The field in which the traces differ.
    pub field: Field,
    /// The expected value of the field.
    pub expected: String,
    /// The value of the target.
    pub actual: String,
}

/// The result of the comparison of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every step was compared, without a divergence that counts.
    Agree,
    /// A divergence counts.
    Diverge,
    /// Not every step was compared, and no divergence counts.
    Incomplete,
}

impl Verdict {
    /// The verdict on a run. Divergences below `least` do not count.
    #[must_use]
    pub fn of(run: &DifferentialRun, least: Severity) -> Verdict {
        match (run.comparison.first(least), run.not_compared().as_slice()) {
            (Some(_), _) => Verdict::Diverge,
            (None, []) => Verdict::Agree,
            (None, _) => Verdict::Incomplete,
        }
    }
}

impl CaseRecord {
    /// The record of the case of a file, by the run that [`worst`] selects, and the rate at which its runs diverge.
    /// Divergences below `least` do not make it diverge.
    #[must_use]
    pub fn new(
        file: String,
        target: String,
        run: &DifferentialRun,
        rate: Rate,
        least: Severity,
        session: Option<String>,
    ) -> CaseRecord {
        let not_compared = run.not_compared();
        let left_out = not_compared.iter().map(|step| LeftOutRecord {
            step: step.place,
            source: line_text(&step.step),
            reason: step.reason.to_string(),
        });
        let divergences = run.comparison.divergences.iter().map(|divergence| DivergenceRecord {
            step: run.place(divergence.step),
            severity: divergence.bucket.severity,
            headline: headline(divergence),
            field: divergence.bucket.field,
            expected: divergence.expected.clone(),
            actual: divergence.actual.clone(),
        });
        CaseRecord {
            file,
            target,
            profile: run.profile,
            steps: run.steps(),
            compared: run.comparison.compared - run.comparison.begins,
            left_out: left_out.collect(),
            rate,
            verdict: Verdict::of(run, least),
            divergences: divergences.collect(),
            session,
        }
    }

    /// The record as one line of JSON.
    ///
    /// # Errors
    /// If the record cannot be serialised.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// How much of the case was compared.
    #[must_use]
    pub fn extent(&self) -> String {
        format!("{} of {} steps compared", self.compared, self.steps)
    }

    /// The verdict on one line.
    #[must_use]
    pub fn line(&self, least: Severity) -> String {
        let extent = self.extent();
        let shown = |divergence: &DivergenceRecord| divergence.headline.clone();
        let first = self.divergences.iter().find(|divergence| divergence.severity >= least);
        match (self.verdict, first.or(self.divergences.first())) {
            (Verdict::Diverge, Some(divergence)) => {
                let severity = divergence.severity.to_string().to_uppercase();
                let rate = if self.rate.is_steady() { String::new() } else { format!(", in {} runs", self.rate) };
                format!("{severity}  {} ({extent}{rate})", shown(divergence))
            }
            (Verdict::Agree, None) => format!("agree: {extent}"),
            (Verdict::Incomplete, None) => format!("incomplete: {extent}, without a divergence"),
            (_, Some(milder)) => {
                format!("{extent}, without a divergence but for a {}: {}", milder.severity, shown(milder))
            }
            (Verdict::Diverge, None) => extent,
        }
    }
}
