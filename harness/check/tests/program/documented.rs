//! The commands of the documents: each that begins with `mmapcheck` runs as it stands, in a folder that has what it names.

use crate::{Result, modules, python, text};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The documents that the doors of the README lead to.
const DOCUMENTS: [&str; 4] = ["README.md", "harness/check/README.md", "spec/README.md", "reports/known/README.md"];

/// Commands that are not run here, and why.
const NOT_RUN: [(&str, &str); 1] = [("mmapcheck matrix", "it takes minutes; the tests of the matrix run it")];

/// A check without a budget runs for ten seconds; here it runs these cases.
const PROGRAM: &str = r#"#!/bin/sh
case "$1 $*" in
  "check "*--cases*|"check "*--time*) ;;
  "check "*) exec "$PROGRAM" "$@" --cases 60 --jobs 1 ;;
esac
exec "$PROGRAM" "$@"
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The commands of a document: the lines of its blocks of shell, and the code in its tables.
fn commands(document: &str) -> Result<Vec<String>> {
    let whole = std::fs::read_to_string(root().join(document))?;
    let blocks = whole.split("```").skip(1).step_by(2).filter(|block| block.starts_with(['\n', 's']));
    let lines = blocks.flat_map(str::lines).map(|line| line.split(" # ").next().unwrap_or_default().trim().to_owned());
    let rows = whole.lines().filter(|line| line.starts_with('|'));
    let cells = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).map(str::to_owned);
    let is_ours = |command: &String| command.trim_start_matches("PYTHONPATH=. ").starts_with("mmapcheck ");
    let is_run = |command: &String| !NOT_RUN.iter().any(|(start, _)| command.starts_with(start));
    Ok(lines.chain(cells).filter(is_ours).filter(is_run).collect())
}

/// A folder with the module, the interpreter, the driver and the files that the commands name.
fn prepare(dir: &Path) -> Result {
    let bin = dir.join("bin");
    std::fs::create_dir_all(&bin)?;
    std::fs::create_dir_all(dir.join("spec/pages"))?;
    std::fs::write(bin.join("mmapcheck"), PROGRAM)?;
    std::fs::set_permissions(bin.join("mmapcheck"), std::fs::Permissions::from_mode(0o755))?;
    for name in ["python3.9", "python3.10", "python3.11"] {
        symlink(python(), bin.join(name))?;
    }
    let module = std::fs::read_to_string(modules().join("find_ignores_end.py"))?;
    std::fs::write(dir.join("mymodule.py"), module + "\n\nMyMap = mmap\n")?;
    symlink(python(), dir.join("my-python"))?;
    symlink(root().canonicalize()?.join("harness/targets/examples/driver.pl"), dir.join("my-driver"))?;
    std::fs::copy(root().join("spec/pages/reading.md"), dir.join("spec/pages/reading.md"))?;
    // The last report, and an older one.
    for found in ["mmapcheck-found", "old"] {
        let check = format!("PYTHONPATH=. mmapcheck check --module mymodule --ops find --report {found}");
        let (status, said) = shell(&check, dir)?;
        assert_eq!(status, Some(1), "{said}");
    }
    Ok(())
}

fn shell(command: &str, dir: &Path) -> Result<(Option<i32>, String)> {
    let others = std::env::var_os("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(dir).env_remove("PYTHONPATH");
    shell.env("PROGRAM", env!("CARGO_BIN_EXE_mmapcheck"));
    shell.env("PATH", std::env::join_paths([dir.join("bin")].into_iter().chain(std::env::split_paths(&others)))?);
    let done = shell.output()?;
    Ok((done.status.code(), text(&done.stdout) + &text(&done.stderr)))
}

#[test]
fn every_command_of_the_documents_runs_as_it_stands() -> Result {
    let dir = tempfile::tempdir()?;
    prepare(dir.path())?;
    let mut ran = 0;
    for document in DOCUMENTS {
        for command in commands(document)? {
            let needs_perl = command.contains("my-driver") && which::which("perl").is_err();
            if needs_perl {
                eprintln!("skipped: {command}: perl is not installed");
                continue;
            }
            let (status, said) = shell(&command, dir.path())?;
            assert!(matches!(status, Some(0 | 1)), "{document}: {command}: {status:?}\n{said}");
            ran += 1;
        }
    }
    assert!(ran > 25, "{ran} commands ran");
    Ok(())
}

#[test]
fn each_door_of_the_readme_has_a_command_and_a_chapter() -> Result {
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let doors = readme.split("## Who are you?").nth(1).and_then(|rest| rest.split("\n## ").next()).ok_or("no doors")?;
    let rows: Vec<_> = doors.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert!(rows.len() >= 6, "{rows:?}");
    for row in rows {
        assert!(row.contains('`') && row.contains("]("), "{row}");
    }
    Ok(())
}
