//! Building a report from the result of a check.

use super::{
    CauseRecord, EntryRecord, ExampleRecord, ExampleResult, FailureRecord, FindingRecord, MilderRecord, ModelRecord,
    NotRunRecord, OutcomeCounts, PagesRecord, PatternRecord, Report, StaleRecord,
};
use crate::agreement::Agreement;
use crate::campaign::{CampaignResult, Finding};
use crate::causes::{Cause, causes};
use crate::clauses::Clauses;
use crate::differential::DifferentialRun;
use crate::divergence::{Bucket, headline, identifier_of, slug};
use crate::examine::CheckResult;
use crate::histogram::Histogram;
use crate::known::{SuppressionResult, SuppressionState};
use crate::limits;
use crate::oracle::Expected;
use crate::pages::{Failure, PagesResult};
use crate::pattern::Pattern;
use crate::report::session::{answered, session};
use crate::since::versions_like;
use crate::text::brief;
use crate::trace_table::StepTable;
use crate::variation::{Variation, sentence};
use mmapcheck_spec::pages::{all, examples};
use mmapcheck_spec::{End, Op, printable};
use std::cmp::Reverse;
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
        let record = |finding: &Finding| FindingRecord::of(finding, commands);
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
            model: campaign.understood.map(|fresh| ModelRecord::new(fresh, campaign.diagnosing)),
            causes: cause_records(campaign, commands),
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

/// The causes of a campaign's findings: those of the class itself first, then the promises of the documentation, by severity, plain
/// before re-entrant, and frequent before rare.
fn cause_records(campaign: &CampaignResult, commands: &dyn Commands) -> Vec<CauseRecord> {
    let mut all: Vec<_> = causes(campaign).iter().filter_map(|cause| CauseRecord::new(cause, commands)).collect();
    let level = |cause: &CauseRecord| cause.level.map_or(u8::MAX, |level| level as u8);
    all.sort_by_key(|cause| {
        (cause.inherited, level(cause), Reverse(cause.severity), cause.reentrant, Reverse(cause.count))
    });
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for cause in &mut all {
        let times = seen.entry(cause.id.clone()).or_default();
        *times += 1;
        if *times > 1 {
            cause.id += &format!("-{times}");
        }
    }
    all
}

impl CauseRecord {
    /// The record of a cause; none without findings.
    fn new(cause: &Cause<'_>, commands: &dyn Commands) -> Option<CauseRecord> {
        let smallest = cause.findings.first()?;
        let record = FindingRecord::of(smallest, commands);
        let clauses = Clauses::of(smallest.compared.profile);
        let covering =
            cause.findings.iter().find_map(|finding| clauses.covering(&finding.compared, &finding.divergence));
        Some(CauseRecord {
            id: identifier(cause),
            sentence: cause.sentence.clone(),
            variations: cause.variations.clone(),
            level: covering.map(|clause| clause.level),
            severity: cause.severity(),
            ops: cause.ops.iter().map(Op::to_string).collect(),
            op: record.op,
            clause: covering.map(|clause| clause.id.clone()),
            promise: covering.map(|clause| clause.title.clone()),
            versions: versions_like(smallest),
            any_argument: cause.variations.first().map_or_else(Vec::new, |one| one.any_argument()),
            count: cause.count,
            reentrant: smallest.divergence.bucket.callback.is_some(),
            inherited: cause.inherited,
            session: record.session,
            replay: record.replay,
            findings: cause.findings.iter().map(|finding| slug(&finding.divergence)).collect(),
        })
    }
}

/// The name of a cause: the first words of its sentence without the conditions, or that of its smallest finding.
fn identifier(cause: &Cause<'_>) -> String {
    match cause.variations.first() {
        Some(variation) => identifier_of(&sentence(&[Variation { when: Vec::new(), ..variation.clone() }])),
        None => cause.findings.first().map_or(String::new(), |finding| slug(&finding.divergence)),
    }
}

impl ModelRecord {
    fn new(fresh: Agreement, seconds: f64) -> ModelRecord {
        let share = |agree: u64| agree as f64 / fresh.cases.max(1) as f64;
        ModelRecord { cases: fresh.cases, with: share(fresh.with_model), without: share(fresh.without), seconds }
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

/// The session of a finding, with the answers that the rules alone expect.
fn session_of(finding: &Finding) -> String {
    let (compared, divergence) = (&finding.compared, Some(&finding.divergence));
    match finding.plain.clone() {
        None => session(compared, divergence),
        // The step that shows a divergence of state has its place in the case that was compared.
        Some(Expected { case, expected, .. }) if case == compared.case => {
            session(&DifferentialRun { expected, ..compared.clone() }, divergence)
        }
        Some(Expected { case, expected, .. }) => answered(&case, &expected, compared.profile),
    }
}

impl FindingRecord {
    /// The record of a finding. `replay` is the shell command that runs its case again.
    #[must_use]
    pub fn new(finding: &Finding, replay: String) -> FindingRecord {
        FindingRecord::with_session(finding, session_of(finding), replay)
    }

    fn of(finding: &Finding, commands: &dyn Commands) -> FindingRecord {
        let session = session_of(finding);
        let replay = commands.finding(finding, &session);
        FindingRecord::with_session(finding, session, replay)
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
        // The pages that were run can be read.
        let of_page = all().ok().and_then(|pages| examples(pages).find(|(_, _, example)| example.id == failure.id));
        FailureRecord {
            id: failure.id.clone(),
            promise: of_page.map_or_else(String::new, |(_, clause, _)| clause.rule.clone()),
            session: of_page.map_or_else(String::new, |(_, _, example)| example.text.clone()),
            place: failure.place.clone(),
            statement: failure.statement.clone(),
            expected: failure.expected.clone(),
            actual: failure.actual.clone(),
            died: !matches!(failure.end, None | Some(End::Unsupported(_))),
            replay,
        }
    }
}
