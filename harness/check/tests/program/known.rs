//! Lists of known divergences: an entry suppresses the divergences of its pattern and no others, becomes stale when the
//! target is fixed, and is refused if it can match nothing.

use crate::{Result, as_text, find_dies, modules, python, text};
use mmapcheck::report::junit::junit;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A target that is checked with a list, in a folder of its own.
struct Bench {
    dir: TempDir,
    module: &'static str,
}

impl Bench {
    fn new(module: &'static str) -> Result<Bench> {
        Ok(Bench { dir: tempfile::tempdir()?, module })
    }

    fn file(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Runs `mmapcheck check` on the module with this list, or with none.
    fn check(&self, list: Option<&str>, more: &[&str]) -> Result<Output> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
        command.args(["check", "--module", self.module, "--seed", "1", "--jobs", "1", "--report"]);
        command.arg(self.dir.path().join("found"));
        match list {
            Some(list) => command.arg("--known").arg(self.file("known.toml", list)?),
            None => command.arg("--no-known"),
        };
        Ok(command.args(more).env("PYTHONPATH", modules()).output()?)
    }

    /// Runs random cases of these operations and returns the report too. Callback arguments are left out, since they make many
    /// different divergences of one bug.
    fn random(&self, list: Option<&str>, ops: &str, cases: &str) -> Result<(Output, Value)> {
        let args = ["--random-only", "--format", "json", "--no-reentrancy", "--ops", ops, "--cases", cases];
        let done = self.check(list, &args)?;
        let report =
            serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {}", text(&done.stderr)))?;
        Ok((done, report))
    }
}

fn triage(files: &[&Path]) -> Result<String> {
    let done = Command::new(env!("CARGO_BIN_EXE_mmapcheck")).arg("triage").args(files).output()?;
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    Ok(text(&done.stdout))
}

/// The buckets of the divergences of a report.
fn kinds(report: &Value) -> BTreeSet<String> {
    report["divergences"].as_array().into_iter().flatten().map(|found| found["kind"].to_string()).collect()
}

const FIND: &str = r#"
[[divergence]]
id = "find-ignores-its-end"
what = "find() does not look at its third argument."
link = "https://bugs.example/1"
op = "find"
field = "answer"
expected = "int"
actual = "int"
case = '''
>>> import mmap
>>> m = mmap.mmap(-1, 10)
>>> m.find(b'\x00', 5, 5)
-1
'''
"#;

pub(crate) const READ: &str = r#"
[[divergence]]
id = "read-stays"
what = "read() does not move on."
op = "read"
field = "position"
expected = ""
actual = ""
case = '''
>>> import mmap
>>> m = mmap.mmap(-1, 10)
>>> m.read(3)
b'\x00\x00\x00'
'''
"#;

const OPS: &str = "mmap,find,read,seek,write,tell";

#[test]
fn an_entry_suppresses_exactly_its_kind() -> Result {
    let bench = Bench::new("find_and_read")?;
    let find_dies = std::fs::read_to_string(find_dies())?;
    let (_, all) = bench.random(Some(&find_dies), OPS, "2000")?;
    let find = r#"{"actual":"int","expected":"int","field":"answer","op":"find"}"#;
    let read = r#"{"actual":"","expected":"","field":"position","op":"read"}"#;
    assert!(kinds(&all).contains(find) && kinds(&all).contains(read), "{:?}", kinds(&all));
    for (list, id, kind) in [(FIND, "find-ignores-its-end", find), (READ, "read-stays", read)] {
        let (done, report) = bench.random(Some(&format!("{list}{find_dies}")), OPS, "2000")?;
        assert_eq!(done.status.code(), Some(1), "the other bug is still found");
        let mut left = kinds(&all);
        left.remove(kind);
        // Others of the same bug may show too: its explanation, which has taken them in, may not come up.
        assert!(kinds(&report).is_superset(&left) && !kinds(&report).contains(kind), "{:?}", kinds(&report));
        assert!(report["known"][id].as_u64() > Some(100), "{report:#}");
        assert_eq!(report["stale"], serde_json::json!([]));
    }
    Ok(())
}

#[test]
fn an_entry_is_stale_when_the_target_is_fixed() -> Result {
    let (broken, mended) = (Bench::new("find_ignores_end")?, Bench::new("mmap")?);
    let all_of_find = FIND.replace("\"int\"", "\"*\"");
    let (done, report) = broken.random(Some(&all_of_find), "find,seek,write", "1000")?;
    assert_eq!(done.status.code(), Some(0), "all there is to find is known: {report:#}");
    let (done, report) = mended.random(Some(FIND), "find,seek,write", "1000")?;
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(report["stale"][0]["id"], "find-ignores-its-end");
    assert_eq!(report["stale"][0]["reason"], "its case agrees");
    assert!(report["stale"][0]["place"].as_str().is_some_and(|place| place.ends_with("known.toml:3")), "{report:#}");
    let intermittent = FIND.replace("op =", "intermittent = true\nop =");
    assert_eq!(mended.random(Some(&intermittent), "find", "100")?.0.status.code(), Some(0));
    Ok(())
}

#[test]
fn an_entry_whose_case_shows_another_divergence_is_stale() -> Result {
    let wrong = FIND.replace(r#"actual = "int""#, r#"actual = "TypeError""#);
    let (done, report) = Bench::new("find_ignores_end")?.random(Some(&wrong), "find", "100")?;
    assert_eq!(done.status.code(), Some(1));
    let reason = report["stale"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with("its case diverges otherwise: find"), "{reason}");
    Ok(())
}

#[test]
fn an_entry_of_another_version_is_not_run() -> Result {
    let later = FIND.replace("op =", "since = \"3.99\"\nop =");
    let (done, report) = Bench::new("mmap")?.random(Some(&later), "find", "100")?;
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(report["known_not_run"][0]["reason"], "since Python 3.99");
    assert_eq!(report["known"], serde_json::json!({}));
    let (done, _) = Bench::new("find_ignores_end")?.random(Some(&later), "find,seek,write", "1000")?;
    assert_eq!(done.status.code(), Some(1), "it silences nothing either");
    Ok(())
}

#[test]
fn an_entry_applies_to_the_version_of_the_module() -> Result {
    let asked = Command::new(python()).args(["-c", "import mmap; print(getattr(mmap, '__file__', ''))"]).output()?;
    let extension = PathBuf::from(text(&asked.stdout).trim());
    let Some(name) = extension.file_name() else {
        eprintln!("skipped: the module mmap is built into the interpreter");
        return Ok(());
    };
    let bench = Bench::new("mmap")?;
    std::fs::copy(&extension, bench.dir.path().join(name))?;
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
        command.args(["check", "--pages-only", "--filter", "READ-1", "--format", "json", "--report"]);
        command.arg(bench.dir.path().join("found")).env("PYTHONPATH", bench.dir.path()).output()
    };
    let applies = |done: &Output| -> Result<bool> {
        let report: Value = serde_json::from_slice(&done.stdout)?;
        let not_run = report["known_not_run"].as_array().ok_or("no list")?;
        Ok(!not_run.iter().any(|entry| entry["id"] == "closed-meanwhile-answers"))
    };
    if applies(&check()?)? {
        eprintln!("skipped: the embedded interpreter is older than 3.11.4");
        return Ok(());
    }
    bench.file("mmap.version", "3.11.2\n")?;
    let older = check()?;
    assert!(applies(&older)?, "{}", text(&older.stdout));
    assert!(text(&older.stdout).contains(", module mmap 3.11.2\""), "{}", text(&older.stdout));
    bench.file("mmap.version", "old\n")?;
    let wrong = check()?;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("mmap.version:1: expected a version"), "{}", text(&wrong.stderr));
    Ok(())
}

#[test]
fn a_known_death_is_counted_and_the_campaign_continues() -> Result {
    let entry = r#"
[[divergence]]
id = "resize-dies"
what = "resize() to less aborts."
op = "resize"
field = "answer"
expected = "a*"
actual = "died of signal 6 (SIGABRT)"
case = '''
>>> import mmap
>>> m = mmap.mmap(-1, 10)
>>> m.resize(5)
'''
"#;
    let (done, report) = Bench::new("dies")?.random(Some(entry), "resize,read,write", "30")?;
    let divergences = &report["divergences"];
    assert_eq!(done.status.code(), Some(0), "{divergences:#}");
    assert!(report["known"]["resize-dies"].as_u64() > Some(0), "{report:#}");
    assert_eq!(report["cases"], 30);
    Ok(())
}

#[test]
fn an_example_of_an_entry_must_fail() -> Result {
    let broken = Bench::new("find_ignores_end")?;
    let args = ["--pages-only", "--filter", "FIND-*", "--format", "json"];
    let report: Value = serde_json::from_slice(&broken.check(None, &args)?.stdout)?;
    let failures = report["pages"]["failures"].as_array().ok_or("no failures")?;
    let ids: Vec<&str> = failures.iter().filter_map(|failure| failure["id"].as_str()).collect();
    let list = |ids: &[&str]| {
        let ids: Vec<_> =
            ids.iter().map(|id| if id.contains('.') { id.to_string() } else { format!("{id}.1") }).collect();
        format!("[[divergence]]\nid = \"find\"\nwhat = \"It is broken.\"\nclauses = {ids:?}\n")
    };
    assert!(ids.len() > 1, "{report:#}");
    let done = broken.check(Some(&list(&ids)), &args)?;
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
    let all_but_one = broken.check(Some(&list(&ids[1..])), &args)?;
    assert_eq!(all_but_one.status.code(), Some(1), "one that is not named still fails the run");
    let mended = Bench::new("mmap")?.check(Some(&list(&ids[..1])), &["--pages-only"])?;
    assert_eq!(mended.status.code(), Some(1));
    assert!(text(&mended.stdout).contains("'find' no longer holds: FIND"), "{}", text(&mended.stdout));
    Ok(())
}

#[test]
fn a_run_agrees_with_the_list_that_triage_proposes() -> Result {
    // The bugs of this module are all in answers. A divergence of state ends its case, so that suppressing it would show more.
    let bench = Bench::new("close_with_views")?;
    let args = ["--format", "json", "--no-reentrancy", "--cases", "2000"];
    let found = bench.check(None, &args)?;
    assert_eq!(found.status.code(), Some(1));
    let list = triage(&[&bench.file("report.json", &text(&found.stdout))?])?;
    let done = bench.check(Some(&list), &args)?;
    assert_eq!(done.status.code(), Some(0), "{list}\n{}{}", text(&done.stdout), text(&done.stderr));
    let saved = std::fs::read_dir(bench.dir.path().join("found"))?.map(|file| Ok(file?.path()));
    let mut saved = saved.collect::<Result<Vec<_>>>()?;
    // The folder `inherited` holds what is not the module's.
    saved.retain(|path| path.extension().is_some_and(|ending| ending == "pycon"));
    let from_saved = triage(&saved.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
    // A saved case names no cause, since it is saved before that is known: its entry has a pattern, and what else the cause shows
    // is found next.
    assert!(from_saved.contains("field = ") && !list.contains("field = "), "{from_saved}\n{list}");
    let done = bench.check(Some(&from_saved), &args)?;
    let (before, after): (Value, Value) =
        (serde_json::from_slice(&found.stdout)?, serde_json::from_slice(&done.stdout)?);
    assert!(!kinds(&before).is_empty() && kinds(&before).is_disjoint(&kinds(&after)), "{from_saved}\n{after:#}");
    assert_eq!(after["stale"], serde_json::json!([]));
    Ok(())
}

#[test]
fn known_divergences_are_part_of_every_format_of_a_report() -> Result {
    let bench = Bench::new("find_ignores_end")?;
    let list = format!("{FIND}{READ}");
    let args = ["--random-only", "--cases", "500", "--ops", "find,seek,write"];
    let done = bench.check(Some(&list), &[&args[..], &["--format", "json"]].concat())?;
    let report = serde_json::from_slice(&done.stdout)?;
    let shown = as_text(&report);
    assert!(
        shown.contains("× find-ignores-its-end: find() does not look at its third argument. (https://bugs.example/1)")
    );
    assert!(shown.contains("known.toml:18: 'read-stays' no longer holds: its case agrees;"), "{shown}");
    let xml = junit(&report)?;
    let suite = xml.split("name=\"known divergences\"").nth(1).ok_or(xml.clone())?;
    assert!(suite.contains("skipped=\"1\"") && suite.contains("failures=\"1\""), "{suite}");
    Ok(())
}

/// Asserts exit status 2 and one line on standard error with this text.
fn refuses(list: &str, says: &str) -> Result {
    let bench = Bench::new("mmap")?;
    let done = bench.check(Some(list), &["--cases", "1"])?;
    let error = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{says}: {error}{}", text(&done.stdout));
    assert!(error.contains(&format!("known.toml:{says}")), "expected {says} in {error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(done.stdout.is_empty());
    Ok(())
}

#[test]
fn an_invalid_list_is_refused_with_file_and_line() -> Result {
    let with = |from: &str, to: &str| {
        assert!(FIND.contains(from), "{from}");
        FIND.replace(from, to)
    };
    refuses("[[divergences]]\n", "1: unknown field `divergences`")?;
    refuses("[[divergence]]\nid = \n", "2: ")?;
    refuses(&with("link", "lnik"), "5: unknown field `lnik`")?;
    refuses(&with("what = \"find() does not look at its third argument.\"\n", ""), "2: missing field `what`")?;
    refuses(&with("\"find-ignores-its-end\"", "\"Find it\""), "3: invalid id 'Find it'")?;
    refuses(&format!("{FIND}{FIND}"), "18: id 'find-ignores-its-end' is already used in line 3")?;
    refuses(&with("find() does not look at its third argument.", " "), "4: 'what' must be one line")?;
    refuses(&with("https://bugs.example/1", ""), "5: 'link' must be one line")?;
    refuses(&with("op = \"find\"", "op = \"fnid\""), "6: unknown operation 'fnid'")?;
    refuses(&with("op = \"find\"", "op = \"fnid*\""), "6: unknown operation 'fnid*'")?;
    refuses(&with("\"answer\"", "\"anwser\""), "7: unknown field 'anwser'")?;
    refuses(
        &with("expected = \"int\"", "expected = \"itn\""),
        "8: 'itn' matches no outcome of this operation and field",
    )?;
    refuses(
        &with("actual = \"int\"", "actual = \"TypeEror\""),
        "9: 'TypeEror' matches no outcome of this operation and field",
    )?;
    refuses(
        &with("actual = \"int\"", "actual = \"died of signal 111\""),
        "9: 'died of signal 111' matches no outcome",
    )?;
    refuses(
        &with("actual = \"int\"", "actual = \"hung\""),
        "9: 'hung' matches no outcome of this operation and field",
    )?;
    refuses(
        &with("\"answer\"", "\"file bytes\""),
        "8: 'int' matches no outcome of this operation and field: expected ''",
    )?;
    refuses(
        &with("\"answer\"", "\"close at the end\""),
        "7: operation 'find' has no divergence in field 'close at the end'",
    )?;
    refuses(
        &with("case =", "severity = \"bytes\"\ncase ="),
        "7: this operation and field have no divergence of severity bytes",
    )?;
    refuses(&with("case =", "severity = \"awful\"\ncase ="), "10: unknown severity 'awful'")?;
    refuses(
        &with("case =", "severity = \"message\"\ncase =").replace("\"int\"", "\"no 5\""),
        "8: 'no 5' matches no outcome",
    )?;
    refuses(&with("case =", "since = \"new\"\ncase ="), "10: invalid version 'new'")?;
    refuses(&with("case =", "platform = \"amiga\"\ncase ="), "10: unknown platform 'amiga'")?;
    refuses(
        &with("case =", "clauses = [\"FIND-1\",\n  \"FIDN-1\"]\ncase ="),
        "11: unknown clause or example 'FIDN-1'",
    )?;
    refuses(&with("case =", "clauses = [\"FIND-1.99\"]\ncase ="), "10: unknown clause or example 'FIND-1.99'")?;
    refuses(&with("case =", "clauses = []\ncase ="), "10: 'clauses' is empty: expected the id of at least one")?;
    refuses(&with("op = \"find\"\n", ""), "3: 'op' is missing")?;
    refuses(&FIND[..FIND.find("case").unwrap_or(0)], "3: 'case' is missing")?;
    refuses(&FIND[..FIND.find("op").unwrap_or(0)], "3: an entry needs 'clauses', or 'variations' and 'case', or 'op'")?;
    refuses(&with("m.find(b", "m.fnid(b"), "13: not a statement of the notation")?;
    refuses(
        &with(">>> m.find(b'\\x00', 5, 5)\n-1\n", "").replace(">>> m = mmap.mmap(-1, 10)\n", ""),
        "10: the case has no steps",
    )?;
    Ok(())
}

const UNREADABLE: &str = "# value: x
# kind: { op = \"read\", field = \"answer\", expected = \"int\", actual = \"int\" }

>>> import mmap
>>> m.reed()
";

#[test]
fn triage_leaves_out_a_divergence_that_no_further_run_showed() -> Result {
    let bench = Bench::new("close_with_views")?;
    let found = bench.check(None, &["--format", "json", "--no-reentrancy", "--cases", "500"])?;
    let mut report: Value = serde_json::from_slice(&found.stdout)?;
    (report["causes"], report["pages"]["failures"]) = (serde_json::json!([]), serde_json::json!([]));
    let list = |report: &Value| triage(&[&bench.file("report.json", &report.to_string())?]);
    assert!(list(&report)?.contains("[[divergence]]"));
    for finding in report["divergences"].as_array_mut().into_iter().flatten() {
        finding["rate"] = serde_json::json!({ "shown": 0, "runs": 10 });
    }
    assert_eq!(list(&report)?, "");
    Ok(())
}

#[test]
fn triage_refuses_a_file_that_is_not_a_report() -> Result {
    let bench = Bench::new("mmap")?;
    for (name, content) in [
        ("z.pycon", UNREADABLE),
        ("x.json", "{}"),
        ("x.pycon", ">>> import mmap\n"),
        ("y.pycon", "# kind: { op = 1 }\n>>> 1\n"),
    ] {
        let path = bench.file(name, content)?;
        let done = Command::new(env!("CARGO_BIN_EXE_mmapcheck")).arg("triage").arg(&path).output()?;
        let error = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{name}: {error}");
        assert!(error.contains(name) && error.lines().count() == 1, "{error}");
    }
    Ok(())
}
