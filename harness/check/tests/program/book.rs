//! The specification as a book: its claims about the order of checks are CPython's, and mdbook builds it.

use crate::{Result, text};
use mmapcheck::book;
use mmapcheck_spec::notation;
use std::path::Path;
use std::process::Command;

fn mmapcheck() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mmapcheck"))
}

/// Writes the book, and returns its folder.
fn written(dir: &Path) -> Result<std::path::PathBuf> {
    let folder = dir.join("a/book");
    let done = mmapcheck().args(["pages", "--book"]).arg(&folder).output()?;
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    Ok(folder)
}

#[test]
fn the_order_of_the_checks_is_that_of_cpython() -> Result {
    let dir = tempfile::tempdir()?;
    let cases = book::cases();
    assert!(cases.len() > 200, "{}", cases.len());
    for (number, case) in cases.iter().enumerate() {
        std::fs::write(dir.path().join(format!("{number:03}.pycon")), notation::print(case))?;
    }
    let mut replay = mmapcheck();
    replay.args(["replay", "--runs", "1"]).current_dir(dir.path());
    replay.args((0..cases.len()).map(|number| format!("{number:03}.pycon")));
    let done = replay.output()?;
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    Ok(())
}

#[test]
fn a_book_that_cannot_be_written_is_one_clear_error() -> Result {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("file"), "")?;
    let done = mmapcheck().args(["pages", "--book", "file"]).current_dir(dir.path()).output()?;
    let said = text(&done.stderr);
    assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.starts_with("mmapcheck: file"), "{said}");
    Ok(())
}

/// The anchor of each clause, and the search, in the book that mdbook makes.
#[test]
fn mdbook_builds_it_with_an_anchor_for_each_clause() -> Result {
    let Ok(mdbook) = which::which("mdbook") else {
        eprintln!("skipped: mdbook is not installed");
        return Ok(());
    };
    let dir = tempfile::tempdir()?;
    let folder = written(dir.path())?;
    let done = Command::new(mdbook).arg("build").arg(&folder).output()?;
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(!text(&done.stderr).contains("WARN"), "{}", text(&done.stderr));
    for page in mmapcheck_spec::pages::all()? {
        let name = page.path.trim_start_matches("spec/").replace(".md", ".html");
        let html = std::fs::read_to_string(folder.join("book").join(name))?;
        for clause in &page.clauses {
            assert!(html.contains(&format!("id=\"{}\"", clause.id)), "{} has no anchor", clause.id);
        }
    }
    let files = std::fs::read_dir(folder.join("book"))?.collect::<std::io::Result<Vec<_>>>()?;
    assert!(files.iter().any(|file| file.file_name().to_string_lossy().starts_with("searchindex")), "no search");
    Ok(())
}
