//! Tests that run the program, or a target in another process. Most of their time is spent waiting, so that they share a test
//! binary, in which they wait at the same time.

mod action;
mod book;
mod cases_as_data;
mod causes;
mod cli;
mod commands;
mod compared;
mod damage;
mod documented;
mod ending;
mod explain;
mod forking;
mod hostile;
mod inherited;
mod innocent;
mod installed;
mod interpreters;
mod known;
mod known_effects;
mod left_out;
mod matrix;
mod module;
mod other_driver;
mod page;
mod part;
mod profile;
mod report;
mod results;
mod specification;
mod unsteady;
mod weights;

use mmapcheck::report::Report;
use mmapcheck::report::text::{Parts, text as rendered};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The path of the interpreter that this program was built for, or of `python3`, which may be a script that starts it.
fn interpreter() -> &'static str {
    static PYTHON: LazyLock<String> = LazyLock::new(|| {
        let asked = std::env::var("PYO3_PYTHON").unwrap_or_else(|_| "python3".into());
        match Command::new(&asked).args(["-c", "import sys; print(sys.executable)"]).output() {
            Ok(said) if said.status.success() => text(&said.stdout).trim().to_owned(),
            _ => asked,
        }
    });
    &PYTHON
}

/// The path of that interpreter in a virtual environment without packages: those of the machine have no part in a test,
/// and take most of the time of a start.
fn python() -> &'static str {
    static PYTHON: LazyLock<String> = LazyLock::new(|| {
        // A folder of its own for each interpreter, and never cleared: another run of the tests may use it.
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python").join(interpreter().trim_start_matches('/'));
        let made = Command::new(interpreter()).args(["-m", "venv", "--without-pip"]).arg(&dir).output();
        match (made, dir.join("bin/python3").to_str()) {
            (Ok(done), Some(python)) if done.status.success() => python.to_owned(),
            // Some systems have no module `venv`.
            _ => interpreter().to_owned(),
        }
    });
    &PYTHON
}

/// The folder of the planted modules.
fn modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modules")
}

/// The list of the deaths of a `find` that ignores its end.
fn find_dies() -> PathBuf {
    modules().join("find_dies.toml")
}

/// The text of a report that was read back: what `check` prints without `--format`.
fn as_text(report: &Report) -> String {
    rendered(report, Parts { pages: true, random: true, verbose: true })
}

/// The divergences of a report.
fn divergences(report: &Value) -> &[Value] {
    report["divergences"].as_array().map_or(&[], Vec::as_slice)
}
