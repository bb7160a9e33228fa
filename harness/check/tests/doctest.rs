//! CPython checks the specification: its own `doctest` runs the pages, without mmapcheck.

use mmapcheck::choices::seeded;
use mmapcheck::generate::{GeneratorOptions, generate};
use mmapcheck::known::KnownList;
use mmapcheck::oracle::{AnswerOptions, Expected, Omissions, Oracle};
use mmapcheck::worker::scratch;
use mmapcheck_spec::pages::{Page, Scope, TEXTS, all};
use mmapcheck_spec::{
    Case, Detail, Dialect, Implementation, LimitOp, Op, Platform, Profile, TargetInfo, Version, notation,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The oldest version for which every clause of the unversioned pages holds.
const WHOLE: Version = Version::new(3, 9, 0);

/// The interpreters of this machine: the configured one, those of pyenv, and those on the `PATH`.
fn candidates() -> Result<Vec<PathBuf>> {
    let configured = std::env::var_os("PYO3_PYTHON").map(PathBuf::from);
    Ok(configured.into_iter().chain(mmapcheck::interpreters::find(None)?).collect())
}

/// The version of a CPython and the path of its program; none if the interpreter is not a CPython that runs.
fn asked(python: &Path) -> Option<(Version, String)> {
    const ASK: &str = "import sys, platform; print('%s %d %d %d %s' % \
        ((platform.python_implementation(),) + sys.version_info[:3] + (sys.executable,)))";
    let done = Command::new(python).args(["-c", ASK]).output().ok().filter(|done| done.status.success())?;
    let text = String::from_utf8(done.stdout).ok()?;
    let mut words = text.trim().splitn(5, ' ');
    let cpython = words.next() == Some("CPython");
    let mut number = || words.next()?.parse().ok();
    let version = Version::new(number()?, number()?, number()?);
    cpython.then_some((version, words.next()?.to_owned()))
}

/// One interpreter for each version of CPython.
fn interpreters() -> Result<BTreeMap<Version, String>> {
    Ok(candidates()?.iter().filter_map(|python| asked(python)).collect())
}

fn cpython(version: Version) -> Profile {
    Profile::new(Implementation::CPython, version, Platform::Linux)
}

/// The known divergences of CPython.
fn known(version: Version) -> Result<KnownList> {
    let info = TargetInfo::of_profile(cpython(version), "");
    Ok(KnownList::built_in(&info, "mmap")?)
}

/// The clauses that known entries name for this version.
fn known_to_fail(version: Version) -> Result<Vec<String>> {
    let applying =
        known(version)?.suppressions.into_iter().filter(|one| one.scope.excludes(cpython(version)).is_none());
    Ok(applying.flat_map(|entry| entry.clauses).collect())
}

/// The clauses of a page that apply to a version, each on its own line; none if no clause applies.
fn applying(page: &Page, text: &str, version: Version, broken: &[String]) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let ends = page.clauses.iter().skip(1).map(|clause| clause.line - 1).chain([lines.len()]);
    let mut count = 0;
    for (clause, end) in page.clauses.iter().zip(ends.collect::<Vec<_>>()) {
        if clause.scope.excludes(cpython(version)).is_none() && !broken.contains(&clause.id) {
            count += 1;
        } else {
            lines[clause.line - 1..end].fill("");
        }
    }
    (count > 0).then(|| lines.join("\n") + "\n")
}

/// Writes the clauses that apply to a version into a folder, a file for each page. Returns the files.
fn pages_for(version: Version, pages: &[Page], dir: &Path) -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    let broken = known_to_fail(version)?;
    for page in pages {
        let whole = TEXTS.iter().find(|(path, _)| *path == page.path).ok_or("a page without a text")?.1;
        let Some(text) = applying(page, whole, version, &broken) else { continue };
        assert!(
            version < WHOLE
                || page.path.contains("/versioned/")
                || page.clauses.iter().any(|clause| broken.contains(&clause.id))
                || text == whole,
            "{} is cut for {version}",
            page.path
        );
        let path = dir.join(page.path.replace('/', "-"));
        std::fs::write(&path, text)?;
        written.push(path);
    }
    Ok(written)
}

/// Runs pages under an interpreter's doctest in an empty folder. Returns its output if they fail.
fn doctest(python: &str, pages: &[PathBuf]) -> Result<Option<String>> {
    // The answers of some flags depend on the file system, which has to be that of the reference.
    let dir = scratch()?;
    let done =
        Command::new(python).args(["-W", "ignore", "-m", "doctest"]).args(pages).current_dir(dir.path()).output()?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    // A doctest that finds no example prints nothing either, but every page has examples.
    Ok((!done.status.success() || !said.is_empty()).then_some(said))
}

#[test]
fn doctest_passes_on_every_page_that_applies_with_every_cpython_found() -> Result {
    let pages = all()?;
    let found = interpreters()?;
    assert!(found.keys().any(|version| *version >= WHOLE), "no CPython from {WHOLE} on was found");
    let mut failed = Vec::new();
    for (version, python) in &found {
        let dir = tempfile::tempdir()?;
        let chosen = pages_for(*version, pages, dir.path())?;
        if chosen.is_empty() {
            eprintln!("skipped: no page is for CPython {version}");
            continue;
        }
        eprintln!("CPython {version}: {} of {} pages", chosen.len(), pages.len());
        if let Some(said) = doctest(python, &chosen)? {
            failed.push(format!("CPython {version}:\n{said}"));
        }
    }
    for minor in Version::known_minors() {
        if !found.keys().any(|version| (version.major, version.minor) == (3, minor)) {
            eprintln!("skipped: no CPython 3.{minor} was found");
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

/// Clauses for some versions or platforms only stand in pages of their own, so that the other pages run everywhere.
#[test]
fn clauses_for_some_versions_or_platforms_stand_in_versioned_pages() -> Result {
    let mut wrong = Vec::new();
    for page in all()? {
        let bound = page.path.starts_with("spec/pages/versioned/");
        let free = |scope: &Scope| scope.since.is_none_or(|since| since <= WHOLE) && scope.until.is_none();
        let unix = |scope: &Scope| matches!(scope.platform.as_deref(), None | Some("unix" | "linux"));
        let misplaced = page.clauses.iter().filter(|clause| (free(&clause.scope) && unix(&clause.scope)) == bound);
        wrong.extend(misplaced.map(|clause| format!("{}: {}", page.path, clause.id)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// Number of cases that are printed as sessions; they have some thousand steps.
const SESSIONS: usize = 100;
/// Number of additional cases with child processes.
const CHILDREN: usize = 20;

/// Writes generated cases as sessions with the answers of the reference. Returns the files.
fn sessions_for(version: Version, dir: &Path) -> Result<Vec<PathBuf>> {
    let profile = cpython(version);
    let (mut oracle, generator) = (Oracle::new(profile)?, GeneratorOptions::all(profile));
    let known = known(version)?.patterns(profile);
    let omissions = Omissions::ALL_DEATHS;
    let options = AnswerOptions { known: &known, omissions, ..AnswerOptions::new(Detail::Quick) };
    let mut written = Vec::new();
    let cases = || (0..).map(|number| (number, generate(&mut seeded(11, number), &generator)));
    let forks = |case: &Case| case.steps.iter().any(|step| step.op == Op::Fork);
    let children = cases().filter(|(_, case)| forks(case)).take(CHILDREN);
    for (number, case) in cases().take(SESSIONS).chain(children) {
        let Expected { case, expected, .. } = oracle.answer(case, &options)?;
        let answers: Vec<_> = expected.steps.into_iter().map(|step| step.result).collect();
        if answers.iter().any(|answer| answer.is_err()) {
            return Err("a step without an answer".into());
        }
        let text = notation::print_answered(&case, &answers, profile.dialect());
        // In Python 2, these expressions are of type `long`, although their values fit an `int`.
        if profile.dialect() == Dialect::Python2 && ["2**63 - 1", "-2**63"].iter().any(|number| text.contains(number)) {
            continue;
        }
        let path = dir.join(format!("{number}.txt"));
        std::fs::write(&path, text)?;
        written.push(path);
    }
    Ok(written)
}

/// A session of a report holds in every version that has a profile.
#[test]
fn printed_sessions_pass_the_doctest_of_every_cpython_found() -> Result {
    let mut failed = Vec::new();
    for (version, python) in interpreters()? {
        let dir = tempfile::tempdir()?;
        if let Some(said) = doctest(&python, &sessions_for(version, dir.path())?)? {
            failed.push(format!("CPython {version}:\n{said}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

#[test]
fn doctest_notices_a_wrong_answer() -> Result {
    let (version, python) = interpreters()?.pop_last().ok_or("no CPython was found")?;
    let (path, text) = TEXTS.iter().find(|(path, _)| path.ends_with("/reading.md")).ok_or("no such page")?;
    let dir = tempfile::tempdir()?;
    let page = dir.path().join("reading.md");
    std::fs::write(&page, text.replacen("b'hello'", "b'hallo'", 1))?;
    let said = doctest(&python, &[page])?.ok_or_else(|| format!("CPython {version} passes a wrong {path}"))?;
    assert!(said.contains("b'hallo'"), "{said}");
    Ok(())
}

/// Runs each file alone, and prints those after which a limit of the process is another one.
const LIMITS_STAY: &str = "import doctest, resource, sys
kinds = resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_AS
for soft, kind in zip((1 << 40, 64, 1 << 40), kinds):
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (soft, hard))
before = [resource.getrlimit(kind) for kind in kinds]
for file in sys.argv[1:]:
    failed, ran = doctest.testfile(file, module_relative=False)
    if not ran or failed or [resource.getrlimit(kind) for kind in kinds] != before:
        print(file)
";

/// A reader who pastes an example at a prompt must not be left with less than before.
#[test]
fn an_example_that_sets_a_limit_puts_it_back() -> Result {
    let (version, python) = interpreters()?.pop_last().ok_or("no CPython was found")?;
    let dir = tempfile::tempdir()?;
    let mut files = Vec::new();
    for (_, clause, example) in mmapcheck_spec::pages::examples(all()?) {
        let sets = |step: &mmapcheck_spec::Step| LimitOp::ALL.iter().any(|limit| step.op == Op::from(*limit));
        if example.session.case.all_steps().any(sets) && clause.scope.excludes(cpython(version)).is_none() {
            files.push(dir.path().join(&example.id));
            std::fs::write(dir.path().join(&example.id), &example.text)?;
        }
    }
    assert!(files.len() >= 9, "{files:?}");
    let printed = dir.path().join("printed");
    std::fs::create_dir(&printed)?;
    files.extend(
        sessions_for(version, &printed)?
            .into_iter()
            .filter(|file| std::fs::read_to_string(file).is_ok_and(|text| text.contains("resource.setrlimit"))),
    );
    let done = Command::new(python).args(["-c", LIMITS_STAY]).args(&files).current_dir(dir.path()).output()?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.is_empty(), "{said}");
    Ok(())
}
