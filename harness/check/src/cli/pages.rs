//! `mmapcheck pages`

use super::{CannotRun, Exit, Pages, write_out};
use mmapcheck::bless::bless;
use mmapcheck::limits;
use mmapcheck::worker::{ProcessWorker, TargetSpec};
use mmapcheck_spec::Target;
use mmapcheck_spec::pages::matches_filter;
use mmapcheck_spec::pages::{Clause, Page, PageError, Scope, all, read};
use std::fmt::Write;
use std::path::Path;

impl From<PageError> for CannotRun {
    fn from(error: PageError) -> CannotRun {
        CannotRun(error.to_string())
    }
}

pub(super) fn pages(args: &Pages) -> Result<Exit, CannotRun> {
    if !args.bless.is_empty() {
        return bless_all(args);
    }
    let pages = all()?;
    let filter = args.show.as_deref().or(args.list.as_deref()).unwrap_or("*");
    let chosen: Vec<_> = clauses(&pages).filter(|(_, clause)| matches_filter(&clause.id, filter)).collect();
    if chosen.is_empty() {
        return Err(CannotRun(format!("no clause is called '{filter}'; 'mmapcheck pages --list' shows them all")));
    }
    let text = chosen.iter().fold(String::new(), |text, (page, clause)| {
        text + &if args.show.is_some() { shown(page, clause) } else { listed(page, clause) }
    });
    write_out(&text);
    Ok(Exit::Agrees)
}

fn clauses(pages: &[Page]) -> impl Iterator<Item = (&Page, &Clause)> {
    pages.iter().flat_map(|page| page.clauses.iter().map(move |clause| (page, clause)))
}

/// A clause on one line.
fn listed(page: &Page, clause: &Clause) -> String {
    let Clause { id, rule, level, line, .. } = clause;
    let place = format!("{}:{line}", page.path);
    let place = place.trim_start_matches("spec/pages/");
    let bounds = bounds(&clause.scope).map(|bounds| format!(" ({bounds})")).unwrap_or_default();
    format!("{id:<11}  {level:<10}  {place:<32}  {rule}{bounds}\n")
}

/// A whole clause, as its page has it, with what it inherits.
fn shown(page: &Page, clause: &Clause) -> String {
    let mut text = format!("## {} · {}\n\n", clause.id, clause.rule);
    let _ = writeln!(text, "- level: {}\n- source: {}", clause.level, clause.source);
    if let Some(bounds) = bounds(&clause.scope) {
        let _ = writeln!(text, "- applies: {bounds}");
    }
    let settles = clause.settles.iter().map(|settles| {
        let op = settles.op.map_or("any".to_owned(), |op| op.to_string());
        format!("{op} {}", settles.kind)
    });
    let settles: Vec<_> = settles.collect();
    if !settles.is_empty() {
        let _ = writeln!(text, "- settles: {}", settles.join(", "));
    }
    let _ = writeln!(text, "- stands in: {}:{}\n\n{}\n", page.path, clause.line, clause.text);
    for example in &clause.examples {
        let _ = writeln!(text, "```pycon\n{}```\n", example.text);
    }
    text
}

fn bounds(scope: &Scope) -> Option<String> {
    let since = scope.since.map(|version| format!("since Python {version}"));
    let until = scope.until.map(|version| format!("until Python {}", version.short()));
    let cpython = scope.cpython.then(|| "CPython only".to_owned());
    let platform = scope.platform.as_ref().map(|platform| format!("{platform} only"));
    let parts: Vec<_> = [since, until, platform, cpython].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Rewrites the answers of pages from those of CPython's own `mmap`. A page is written only where it differs.
fn bless_all(args: &Pages) -> Result<Exit, CannotRun> {
    let mut remote = ProcessWorker::start(&TargetSpec::default(), None, limits::HANG)?;
    let mut exit = Exit::Agrees;
    for path in &args.bless {
        exit = bless_one(path, &mut remote)?.max(exit);
    }
    Ok(exit)
}

fn bless_one(path: &Path, remote: &mut ProcessWorker) -> Result<Exit, CannotRun> {
    let text = std::fs::read_to_string(path).map_err(|error| CannotRun::file(path, error))?;
    let page = read(&path.display().to_string(), &text)?;
    let blessed = bless(&page, &text, remote)?;
    for line in &blessed.dead {
        eprintln!("{line}");
    }
    if !blessed.changed.is_empty() {
        std::fs::write(path, &blessed.text).map_err(|error| CannotRun::file(path, error))?;
    }
    let skipped = match blessed.skipped.len() {
        0 => String::new(),
        many => format!(", {many} examples not of this version left alone"),
    };
    let name = &remote.info().name;
    write_out(&format!("{}: {} answers rewritten by {name}{skipped}\n", path.display(), blessed.changed.len()));
    Ok(if blessed.dead.is_empty() { Exit::Agrees } else { Exit::Diverges })
}
