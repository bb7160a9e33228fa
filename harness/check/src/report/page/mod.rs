//! A report as one page of HTML that needs no network: the causes with their cases side by side, the examples, the outcomes, the
//! known entries, and what was not compared.

pub mod clause;
pub mod heat;
pub mod marks;
pub mod sides;

use self::clause::{ClauseLink, clauses};
use self::heat::HeatMap;
use self::sides::{SideRow, sides};
use super::screen::verdict;
use super::{CauseRecord, EntryRecord, ExampleResult, FailureRecord, FindingRecord, MilderRecord, ModelRecord, Report};
use crate::text::grouped;
use askama::Template;
use askama::filters::HtmlSafe;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The page of a report.
///
/// # Errors
/// If the template cannot be rendered.
pub fn page(report: &Report) -> askama::Result<String> {
    CheckPage::new(report).render()
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage<'a> {
    report: &'a Report,
    title: &'a str,
    verdict: String,
    model: Option<ModelView>,
    facts: Vec<(&'static str, String)>,
    /// The causes in the order of the report, and the headings of their lists.
    causes: [(&'static str, Vec<CauseView<'a>>); 2],
    /// Findings that belong to no cause.
    others: Vec<FindingView<'a>>,
    examples: Vec<ExampleView<'a>>,
    results: Vec<(&'static str, usize)>,
    heat: HeatMap,
    known: Vec<KnownView<'a>>,
    not_compared: Vec<(&'static str, Vec<(&'a str, String)>)>,
    /// The divergences below the severity that counts, each with its count.
    milder: Vec<(String, String)>,
}

/// How much of the target the causes account for.
struct ModelView {
    with: String,
    without: String,
    cases: String,
    /// Both shares in thousandths, for the bars.
    bars: [(&'static str, u64); 2],
}

/// A cause and its findings.
struct CauseView<'a> {
    number: usize,
    cause: &'a CauseRecord,
    sentence: Prose<'a>,
    level: String,
    count: String,
    clause: Option<ClauseLink<'a>>,
    /// The finding of the smallest case.
    smallest: Option<FindingView<'a>>,
    others: Vec<FindingView<'a>>,
}

/// A finding and its case.
#[derive(Template)]
#[template(path = "case.html")]
struct FindingView<'a> {
    finding: &'a FindingRecord,
    rows: Vec<SideRow>,
    count: String,
}

/// The template escapes every value.
impl HtmlSafe for FindingView<'_> {}

/// A sentence in which backticks enclose code.
#[derive(Template)]
#[template(
    source = "{% for part in parts %}{% if loop.index % 2 == 0 %}<code>{{ part }}</code>{% else %}{{ part }}{% endif %}{% endfor %}",
    ext = "html"
)]
pub(crate) struct Prose<'a> {
    parts: Vec<&'a str>,
}

/// The template escapes every value.
impl HtmlSafe for Prose<'_> {}

impl<'a> Prose<'a> {
    /// The sentence of a text; a text without a backtick is one part.
    pub(crate) fn new(text: &'a str) -> Prose<'a> {
        Prose { parts: text.split('`').collect() }
    }
}

/// An example of the specification and its result.
struct ExampleView<'a> {
    id: &'a str,
    title: Prose<'a>,
    level: String,
    result: &'static str,
    reason: &'a str,
    failure: Option<&'a FailureRecord>,
}

/// A known entry.
struct KnownView<'a> {
    entry: &'a EntryRecord,
    /// Why it no longer holds.
    stale: Option<&'a str>,
    state: String,
}

impl<'a> CheckPage<'a> {
    fn new(report: &'a Report) -> CheckPage<'a> {
        let views = (1..).zip(&report.causes).map(|(number, cause)| CauseView::new(number, cause, report));
        let (inherited, own) = views.partition(|view: &CauseView<'_>| view.cause.inherited);
        let many = |result| report.pages.examples.iter().filter(|example| example.result == result).count();
        CheckPage {
            report,
            title: &report.target,
            verdict: verdict(report),
            model: report.model.as_ref().map(ModelView::new),
            facts: facts(report),
            causes: [("Differences", own), ("Differences of the interpreter's own mmap", inherited)],
            others: others(report),
            examples: examples(report),
            results: RESULTS
                .iter()
                .map(|(result, name)| (*name, many(*result)))
                .filter(|(_, many)| *many > 0)
                .collect(),
            heat: HeatMap::new(&report.outcomes),
            known: known(report),
            not_compared: not_compared(report),
            milder: report.milder.iter().map(milder).collect(),
        }
    }
}

/// The results of an example, those that need a look first.
const RESULTS: [(ExampleResult, &str); 6] = [
    (ExampleResult::Failed, "failed"),
    (ExampleResult::Known, "known"),
    (ExampleResult::Inherited, "inherited"),
    (ExampleResult::Unsupported, "unsupported"),
    (ExampleResult::Skipped, "skipped"),
    (ExampleResult::Passed, "passed"),
];

impl ModelView {
    fn new(model: &ModelRecord) -> ModelView {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        let width = |share: f64| (1000.0 * share).round() as u64;
        ModelView {
            with: percent(model.with),
            without: percent(model.without),
            cases: grouped(model.cases),
            bars: [("without", width(model.without)), ("with", width(model.with))],
        }
    }
}

impl<'a> CauseView<'a> {
    fn new(number: usize, cause: &'a CauseRecord, report: &'a Report) -> CauseView<'a> {
        let all = if cause.inherited { &report.inherited } else { &report.divergences };
        let is_smallest = |finding: &FindingRecord| finding.session == cause.session;
        let (smallest, others): (Vec<_>, Vec<_>) =
            all.iter().filter(|finding| cause.findings.contains(&finding.id)).partition(|finding| is_smallest(finding));
        let mut smallest = smallest.into_iter().map(FindingView::new);
        CauseView {
            number,
            cause,
            sentence: Prose::new(&cause.sentence),
            level: cause.level.map_or("no clause".into(), |level| level.to_string()),
            count: grouped(cause.count),
            clause: cause
                .clause
                .as_deref()
                .zip(cause.promise.as_deref())
                .map(|(id, promise)| ClauseLink::new(id, promise)),
            smallest: smallest.next(),
            others: smallest.chain(others.into_iter().map(FindingView::new)).collect(),
        }
    }
}

impl<'a> FindingView<'a> {
    fn new(finding: &'a FindingRecord) -> FindingView<'a> {
        FindingView { finding, rows: sides(finding), count: cases(finding.count) }
    }
}

fn cases(count: u64) -> String {
    if count == 1 { "1 case".to_owned() } else { format!("{} cases", grouped(count)) }
}

fn others(report: &Report) -> Vec<FindingView<'_>> {
    let caused: BTreeSet<&String> = report.causes.iter().flat_map(|cause| &cause.findings).collect();
    let all = report.divergences.iter().chain(&report.inherited);
    all.filter(|finding| !caused.contains(&finding.id)).map(FindingView::new).collect()
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Target", report.target.clone()),
        ("Judged as", report.profile.to_string()),
        ("Random cases", grouped(report.cases)),
        ("Steps compared", grouped(report.steps)),
        ("Seed", report.seed.to_string()),
        ("Time", format!("{:.1} s", report.seconds)),
        ("Mildest severity", report.severity.to_string()),
        ("Expected deaths", grouped(report.deaths)),
    ];
    if report.interrupted {
        facts.push(("Ended", "before the budget was used up".into()));
    }
    if let Some(why) = &report.failure {
        facts.push(("Failure", why.clone()));
    }
    facts
}

/// The examples with their results, those that need a look first.
fn examples(report: &Report) -> Vec<ExampleView<'_>> {
    let pages = &report.pages;
    let failures = [&pages.failures, &pages.known_failures, &pages.inherited_failures].into_iter().flatten();
    let failures: BTreeMap<_, _> = failures.map(|failure| (failure.id.as_str(), failure)).collect();
    let clauses = clauses();
    let mut views = Vec::with_capacity(pages.examples.len());
    for (result, name) in RESULTS {
        for example in pages.examples.iter().filter(|example| example.result == result) {
            let clause = example.id.split('.').next().and_then(|id| clauses.get(id));
            views.push(ExampleView {
                id: &example.id,
                title: Prose::new(clause.map_or("", |clause| clause.rule.as_str())),
                level: clause.map_or(String::new(), |clause| clause.level.to_string()),
                result: name,
                reason: example.reason.as_deref().unwrap_or_default(),
                failure: failures.get(example.id.as_str()).copied(),
            });
        }
    }
    views
}

/// The known entries, the stale ones first, then the frequent ones.
fn known(report: &Report) -> Vec<KnownView<'_>> {
    let mut views: Vec<_> = report.known_entries.iter().map(|entry| KnownView::new(entry, report)).collect();
    views.sort_by_key(|view| (view.stale.is_none(), Reverse(report.known.get(&view.entry.id))));
    views
}

impl<'a> KnownView<'a> {
    fn new(entry: &'a EntryRecord, report: &'a Report) -> KnownView<'a> {
        let stale = report.stale.iter().find(|stale| stale.id == entry.id).map(|stale| stale.reason.as_str());
        let not_run = report.known_not_run.iter().find(|one| one.id == entry.id);
        let state = match (not_run, report.known.get(&entry.id)) {
            (Some(one), _) => format!("not run: {}", one.reason),
            (None, Some(count)) if entry.counted => cases(*count),
            (None, _) => "names clauses only".to_owned(),
        };
        KnownView { entry, stale, state }
    }
}

fn milder(milder: &MilderRecord) -> (String, String) {
    let MilderRecord { severity, operation, expected, actual, count, .. } = milder;
    let operation = operation.as_deref().unwrap_or("at the end of the case");
    (grouped(*count), format!("{severity}: {operation}: expected {expected}, got {actual}"))
}

/// The counts of all that was not compared, by kind and reason, the frequent reasons first.
fn not_compared(report: &Report) -> Vec<(&'static str, Vec<(&str, String)>)> {
    let kinds = [
        ("Steps left out", &report.left_out),
        ("Cases not compared to their end", &report.incomparable),
        ("Examples skipped", &report.pages.reasons),
    ];
    let mut lists = Vec::new();
    for (kind, counts) in kinds.into_iter().filter(|(_, counts)| !counts.is_empty()) {
        let mut list: Vec<_> = counts.iter().collect();
        list.sort_by_key(|(_, count)| Reverse(**count));
        lists.push((kind, list.into_iter().map(|(why, count)| (why.as_str(), grouped(*count))).collect()));
    }
    lists
}
