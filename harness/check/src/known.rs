//! KnownList divergences: what a target is known to do otherwise, why, and a case that shows it.
//!
//! `reports/known/<target>.toml` lists them ([`read`]). In a campaign, what an entry's [`Pattern`] takes in is counted and is no
//! finding; the examples of the specification that an entry names must fail; and its own case must still diverge in the way
//! it says. An entry that no longer holds is stale, so that a list cannot outlive what it excuses.

mod kinds;
mod read;
mod triage;

pub use triage::{KIND, kind, propose};

use crate::compare::{Bucket, Comparison, Field, Severity, death, end_kind};
use crate::pages::{Outcomes, matches_filter};
use crate::report::headline;
use crate::run::Oracle;
use mmapcheck_spec::pages::Scope;
use mmapcheck_spec::{
    Case, Detail, End, Implementation, Op, Outcome, Platform, Profile, Step, Target, TargetError, TargetInfo, notation,
};
use std::collections::BTreeMap;
use std::fmt;

/// The lists this program was built with: path in the repository, and text.
pub const TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/known.rs"));

/// What stands for the operation where there is none: the end of the case.
pub const END: &str = "end";

/// Which divergences an entry takes in. Every text is a pattern in which `*` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The id of its entry.
    pub id: String,
    /// Over the name of the operation, or [`END`].
    pub op: String,
    /// Over the name of the operation that an argument does while it is converted; nothing where none does any.
    pub callback: String,
    /// Over the name of the field.
    pub field: String,
    /// Over the kind of answer expected, as in [`Bucket`].
    pub expected: String,
    /// Over the kind of answer given.
    pub actual: String,
    /// Only this severity; none: every one but `message`, so that what an entry says of kinds of answers never takes in a text.
    pub severity: Option<Severity>,
}

impl Pattern {
    /// The rule that takes in just this kind of divergence.
    #[must_use]
    pub fn of(bucket: &Bucket) -> Pattern {
        let (op, field) = place(bucket);
        Pattern {
            id: String::new(),
            op: op.to_owned(),
            callback: bucket.callback.map(|callback| callback.to_string()).unwrap_or_default(),
            field: field.to_string(),
            expected: bucket.expected.clone(),
            actual: bucket.actual.clone(),
            severity: (bucket.severity == Severity::Message).then_some(Severity::Message),
        }
    }

    /// Whether it takes in this kind of divergence.
    #[must_use]
    pub fn takes_in(&self, bucket: &Bucket) -> bool {
        let (op, field) = place(bucket);
        let severe = match self.severity {
            Some(only) => only == bucket.severity,
            None => bucket.severity > Severity::Message,
        };
        let callback = match bucket.callback {
            Some(callback) => !self.callback.is_empty() && fits(&self.callback, callback.row().name),
            None => self.callback.is_empty(),
        };
        severe
            && callback
            && fits(&self.op, op)
            && fits(&self.field, field.name())
            && fits(&self.expected, &bucket.expected)
            && fits(&self.actual, &bucket.actual)
    }
}

/// Where a divergence is listed. What `close()` says at the end of a case is an answer of `close` like any other.
fn place(bucket: &Bucket) -> (&'static str, Field) {
    match (bucket.op, bucket.field) {
        (None, Field::Closing) if bucket.severity != Severity::Death => (Op::Close.row().name, Field::Answer),
        (op, field) => (op.map_or(END, |op| op.row().name), field),
    }
}

/// The signals of touching memory that is not there.
const SIGSEGV: i32 = 11;
const SIGBUS: i32 = 7;

fn fits(pattern: &str, text: &str) -> bool {
    notation::fits(pattern, "*", text)
}

/// What is known of a target while it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns(pub Vec<Pattern>);

impl Patterns {
    /// The id of the first entry that takes in this kind of divergence.
    #[must_use]
    pub fn find(&self, bucket: &Bucket) -> Option<&str> {
        self.0.iter().find(|rule| rule.takes_in(bucket)).map(|rule| rule.id.as_str())
    }

    /// Whether it is known that the target dies in a step of which this is expected.
    #[must_use]
    pub fn foresee_death(&self, step: &Step, wanted: &Result<Outcome, End>) -> bool {
        [SIGSEGV, SIGBUS].into_iter().any(|signal| self.find(&death(step, wanted, &End::Died(signal))).is_some())
    }

    /// Whether some of it is a death in a step whose arguments do nothing while they are converted.
    #[must_use]
    pub fn hold_plain_deaths(&self) -> bool {
        let died = end_kind(&End::Died(SIGSEGV));
        self.0.iter().any(|rule| rule.callback.is_empty() && fits(&rule.actual, &died))
    }

    /// Whether a case that was compared in a hurry must be compared closely to say what is known in it: it can go on without
    /// a step, or what differs may have come of something known that was not looked at when it happened.
    #[must_use]
    pub fn want_a_closer_look(&self, comparison: &Comparison) -> bool {
        let of_state = || self.0.iter().any(|rule| rule.field != Field::Answer.name());
        comparison.cut.is_some() || (!comparison.divergences.is_empty() && of_state())
    }
}

/// One known divergence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id, unique in its list.
    pub id: String,
    /// What the target does otherwise, and why, on one line.
    pub what: String,
    /// Where more is said: a URL or the number of a bug.
    pub link: Option<String>,
    /// Where it stands: `reports/known/pypy.toml:17`.
    pub place: String,
    /// Where it applies.
    pub scope: Scope,
    /// It does not show every time, and is never stale.
    pub intermittent: bool,
    /// Examples of the specification that fail, by the id of the example or of its clause.
    pub clauses: Vec<String>,
    /// What it takes in, and the case that shows it; none where the clauses say all.
    pub shown: Option<(Pattern, Case)>,
}

/// Why a list cannot be used: file, line, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownListError(String);

impl From<KnownListError> for TargetError {
    fn from(error: KnownListError) -> TargetError {
        TargetError(error.to_string())
    }
}

impl fmt::Display for KnownListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KnownListError {}

/// The known divergences of one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownList {
    /// All of them, also those that do not apply here.
    pub entries: Vec<Entry>,
}

/// What became of an entry in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionResult {
    /// The entry.
    pub entry: Entry,
    /// How often random cases met it.
    pub met: u64,
    /// Whether it still holds.
    pub standing: SuppressionState,
}

/// Whether an entry still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuppressionState {
    /// It does.
    Holds,
    /// It does not: what was seen instead.
    Stale(String),
    /// It was not run, for this reason.
    NotRun(String),
}

impl KnownList {
    /// Reads a list. `file` is what errors call it.
    ///
    /// # Errors
    /// At the first thing that is not as a list must be.
    pub fn read(file: &str, text: &str) -> Result<KnownList, KnownListError> {
        Ok(KnownList { entries: read::read(file, text)? })
    }

    /// The list this program was built with for a target; empty where there is none.
    ///
    /// # Errors
    /// Where the list cannot be read.
    pub fn built_in(info: &TargetInfo, module: &str) -> Result<KnownList, KnownListError> {
        let path = format!("reports/known/{}.toml", target_name(info, module));
        let found = TEXTS.iter().find(|(name, _)| *name == path);
        found.map_or(Ok(KnownList::default()), |(path, text)| KnownList::read(path, text))
    }

    /// What is known where this profile holds.
    #[must_use]
    pub fn rules(&self, profile: Profile) -> Patterns {
        let applying = self.entries.iter().filter(|entry| entry.scope.excludes(profile).is_none());
        Patterns(applying.filter_map(|entry| entry.shown.as_ref()).map(|(rule, _)| rule.clone()).collect())
    }

    /// Runs the case of each entry that applies. `stop` says when to leave the rest.
    ///
    /// # Errors
    /// Where the reference or the target could not be used at all.
    pub fn hold(
        self,
        oracle: &mut Oracle,
        target: &mut dyn Target,
        stop: &dyn Fn() -> bool,
    ) -> Result<Vec<SuppressionResult>, TargetError> {
        let mut fates = Vec::new();
        for entry in self.entries {
            let standing = match entry.scope.excludes(oracle.profile()) {
                Some(reason) => SuppressionState::NotRun(reason),
                None if stop() => SuppressionState::NotRun("stopped early".into()),
                None => entry.hold(oracle, target)?,
            };
            fates.push(SuppressionResult { entry, met: 0, standing });
        }
        oracle.set_rules(Patterns::default());
        Ok(fates)
    }
}

impl Entry {
    /// Whether its case still shows what it says.
    fn hold(&self, oracle: &mut Oracle, target: &mut dyn Target) -> Result<SuppressionState, TargetError> {
        let Some((rule, case)) = &self.shown else { return Ok(SuppressionState::Holds) };
        oracle.set_rules(Patterns(vec![rule.clone()]));
        let comparison = oracle.compare(case.clone(), target, Detail::Full)?.comparison;
        if !comparison.known.is_empty() || self.intermittent {
            return Ok(SuppressionState::Holds);
        }
        Ok(match (comparison.divergences.first(), comparison.incomparable) {
            (Some(other), _) => SuppressionState::Stale(format!("its case diverges otherwise: {}", headline(other))),
            (None, Some(reason)) => SuppressionState::NotRun(reason),
            (None, None) => SuppressionState::Stale("its case agrees".into()),
        })
    }

    fn names(&self, example: &str) -> bool {
        self.clauses.iter().any(|clause| matches_filter(example, clause))
    }
}

/// Sets apart the examples that were expected to fail. One that passed makes its entry stale, unless `forgiving`: examples were
/// held against less than a list is written for.
pub fn expect(fates: &mut [SuppressionResult], pages: &mut Outcomes, forgiving: bool) {
    for fate in fates.iter_mut().filter(|fate| !matches!(fate.standing, SuppressionState::NotRun(_))) {
        let (expected, failed) =
            std::mem::take(&mut pages.failed).into_iter().partition(|failure| fate.entry.names(&failure.id));
        pages.failed = failed;
        pages.expected.extend::<Vec<_>>(expected);
        let passed = pages.passed.iter().find(|id| fate.entry.names(id));
        if let (Some(id), SuppressionState::Holds, false, false) =
            (passed, &fate.standing, fate.entry.intermittent, forgiving)
        {
            fate.standing = SuppressionState::Stale(format!("{id} passes"));
        }
    }
}

/// Enters how often random cases met each entry.
pub fn count(fates: &mut [SuppressionResult], met: &BTreeMap<String, u64>) {
    for fate in fates {
        fate.met = met.get(&fate.entry.id).copied().unwrap_or(0);
    }
}

/// The name of the list for a target: the module where it is another than `mmap`, else the implementation, and for CPython
/// the platform where that is not Linux.
fn target_name(info: &TargetInfo, module: &str) -> String {
    if module != "mmap" {
        return module.to_owned();
    }
    match (info.profile.implementation, info.profile.platform) {
        (Implementation::CPython, Platform::Linux) => "cpython".into(),
        (Implementation::CPython, platform) => platform.name().into(),
        (Implementation::Other, _) => info.name.split_whitespace().next().unwrap_or_default().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(profile: &str, name: &str) -> Result<TargetInfo, Box<dyn std::error::Error>> {
        Ok(TargetInfo { profile: profile.parse()?, name: name.into(), is_cpython_mmap: true, page: 4096 })
    }

    #[test]
    fn a_list_is_named_after_its_target() -> Result<(), Box<dyn std::error::Error>> {
        let cpython = info("cpython-3.11.7-linux", "CPython 3.11.7, module mmap")?;
        assert_eq!(target_name(&cpython, "mmap"), "cpython");
        assert_eq!(target_name(&cpython, "fmmap"), "fmmap");
        assert_eq!(target_name(&info("cpython-3.11.0-windows", "CPython 3.11.0, module mmap")?, "mmap"), "windows");
        assert_eq!(target_name(&info("other-3.9.16-linux", "PyPy 7.3.11, module mmap")?, "mmap"), "pypy");
        Ok(())
    }

    #[test]
    fn a_rule_takes_in_just_its_kind() {
        let find = Bucket {
            severity: Severity::Value,
            op: Some(Op::Find),
            callback: None,
            field: Field::Answer,
            expected: "int".into(),
            actual: "TypeError".into(),
        };
        let rule = Pattern::of(&find);
        assert!(rule.takes_in(&find));
        let other = |change: fn(&mut Bucket)| {
            let mut bucket = find.clone();
            change(&mut bucket);
            !rule.takes_in(&bucket)
        };
        assert!(other(|bucket| bucket.op = Some(Op::RFind)));
        assert!(other(|bucket| bucket.op = None));
        assert!(other(|bucket| bucket.callback = Some(Op::Close)));
        assert!(other(|bucket| bucket.field = Field::Pos));
        assert!(other(|bucket| bucket.expected = "bytes".into()));
        assert!(other(|bucket| bucket.actual = "int".into()));
        assert!(other(|bucket| bucket.severity = Severity::Message));
        let inside = Pattern { callback: "*".into(), ..rule.clone() };
        assert!(!inside.takes_in(&find) && inside.takes_in(&Bucket { callback: Some(Op::Close), ..find.clone() }));
        let wide = Pattern { op: "*find".into(), actual: "*Error".into(), ..rule };
        assert!(wide.takes_in(&Bucket { op: Some(Op::RFind), ..find.clone() }) && wide.takes_in(&find));
        assert!(!wide.takes_in(&Bucket { op: Some(Op::FindAll), ..find }));
    }

    #[test]
    fn what_close_says_at_the_end_is_its_answer() {
        let closing = Bucket {
            severity: Severity::Value,
            op: None,
            callback: None,
            field: Field::Closing,
            expected: "BufferError".into(),
            actual: "None".into(),
        };
        let step = Bucket { op: Some(Op::Close), field: Field::Answer, ..closing.clone() };
        assert_eq!(Pattern::of(&closing), Pattern::of(&step));
        assert!(Pattern::of(&step).takes_in(&closing));
        let death = Bucket { severity: Severity::Death, actual: "hung".into(), ..closing };
        assert_eq!(Pattern::of(&death).op, END, "a death at the end has no step");
    }

    #[test]
    fn the_lists_built_in_are_those_of_the_repository_and_can_be_read() -> Result<(), Box<dyn std::error::Error>> {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/known");
        let mut there = Vec::new();
        for file in std::fs::read_dir(&dir)? {
            let path = file?.path();
            if path.extension().is_some_and(|ext| ext == "toml") {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                there.push((format!("reports/known/{name}"), std::fs::read_to_string(&path)?));
            }
        }
        there.sort();
        let built_in: Vec<_> = TEXTS.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        assert!(!there.is_empty());
        assert_eq!(built_in, there);
        for (path, text) in TEXTS {
            KnownList::read(path, text)?;
        }
        Ok(())
    }
}
