//! The pages tested: a wrong answer in any of them is noticed, every mutant of the reference is caught by them, and they can
//! be rewritten by CPython.

use mmapcheck::bless::bless;
use mmapcheck::divergence::Severity;
use mmapcheck::mutant::{FORKED, KEEPING, LIMITED, MUTANTS, MutantTarget};
use mmapcheck::oracle::{AnswerOptions, Oracle};
use mmapcheck::pages::{Failure, compare_answers, run};
use mmapcheck::worker::scratch;
use mmapcheck_reference::Reference;
use mmapcheck_spec::notation::{self, Statement};
use mmapcheck_spec::pages::{Clause, Example, Page, TEXTS, all, examples, read};
use mmapcheck_spec::{Detail, Dialect, Profile, TargetInfo, Trace};
use mmapcheck_targets::InProcess;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Profiles of the reference. Every example that the reference can answer applies to one of them.
const PROFILES: [Profile; 9] = [
    Profile::cpython(3, 11, 7),
    Profile::cpython(3, 13, 0),
    Profile::cpython(3, 9, 18),
    Profile::NEWEST,
    Profile::cpython(3, 14, 10),
    Profile::cpython(3, 13, 18),
    Profile::cpython(3, 7, 16),
    Profile::cpython(3, 6, 15),
    Profile::cpython(2, 7, 18),
];

/// Examples with their page, the trace of the reference, and the dialect, under the first profile that they apply to.
fn answered(pages: &[Page]) -> Result<Vec<(&Page, &Example, Trace, Dialect)>> {
    let mut found = Vec::new();
    for profile in PROFILES {
        let mut oracle = Oracle::new(profile)?;
        let first = |clause: &Clause| PROFILES.into_iter().find(|profile| clause.scope.excludes(*profile).is_none());
        for (page, clause, example) in examples(pages).filter(|(_, clause, _)| first(clause) == Some(profile)) {
            let answered = oracle.answer(example.session.case.clone(), &AnswerOptions::new(Detail::Quick))?;
            let trace = answered.expected;
            let failure = compare_answers(&page.path, example, &trace, profile.dialect(), Severity::Message);
            assert_eq!(failure, None, "{} does not hold in the first place", clause.id);
            found.push((page, example, trace, profile.dialect()));
        }
    }
    Ok(found)
}

/// An example with these lines in place of the answer of a statement.
fn with_answer(example: &Example, statement: &Statement, answer: &[String]) -> Result<Example> {
    let mut lines: Vec<String> = example.text.lines().map(str::to_owned).collect();
    let start = statement.want_line - example.line;
    lines.splice(start..start + statement.want.len(), answer.iter().cloned());
    let text = lines.join("\n") + "\n";
    let session = notation::parse(&text, example.line)?;
    Ok(Example { text, session, ..example.clone() })
}

/// Wrong answers to a statement: another answer, a missing answer, or an answer where none is expected.
fn wrong_answers(statement: &Statement) -> Vec<Vec<String>> {
    let Some(last) = statement.want.last() else { return vec![vec!["'something'".into()]] };
    let mut other = statement.want.clone();
    // If only the class is compared, the class is changed.
    let changed = if statement.class_only { format!("OtherError: {last}") } else { format!("{last}x") };
    other.pop();
    other.push(changed);
    vec![other, Vec::new()]
}

#[test]
fn a_wrong_answer_fails_at_its_page_and_line() -> Result {
    let pages = all()?;
    let (mut count, mut applied) = (0, 0);
    for (page, example, trace, dialect) in answered(pages)? {
        applied += 1;
        for statement in &example.session.statements {
            for answer in wrong_answers(statement) {
                let broken = with_answer(example, statement, &answer)?;
                let failure = compare_answers(&page.path, &broken, &trace, dialect, Severity::Message);
                let last = statement.want_line + answer.len().saturating_sub(1);
                let line = if answer.is_empty() { statement.line } else { last };
                let place = failure.as_ref().map(|failure| failure.place.clone());
                assert_eq!(place, Some(format!("{}:{line}", page.path)), "{}: {}", example.id, statement.source);
                count += 1;
            }
        }
    }
    let whole = examples(pages).count();
    println!("{count} wrong answers, each noticed at its line; {whole} examples, {applied} apply to a version at hand");
    assert!(count > 5000, "{count}");
    Ok(())
}

#[test]
fn a_wrong_answer_of_a_child_fails_and_is_blessed() -> Result {
    let profile = PROFILES[0];
    let info = TargetInfo::of_profile(profile, "the reference");
    let mut target = InProcess::new(Reference::in_memory(profile)?, info);
    let (path, text) = TEXTS.iter().find(|(path, _)| path.ends_with("/forking.md")).ok_or("no such page")?;
    let (said, wrong) = ("assert m.tell() == 2", "assert m.tell() == 3");
    let page = read(path, &text.replacen(said, wrong, 1))?;
    let outcomes =
        run(std::slice::from_ref(&page), &mut Oracle::new(profile)?, &mut target, Severity::Message, &|_| true)?;
    let failed: Vec<_> = outcomes.failed.iter().map(|failure| (failure.id.as_str(), failure.actual.as_str())).collect();
    assert_eq!(failed, [("FORK-5", "2")]);
    assert_eq!(bless(&page, &text.replacen(said, wrong, 1), &mut target)?.text, *text);
    Ok(())
}

#[test]
fn the_pages_alone_catch_every_mutant() -> Result {
    let pages = all()?;
    let dir = scratch()?;
    let mut missed = Vec::new();
    for mutant in [MUTANTS, LIMITED, FORKED, KEEPING].into_iter().flatten() {
        let mut failed = Vec::new();
        // Some mutants are bugs of older versions of CPython, which the pages forbid for newer versions only.
        for profile in [Profile::cpython(3, 11, 7), Profile::NEWEST] {
            let mut target = MutantTarget::target(mutant, profile, dir.path())?;
            let outcomes = run(pages, &mut Oracle::new(profile)?, &mut target, Severity::Message, &|_| true)?;
            failed = outcomes.failed;
            if !failed.is_empty() {
                break;
            }
        }
        let ids: Vec<&str> = failed.iter().map(|Failure { id, .. }| id.as_str()).collect();
        let more = if ids.len() > 8 { format!(" and {} more", ids.len() - 8) } else { String::new() };
        println!("{:<50}  {}{more}", mutant.name, ids[..ids.len().min(8)].join(" "));
        if ids.is_empty() {
            missed.push(mutant.name);
        }
    }
    assert!(missed.is_empty(), "not caught by any page: {missed:#?}");
    Ok(())
}

/// The reference takes the place of CPython here: this is a test of the rewriting alone.
#[test]
fn blessing_restores_every_answer_that_was_removed() -> Result {
    let profile = PROFILES[0];
    let info = TargetInfo::of_profile(profile, "the reference");
    let mut target = InProcess::new(Reference::in_memory(profile)?, info);
    for (path, text) in TEXTS {
        let page = read(path, text)?;
        let same = bless(&page, text, &mut target)?;
        assert_eq!((same.text.as_str(), same.changed.len()), (*text, 0), "{path} is right already");
        if page.clauses.iter().any(|clause| clause.scope.excludes(profile).is_some()) {
            continue;
        }
        let bare = without_answers(&page, text);
        let blessed = bless(&read(path, &bare)?, &bare, &mut target)?;
        assert!(!blessed.changed.is_empty() && blessed.unanswered.is_empty(), "{path}");
        assert_eq!(hard(&blessed.text), hard(text), "{path}");
    }
    Ok(())
}

/// A page without the answers that are equal on every platform and in every version.
fn without_answers(page: &Page, text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let statements = page.clauses.iter().flat_map(|clause| &clause.examples).flat_map(|e| &e.session.statements);
    for statement in statements.collect::<Vec<_>>().into_iter().rev() {
        if !statement.ellipsis && !statement.class_only {
            lines.drain(statement.want_line - 1..statement.want_line - 1 + statement.want.len());
        }
    }
    lines.join("\n") + "\n"
}

/// The lines that doctest compares: all but the stack of a traceback.
fn hard(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("  ")).collect()
}
