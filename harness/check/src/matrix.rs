//! The matrix: every clause on every target, and for each target what else was found.
//!
//! It is kept as JSON, from which all pages are written anew: what a target showed stays until it is run again.

mod page;

use crate::campaign::Finding;
use crate::examine::CheckResult;

use crate::divergence::{headline, slug};
use crate::pages::broken_clause;
use crate::report::session;
use crate::script::script;
use mmapcheck_spec::pages::{Page, all};
use mmapcheck_spec::{End, Profile, TargetError, TargetInfo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What targets showed, by key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    targets: BTreeMap<String, Shown>,
}

/// What one target showed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Who it is, with its version.
    name: String,
    /// What it was judged by.
    profile: String,
    /// The options that name it on the command line.
    flags: String,
    seed: u64,
    cases: u64,
    steps: u64,
    /// What each clause came to.
    clauses: BTreeMap<String, Cell>,
    /// Divergences in random cases, the worst first.
    found: Vec<Found>,
    /// How often each known divergence was met, by id.
    known: BTreeMap<String, u64>,
    /// How many kinds of divergence too mild to count there were.
    milder: usize,
    /// Why cases could not be compared to their end, and how many.
    incomparable: BTreeMap<String, u64>,
    /// Why it could not be run again, if the last try failed: the rest is from an earlier run.
    trouble: Option<String>,
}

/// What a clause came to on a target: the worst of its examples.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Cell {
    /// Not asked, with the reason.
    NotRun(String),
    /// Every example passed.
    Pass,
    /// The target says that it cannot run an example.
    Unsupported(String),
    /// An example failed as is known of the target.
    KnownList(Wrong),
    /// An example failed.
    Fail(Wrong),
    /// The target died or hung in an example.
    Died(Wrong),
}

/// An example that failed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Wrong {
    /// Where: page and line.
    place: String,
    statement: String,
    expected: String,
    actual: String,
}

/// A divergence of a random case, made small.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    /// The name of its files.
    id: String,
    severity: String,
    op: String,
    field: String,
    headline: String,
    expected: String,
    actual: String,
    /// The clause that settles it, where one does.
    clause: Option<String>,
    count: u64,
    /// Why it could not be shown again, where it could not.
    unsteady: Option<String>,
    session: String,
    script: String,
}

impl Matrix {
    /// The matrix in a file; an empty one where there is no such file.
    ///
    /// # Errors
    /// Where the file cannot be read, with its name and line.
    pub fn read(path: &Path) -> Result<Matrix, TargetError> {
        let wrong = |error: &dyn std::fmt::Display| TargetError(format!("{}: {error}", path.display()));
        match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| TargetError(format!("{}:{}: {error}", path.display(), error.line()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Matrix::default()),
            Err(error) => Err(wrong(&error)),
        }
    }

    /// Takes in what a target showed; what it showed before is replaced. Gives back one line about it.
    pub fn take(&mut self, examined: &CheckResult, flags: &str) -> String {
        let shown = Shown::new(examined, flags);
        let line = shown.line();
        self.targets.insert(key(&examined.campaign.info), shown);
        line
    }

    /// Notes that a target could not be run. What it showed before stays.
    pub fn missed(&mut self, flags: &str, why: &str) {
        for shown in self.targets.values_mut().filter(|shown| shown.flags == flags) {
            shown.trouble = Some(why.to_owned());
        }
    }

    /// Writes `matrix.json`, `matrix.md`, and a folder for each target: its page, and its divergences as sessions and scripts.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), TargetError> {
        let wrong = |error: std::io::Error| TargetError(format!("{}: {error}", folder.display()));
        let json = serde_json::to_string_pretty(self).map_err(|error| TargetError(error.to_string()))?;
        let pages = all().map_err(|error| TargetError(error.to_string()))?;
        std::fs::create_dir_all(folder).map_err(wrong)?;
        replace(&folder.join("matrix.json"), &(json + "\n"))?;
        replace(&folder.join("matrix.md"), &page::matrix(self, &pages))?;
        for (key, shown) in &self.targets {
            shown.write(&folder.join(key), &pages)?;
        }
        Ok(())
    }
}

/// Writes a file in one move, so that a run that is killed leaves the old one or the new one.
fn replace(path: &Path, text: &str) -> Result<(), TargetError> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|error| TargetError(format!("{}: {error}", path.display())))
}

/// The name of a target's folder: `pypy-7.3.11`, `cpython-3.11.7-windows`, `fmmap-2.0.0-cpython-3.11.7`.
fn key(info: &TargetInfo) -> String {
    let (interpreter, module) = info.name.split_once(", module ").unwrap_or((&info.name, "mmap"));
    let interpreter = interpreter.split(" (").next().unwrap_or(interpreter).replace(" on ", " ");
    let module = if module == "mmap" { String::new() } else { format!("{module} ") };
    let words = (module + &interpreter).to_lowercase();
    let words: String = words.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { ' ' }).collect();
    words.split_whitespace().collect::<Vec<_>>().join("-")
}

impl Shown {
    fn new(examined: &CheckResult, flags: &str) -> Shown {
        let report = &examined.campaign;
        let mut found: Vec<Found> = Vec::new();
        for finding in &report.findings {
            let mut next = Found::new(finding, &report.info.name, report.profile);
            let same =
                found.iter().filter(|other| other.id == next.id || other.id.starts_with(&format!("{}~", next.id)));
            let many = same.count();
            if many > 0 {
                next.id = format!("{}~{}", next.id, many + 1);
            }
            found.push(next);
        }
        Shown {
            name: report.info.name.clone(),
            profile: report.profile.to_string(),
            flags: flags.to_owned(),
            seed: report.seed,
            cases: report.cases,
            steps: report.steps,
            clauses: cells(examined),
            found,
            known: examined
                .suppressions
                .iter()
                .filter(|fate| fate.met > 0)
                .map(|fate| (fate.entry.id.clone(), fate.met))
                .collect(),
            milder: report.milder.len(),
            incomparable: report.incomparable.clone(),
            trouble: None,
        }
    }

    fn many(&self, test: impl Fn(&Cell) -> bool) -> usize {
        self.clauses.values().filter(|cell| test(cell)).count()
    }

    /// What it came to on one line.
    fn line(&self) -> String {
        format!(
            "{}: {} clauses pass, {} fail, {} died, {} unsupported, {} not run; {} kinds of divergence in {} steps",
            self.name,
            self.many(|cell| *cell == Cell::Pass),
            self.many(|cell| matches!(cell, Cell::Fail(_) | Cell::KnownList(_))),
            self.many(|cell| matches!(cell, Cell::Died(_))),
            self.many(|cell| matches!(cell, Cell::Unsupported(_))),
            self.many(|cell| matches!(cell, Cell::NotRun(_))),
            self.found.len(),
            self.steps,
        )
    }

    fn write(&self, folder: &Path, pages: &[Page]) -> Result<(), TargetError> {
        let wrong = |error: std::io::Error| TargetError(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(wrong)?;
        for entry in std::fs::read_dir(folder).map_err(wrong)?.flatten() {
            // What was found before and is not now would otherwise stay for ever.
            let old = entry.path();
            if old.extension().is_some_and(|kind| kind == "pycon" || kind == "py") {
                std::fs::remove_file(&old).map_err(wrong)?;
            }
        }
        for found in &self.found {
            let about = format!(
                "# {}: {}\n# found in {}, judged as {}\n\n",
                found.severity, found.headline, self.name, self.profile
            );
            replace(&folder.join(format!("{}.pycon", found.id)), &(about + &found.session))?;
            replace(&folder.join(format!("{}.py", found.id)), &found.script)?;
        }
        replace(&folder.join("README.md"), &page::target(self, pages))
    }
}

/// The worst that the examples of each clause came to.
fn cells(examined: &CheckResult) -> BTreeMap<String, Cell> {
    let outcomes = &examined.pages;
    let mut cells: BTreeMap<String, Cell> = BTreeMap::new();
    let mut put = |id: &str, cell: Cell| {
        let clause = id.split('.').next().unwrap_or(id).to_owned();
        let worst = cells.entry(clause).or_insert_with(|| cell.clone());
        if cell > *worst {
            *worst = cell;
        }
    };
    outcomes.skipped.iter().for_each(|(id, why)| put(id, Cell::NotRun(why.clone())));
    outcomes.passed.iter().for_each(|id| put(id, Cell::Pass));
    outcomes.unsupported.iter().for_each(|(id, why)| put(id, Cell::Unsupported(why.clone())));
    for (failures, known) in [(&outcomes.failed, false), (&outcomes.expected, true)] {
        for failure in failures {
            let wrong = Wrong {
                place: failure.place.clone(),
                statement: failure.statement.clone(),
                expected: failure.wanted.clone(),
                actual: failure.got.clone(),
            };
            put(
                &failure.id,
                match failure.end {
                    _ if known => Cell::KnownList(wrong),
                    Some(End::Unsupported(_)) | None => Cell::Fail(wrong),
                    Some(_) => Cell::Died(wrong),
                },
            );
        }
    }
    cells
}

impl Found {
    fn new(finding: &Finding, target: &str, profile: Profile) -> Found {
        let divergence = &finding.divergence;
        let session = session(&finding.compared, Some(divergence));
        let about = [
            format!("{}: {}", finding.severity(), headline(divergence)).replace(['\n', '\r'], " "),
            format!("Found in {target}, judged as {profile}."),
        ];
        // A session that was printed can be read.
        let script = script(&session, &about, divergence.bucket.field).unwrap_or_default();
        Found {
            id: slug(divergence),
            severity: finding.severity().to_string(),
            op: divergence.bucket.done().unwrap_or("at the end".into()),
            field: divergence.bucket.field.to_string(),
            headline: headline(divergence),
            expected: divergence.expected.clone(),
            actual: divergence.actual.clone(),
            clause: broken_clause(&finding.compared, divergence).map(|(id, _)| id.to_owned()),
            count: finding.count,
            unsteady: finding.unsteady.clone(),
            session,
            script,
        }
    }
}
