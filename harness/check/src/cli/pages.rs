//! `mmapcheck pages`

use super::args::Pages;
use super::exit::{CommandError, Exit};
use super::output::write_out;
use crate::bless::bless;
use crate::book::book;
use crate::limits;
use crate::worker::{ProcessWorker, TargetSpec};
use mmapcheck_spec::Target;
use mmapcheck_spec::pages::matches_filter;
use mmapcheck_spec::pages::{Clause, Page, Scope, all, read};
use mmapcheck_targets::stop::Stop;
use std::fmt::Write;
use std::path::Path;

pub(super) fn pages(args: &Pages) -> Result<Exit, CommandError> {
    if !args.bless.is_empty() {
        return bless_pages(args);
    }
    if let Some(folder) = &args.book {
        return write_book(folder);
    }
    let pages = all()?;
    let filter = args.show.as_deref().or(args.list.as_deref()).unwrap_or("*");
    let chosen: Vec<_> = clauses(pages).filter(|(_, clause)| matches_filter(&clause.id, filter)).collect();
    if chosen.is_empty() {
        return Err(CommandError(format!("no clause matches '{filter}'; 'mmapcheck pages --list' lists all clauses")));
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

/// A whole clause as in its page, with the level and scope that it inherits.
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
    let _ = writeln!(text, "- place: {}:{}\n\n{}\n", page.path, clause.line, clause.text);
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

/// Writes the book. Files of the same names are replaced, and no others are touched.
fn write_book(folder: &Path) -> Result<Exit, CommandError> {
    let files = book()?;
    for (name, text) in &files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|error| CommandError::file(parent, error))?;
        std::fs::write(&path, text).map_err(|error| CommandError::file(&path, error))?;
    }
    write_out(&format!("{}: {} files; 'mdbook build' makes the book of them\n", folder.display(), files.len()));
    Ok(Exit::Agrees)
}

/// Replaces the answers in pages by those of CPython's own `mmap`. Only pages that change are written.
fn bless_pages(args: &Pages) -> Result<Exit, CommandError> {
    let mut worker = ProcessWorker::start(&TargetSpec::default(), None, limits::HANG, &Stop::never())?;
    let mut exit = Exit::Agrees;
    for path in &args.bless {
        exit = bless_page(path, &mut worker)?.max(exit);
    }
    Ok(exit)
}

fn bless_page(path: &Path, worker: &mut ProcessWorker) -> Result<Exit, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|error| CommandError::file(path, error))?;
    let page = read(&path.display().to_string(), &text)?;
    let blessed = bless(&page, &text, worker)?;
    for line in &blessed.unanswered {
        eprintln!("{line}");
    }
    if !blessed.changed.is_empty() {
        std::fs::write(path, &blessed.text).map_err(|error| CommandError::file(path, error))?;
    }
    let skipped = match blessed.skipped.len() {
        0 => String::new(),
        many => format!(", {many} examples of other versions unchanged"),
    };
    let name = &worker.info().name;
    write_out(&format!("{}: {} answers rewritten from {name}{skipped}\n", path.display(), blessed.changed.len()));
    Ok(if blessed.unanswered.is_empty() { Exit::Agrees } else { Exit::Diverges })
}
