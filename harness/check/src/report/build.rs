//! Building a report from the result of a check.

use super::{
    EntryRecord, ExampleRecord, ExampleResult, FailureRecord, FindingRecord, MilderRecord, NotRunRecord, OutcomeCounts,
    PagesRecord, PatternRecord, Report, StaleRecord,
};
use crate::campaign::Finding;
use crate::clauses::Clauses;
use crate::divergence::{Bucket, headline, slug};
use crate::examine::CheckResult;
use crate::histogram::Histogram;
use crate::known::{SuppressionResult, SuppressionState};
use crate::limits;
use crate::pages::{Failure, PagesResult};
use crate::pattern::Pattern;
use crate::report::session::session;
use crate::text::brief;
use crate::trace_table::StepTable;
use mmapcheck_spec::{End, Op, printable};
use std::collections::BTreeMap;

/// The shell commands of a report.
pub trait Commands {
    /// The command that runs the case of a finding with this session again.
    fn finding(&self, finding: &Finding, session: &str) -> String;
    /// The command that runs the example with this id again.
    fn example(&self, id: &str) -> String;
}

impl Report {
    /// The report of a check.
    #[must_use]
    pub fn new(result: &CheckResult, commands: &dyn Commands) -> Report {
        let CheckResult { pages, suppressions, campaign, unavailable } = result;
        let unavailable = unavailable.iter().map(|one| (one.check.clone(), one.reason.clone()));
        let (mut known, mut stale, mut not_run) = (BTreeMap::new(), Vec::new(), Vec::new());
        for SuppressionResult { suppression, count, state } in suppressions {
            let (id, place) = (suppression.id.clone(), suppression.place.clone());
            if let SuppressionState::NotRun(reason) = state {
                not_run.push(NotRunRecord { id, reason: reason.clone() });
                continue;
            }
            known.insert(id.clone(), *count);
            if let SuppressionState::Stale(reason) = state {
                stale.push(StaleRecord { id, place, reason: reason.clone() });
            }
        }
        let record = |finding: &Finding| {
            let session = session(&finding.compared, Some(&finding.divergence));
            let replay = commands.finding(finding, &session);
            FindingRecord::with_session(finding, session, replay)
        };
        Report {
            target: campaign.info.name.clone(),
            profile: campaign.profile,
            seed: campaign.seed,
            cases: campaign.cases,
            steps: campaign.steps,
            left_out: campaign.left_out.by_text(),
            deaths: campaign.deaths,
            outcomes: OutcomeCounts::new(&campaign.answers, &campaign.shown),
            seconds: campaign.seconds,
            interrupted: campaign.interrupted,
            failure: campaign.failure.as_deref().map(printable),
            severity: campaign.severity,
            pages: PagesRecord::new(pages, commands),
            unavailable: unavailable.collect(),
            divergences: campaign.findings.iter().map(record).collect(),
            inherited: campaign.inherited.iter().map(record).collect(),
            milder: campaign.milder.iter().map(|(bucket, count)| MilderRecord::new(bucket, *count)).collect(),
            incomparable: campaign.incomparable.clone(),
            known,
            stale,
            known_not_run: not_run,
            known_entries: suppressions.iter().map(EntryRecord::new).collect(),
        }
    }
}

impl OutcomeCounts {
    /// The outcomes of the steps in `answers`, against those that the examples of the specification have in `shown`.
    #[must_use]
    pub fn new(answers: &Histogram, shown: &Histogram) -> OutcomeCounts {
        let outcomes = |op: Op| answers.of(op).iter().map(|(kind, count)| (kind.to_string(), *count)).collect();
        let never = answers.lacks(shown);
        OutcomeCounts {
            answers: Op::ALL.iter().map(|&op| (op.to_string(), outcomes(op))).collect(),
            refused: answers.refused(),
            shown: shown.met() as u64,
            never: never.iter().map(|(op, kind)| (op.to_string(), kind.to_string())).collect(),
        }
    }
}

impl FindingRecord {
    /// The record of a finding. `replay` is the shell command that runs its case again.
    #[must_use]
    pub fn new(finding: &Finding, replay: String) -> FindingRecord {
        FindingRecord::with_session(finding, session(&finding.compared, Some(&finding.divergence)), replay)
    }

    fn with_session(finding: &Finding, session: String, replay: String) -> FindingRecord {
        let (divergence, bucket) = (&finding.divergence, &finding.divergence.bucket);
        let clauses = Clauses::of(finding.compared.profile);
        let covering = clauses.covering(&finding.compared, divergence);
        FindingRecord {
            id: slug(divergence),
            headline: headline(divergence),
            kind: PatternRecord::of(bucket),
            severity: bucket.severity,
            op: bucket.op.map(|op| op.to_string()),
            operation: bucket.operation(),
            clause: covering.map(|clause| clause.id.clone()),
            promise: covering.map(|clause| clause.title.clone()),
            step: divergence.step,
            field: bucket.field,
            expected: divergence.expected.clone(),
            actual: divergence.actual.clone(),
            differences: StepTable::differing(&finding.compared, divergence.step),
            count: finding.count,
            rate: finding.rate,
            unsteady: finding.unsteady.clone(),
            unshrunk: finding.unshrunk.clone(),
            stderr: last_words(&finding.compared.actual.last_words),
            session,
            replay,
        }
    }
}

/// The last lines of a text, each made fit to be shown; none of an empty text.
fn last_words(text: &str) -> Option<String> {
    let lines: Vec<_> = text.lines().map(|line| brief(&printable(line), limits::WORDS_LINE)).collect();
    let last = &lines[lines.len().saturating_sub(limits::WORDS)..];
    (!last.is_empty()).then(|| last.join("\n"))
}

impl PatternRecord {
    /// The pattern that matches this bucket and no other.
    #[must_use]
    pub fn of(bucket: &Bucket) -> PatternRecord {
        let Pattern { op, callback, field, expected, actual, severity, .. } = Pattern::of(bucket);
        PatternRecord { op, callback, field, expected, actual, severity }
    }
}

impl MilderRecord {
    fn new(bucket: &Bucket, count: u64) -> MilderRecord {
        MilderRecord {
            severity: bucket.severity,
            op: bucket.op.map(|op| op.to_string()),
            operation: bucket.operation(),
            expected: bucket.expected.clone(),
            actual: bucket.actual.clone(),
            count,
        }
    }
}

impl EntryRecord {
    fn new(SuppressionResult { suppression, .. }: &SuppressionResult) -> EntryRecord {
        EntryRecord {
            id: suppression.id.clone(),
            what: suppression.what.clone(),
            link: suppression.link.clone(),
            place: suppression.place.clone(),
            counted: suppression.reproducer.is_some(),
        }
    }
}

impl PagesRecord {
    fn new(pages: &PagesResult, commands: &dyn Commands) -> PagesRecord {
        let record = |failure: &Failure| FailureRecord::new(failure, commands.example(&failure.id));
        let ids = |failures: &[Failure]| failures.iter().map(|failure| failure.id.clone()).collect::<Vec<_>>();
        let without_reason = [
            (ExampleResult::Passed, pages.passed.clone()),
            (ExampleResult::Failed, ids(&pages.failed)),
            (ExampleResult::Known, ids(&pages.expected)),
            (ExampleResult::Inherited, ids(&pages.inherited)),
        ];
        let with_reason = [(ExampleResult::Skipped, &pages.skipped), (ExampleResult::Unsupported, &pages.unsupported)];
        let without_reason = without_reason
            .into_iter()
            .flat_map(|(result, ids)| ids.into_iter().map(move |id| ExampleRecord { id, result, reason: None }));
        let with_reason = with_reason.into_iter().flat_map(|(result, examples)| {
            let record = move |(id, reason): &(String, String)| ExampleRecord {
                id: id.clone(),
                result,
                reason: Some(reason.clone()),
            };
            examples.iter().map(record)
        });
        PagesRecord {
            passed: pages.passed.len() as u64,
            failed: pages.failed.len() as u64,
            known: pages.expected.len() as u64,
            inherited: pages.inherited.len() as u64,
            skipped: pages.skipped.len() as u64,
            unsupported: pages.unsupported.len() as u64,
            reasons: pages.reasons().into_iter().map(|(reason, count)| (reason.to_owned(), count as u64)).collect(),
            failures: pages.failed.iter().map(record).collect(),
            known_failures: pages.expected.iter().map(record).collect(),
            inherited_failures: pages.inherited.iter().map(record).collect(),
            examples: without_reason.chain(with_reason).collect(),
        }
    }
}

impl FailureRecord {
    fn new(failure: &Failure, replay: String) -> FailureRecord {
        FailureRecord {
            id: failure.id.clone(),
            place: failure.place.clone(),
            statement: failure.statement.clone(),
            expected: failure.expected.clone(),
            actual: failure.actual.clone(),
            died: !matches!(failure.end, None | Some(End::Unsupported(_))),
            replay,
        }
    }
}
