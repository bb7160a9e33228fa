//! The pages in HTML: no word of a target becomes markup, and in a browser they filter and open what their address says.

use crate::{Result, modules};
use mmapcheck::matrix::Matrix;
use mmapcheck::report::Report;
use mmapcheck::report::page::page;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// A check of a class whose `find` ignores its end: the folder of its report, and the report.
fn checked() -> Result<(TempDir, Report)> {
    let dir = tempfile::tempdir()?;
    let report = check(dir.path(), "find_ignores_end", &["--cases", "400", "--ops", "find,read,seek,write"])?;
    Ok((dir, report))
}

fn check(dir: &Path, module: &str, more: &[&str]) -> Result<Report> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(["check", "--module", module, "--seed", "1", "--format", "json", "--report"]).arg(dir).args(more);
    command.env("PYTHONPATH", modules());
    Ok(serde_json::from_slice(&command.output()?.stdout)?)
}

/// The first browser of these names that there is.
fn browser() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| which::which(name).ok());
    FOUND.get_or_init(find).as_deref()
}

/// The document of a page at this address, after its script has run; none without a browser.
fn opened(file: &Path, hash: &str) -> Result<Option<String>> {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium (apt-get install chromium)");
        return Ok(None);
    };
    let profile = tempfile::tempdir()?;
    let mut command = Command::new(browser);
    command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    let done = command.arg(format!("file://{}#{hash}", file.display())).output()?;
    let document = String::from_utf8(done.stdout)?;
    assert!(document.contains("</html>"), "{}: {document}", String::from_utf8_lossy(&done.stderr));
    Ok(Some(document))
}

/// The start tags of the rows of the table of clauses: those that are shown, and those that are hidden.
fn rows(document: &str) -> (Vec<&str>, Vec<&str>) {
    let tags = document.split("<tr ").skip(1).filter_map(|rest| rest.split('>').next());
    tags.filter(|tag| tag.contains("data-level")).partition(|tag| !tag.contains("hidden"))
}

#[test]
fn a_page_filters_and_opens_what_its_address_says() -> Result {
    let (dir, report) = checked()?;
    let file = dir.path().join("index.html");
    let Some(document) = opened(&file, "")? else { return Ok(()) };
    let (shown, hidden) = rows(&document);
    assert_eq!((shown.len(), hidden.len()), (report.pages.examples.len(), 0));
    assert!(!document.contains("id=\"cause-1\" open"), "nothing is open at first");
    let document = opened(&file, "cause-1")?.unwrap_or_default();
    assert!(document.contains("id=\"cause-1\" open"), "the first cause is open");
    assert_eq!(document.matches("class=\"cause\" id=").count(), report.causes.len());
    let document = opened(&file, "text=find&outcome=failed&level=documented")?.unwrap_or_default();
    let (shown, hidden) = rows(&document);
    let fits = |tag: &&str| tag.contains("\"failed\"") && tag.contains("\"documented\"");
    assert!(!shown.is_empty() && shown.iter().all(fits), "{shown:?}");
    assert!(shown.len() as u64 <= report.pages.failed);
    assert_eq!(shown.len() + hidden.len(), report.pages.examples.len());
    assert!(document.contains(&format!(">{} of {} rows</output>", shown.len(), shown.len() + hidden.len())));
    Ok(())
}

#[test]
fn the_page_of_the_matrix_shows_one_target_and_one_outcome() -> Result {
    let matrix = Matrix::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports"))?;
    let dir = tempfile::tempdir()?;
    matrix.write(dir.path())?;
    let file = dir.path().join("index.html");
    let page = std::fs::read_to_string(&file)?;
    let place =
        |name: &str| page.find(&format!("<option value=\"{name}\"")).or(page.find(&format!(">{name}</option>")));
    assert!(place("cpython-3.9.18") < place("cpython-3.10.13"), "versions are in order");
    let Some(document) = opened(&file, "target=2&outcome=pass")? else { return Ok(()) };
    let (shown, hidden) = rows(&document);
    let outcome =
        |tag: &str| tag.split("data-outcomes=\"").nth(1).and_then(|list| list.split(' ').nth(1)).map(str::to_owned);
    assert!(!shown.is_empty() && shown.iter().all(|tag| outcome(tag).as_deref() == Some("pass")), "{shown:?}");
    assert!(!hidden.is_empty() && hidden.iter().all(|tag| outcome(tag).as_deref() != Some("pass")), "{hidden:?}");
    Ok(())
}

#[test]
fn a_check_without_anything_to_show_writes_no_page() -> Result {
    let dir = tempfile::tempdir()?;
    let report = check(dir.path(), "mmap", &["--cases", "50", "--filter", "READ-1"])?;
    assert!(!report.is_worth_storing() && !dir.path().join("index.html").exists());
    Ok(())
}

/// Every text of a report that a target may have a say in.
fn words(report: &mut Report) -> Vec<&mut String> {
    let mut words = vec![&mut report.target];
    for cause in &mut report.causes {
        words.extend([&mut cause.sentence, &mut cause.replay]);
    }
    for finding in report.divergences.iter_mut().chain(&mut report.inherited) {
        words.extend([&mut finding.headline, &mut finding.expected, &mut finding.actual, &mut finding.replay]);
        let rows = finding.differences.rows.iter_mut();
        words.extend(rows.flat_map(|row| [&mut row.field, &mut row.expected, &mut row.actual]));
        words.extend([finding.stderr.get_or_insert_default(), finding.unsteady.get_or_insert_default()]);
    }
    for failure in &mut report.pages.failures {
        words.extend([&mut failure.statement, &mut failure.expected, &mut failure.actual, &mut failure.replay]);
    }
    words.extend(report.pages.examples.iter_mut().map(|example| example.reason.get_or_insert_default()));
    words
}

#[test]
fn the_words_of_a_target_become_no_markup() -> Result {
    let (_dir, mut report) = checked()?;
    let plain = page(&report)?;
    let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&quot;";
    let many = words(&mut report).into_iter().map(|word| word.replace_range(.., hostile)).count();
    let page = page(&report)?;
    assert!(many > 50 && page.matches("alert(1)").count() >= many - report.divergences.len() * 8, "{many}");
    for mark in ["<script", "<img", "onerror=alert(2)>", "\"'>"] {
        assert_eq!(page.matches(mark).count(), plain.matches(mark).count(), "{mark}");
    }
    assert!(!plain.contains("src=\"") && !plain.contains("<link"), "the page loads nothing");
    Ok(())
}
