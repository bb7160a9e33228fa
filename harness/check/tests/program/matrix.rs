//! The matrix: the result of each target stays until the target is checked again.

use crate::{Result, modules};
use serde_json::Value;
use std::process::{Command, Output};

/// A folder with an interpreter called `py`, and the folder of the matrix.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Result<Bench> {
        let bench = Bench(tempfile::tempdir()?);
        std::os::unix::fs::symlink(crate::python(), bench.python())?;
        Ok(bench)
    }

    fn python(&self) -> std::path::PathBuf {
        self.0.path().join("py")
    }

    fn reports(&self) -> std::path::PathBuf {
        self.0.path().join("reports")
    }

    fn run(&self, targets: &[&str]) -> Result<Output> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
        command.args(["matrix", "--cases", "300", "--seed", "1", "--out"]).arg(self.reports()).args(targets);
        Ok(command.env("PYTHONPATH", modules()).output()?)
    }

    fn read(&self, name: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.reports().join(name))?)
    }

    fn targets(&self) -> Result<serde_json::Map<String, Value>> {
        let json: Value = serde_json::from_str(&self.read("matrix.json")?)?;
        Ok(json["targets"].as_object().ok_or("no targets")?.clone())
    }
}

#[test]
fn every_divergence_has_a_session_and_a_script_that_shows_it() -> Result {
    let bench = Bench::new()?;
    let python = bench.python().display().to_string();
    let done = bench.run(&[&python, &format!("{python}=find_ignores_end")])?;
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
    let targets = bench.targets()?;
    let (clean, wrong): (Vec<_>, Vec<_>) = targets.iter().partition(|(key, _)| key.starts_with("cpython"));
    let (clean, wrong) = (clean.first().ok_or("no clean target")?, wrong.first().ok_or("no wrong target")?);
    assert_eq!(clean.1["found"].as_array().map(Vec::len), Some(0));
    let found = wrong.1["found"].as_array().ok_or("nothing found")?;
    let end = found.iter().find(|found| found["op"] == "find").ok_or("the planted bug was not found")?;
    let id = end["id"].as_str().ok_or("no id")?;
    let page = bench.read(&format!("{}/README.md", wrong.0))?;
    assert!(
        page.contains(&format!("`python3 {id}.py find_ignores_end`"))
            && page.contains(end["session"].as_str().ok_or("no session")?.trim_end())
    );
    let script = bench.reports().join(wrong.0).join(format!("{id}.py"));
    for (module, agrees) in [("mmap", true), ("find_ignores_end", false)] {
        let run = Command::new(crate::python()).arg(&script).arg(module).env("PYTHONPATH", modules()).output()?;
        let said = String::from_utf8(run.stdout)?;
        let answer = |what| said.lines().find_map(|line: &str| line.strip_prefix(what)).map(str::trim);
        assert_eq!(answer("expected: ") == answer("got:      "), agrees, "{module}: {said}");
    }
    let table = bench.read("matrix.md")?;
    assert!(table.contains("| **F** |") && table.contains(&format!("[{}]", wrong.0)), "{table}");
    Ok(())
}

#[test]
fn the_result_of_a_target_stays_if_the_target_no_longer_starts() -> Result {
    let bench = Bench::new()?;
    let python = bench.python().display().to_string();
    assert_eq!(bench.run(&[&python])?.status.code(), Some(0));
    let before = bench.targets()?;
    std::fs::remove_file(bench.python())?;
    let done = bench.run(&[&python])?;
    let said = String::from_utf8(done.stderr)?;
    assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    let (key, after) = bench.targets()?.into_iter().next().ok_or("the target is gone")?;
    assert_eq!(after["clauses"], before[&key]["clauses"]);
    assert!(after["trouble"].as_str().is_some_and(|why| why.contains("cannot start")), "{after:#}");
    assert!(bench.read("matrix.md")?.contains("failed, and its row is from an earlier run"));
    Ok(())
}

#[test]
fn an_invalid_matrix_is_named_with_its_line_and_not_overwritten() -> Result {
    let bench = Bench::new()?;
    std::fs::create_dir(bench.reports())?;
    let broken = "{\n\"targets\": 3}\n";
    std::fs::write(bench.reports().join("matrix.json"), broken)?;
    let done = bench.run(&[&bench.python().display().to_string()])?;
    let said = String::from_utf8(done.stderr)?;
    assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("matrix.json:2:"), "{said}");
    assert_eq!(bench.read("matrix.json")?, broken);
    Ok(())
}
