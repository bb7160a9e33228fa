//! A printed command runs as it stands, from the folder it was printed in. A command that cannot run says why.

use crate::{Result, python, text};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mmapcheck");

fn module(name: &str) -> String {
    format!("{}/tests/modules/{name}.py", env!("CARGO_MANIFEST_DIR"))
}

/// Runs a shell command in a folder, without the variables of Python that this test may have. Its `python3` is that of the
/// tests.
fn shell(command: &str, dir: &Path) -> Result<Output> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(dir).env_remove("PYTHONPATH");
    let others = std::env::var_os("PATH").unwrap_or_default();
    let ours = Path::new(python()).parent().map(Path::to_owned);
    shell.env("PATH", std::env::join_paths(ours.into_iter().chain(std::env::split_paths(&others)))?);
    Ok(shell.output()?)
}

/// The first commands of each list of a report.
fn commands(report: &Value) -> Vec<String> {
    const SOME: usize = 3;
    let lists = [&report["divergences"], &report["pages"]["failures"]];
    let items = lists.into_iter().filter_map(Value::as_array).flat_map(|list| list.iter().take(SOME));
    items.filter_map(|item| item["replay"].as_str().map(str::to_owned)).collect()
}

#[test]
fn every_printed_command_shows_its_divergence_as_it_stands() -> Result {
    let dir = tempfile::tempdir()?;
    let folder = dir.path().join("it's here");
    std::fs::create_dir_all(folder.join("my modules"))?;
    std::fs::copy(module("shouts"), folder.join("my modules/shouts.py"))?;
    // The class of the default module, which the path of modules puts in its place.
    std::fs::create_dir_all(folder.join("shadow"))?;
    std::fs::copy(module("shouts"), folder.join("shadow/shouts.py"))?;
    std::os::unix::fs::symlink(PROGRAM, folder.join("my checker"))?;
    let common = "--seed 1 --cases 60 --ops flush,write,size --filter 'FLUSH-*' --format json";
    let targets = [
        "--module shouts",
        "--module shouts --severity message --report 'found $HOME'",
        "--module shouts --python python3 --report ./-x",
        "--module shouts:mmap --no-known --report=-x",
    ];
    for target in targets {
        let check = format!("PYTHONPATH='my modules' './my checker' check {target} {common}");
        let done = shell(&check, &folder)?;
        let report: Value =
            serde_json::from_slice(&done.stdout).map_err(|error| format!("{error}: {}", text(&done.stderr)))?;
        let commands = commands(&report);
        assert!(commands.len() >= 2 && !report["divergences"][0].is_null(), "{check}: {report:#}");
        for command in commands {
            let done = shell(&command, &folder)?;
            assert_eq!(done.status.code(), Some(1), "{command}: {}{}", text(&done.stdout), text(&done.stderr));
        }
    }
    Ok(())
}

/// A line on standard error that says this, and exit status 2.
fn refuses(command: &str, says: &[&str]) -> Result {
    let dir = tempfile::tempdir()?;
    let done = shell(command, dir.path())?;
    let said = text(&done.stderr);
    assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{command}: {}{said}", text(&done.stdout));
    assert!(says.iter().all(|words| said.contains(words)), "{command}: {said}");
    Ok(())
}

#[test]
fn a_limit_of_the_user_that_a_target_cannot_run_in_is_named_with_a_way_out() -> Result {
    for target in ["", "--python python3", "--reference"] {
        let check = format!("'{PROGRAM}' check --cases 10 --jobs 1 {target}");
        refuses(&format!("ulimit -f 1000; {check}"), &["limit on the size of files", "'ulimit -f' is at least"])?;
        refuses(&format!("ulimit -v 6000000; {check}"), &["limit on the address space", "'ulimit -v' is at least"])?;
    }
    let driver = format!("ulimit -d 1000000; '{PROGRAM}' check --cases 10 --jobs 1 --python python3");
    refuses(&driver, &["limit on the memory", "'ulimit -d' is at least"])
}

#[test]
fn a_check_is_clean_under_limits_of_the_user_that_are_just_enough() -> Result {
    let dir = tempfile::tempdir()?;
    for target in ["", "--python python3", "--reference"] {
        for limit in ["-n 40", "-S -n 30", "-S -v 1000000", "-S -f 100", "-S -d 1000000"] {
            let check =
                format!("ulimit {limit}; '{PROGRAM}' check --random-only --cases 400 --seed 3 --jobs 1 {target}");
            let done = shell(&check, dir.path())?;
            let said = text(&done.stdout) + &text(&done.stderr);
            assert_eq!(done.status.code(), Some(0), "{check}: {said}");
        }
    }
    Ok(())
}

#[test]
fn a_limit_on_open_files_that_is_too_low_is_named() -> Result {
    for target in ["", "--python python3", "--reference"] {
        let check = format!("ulimit -n 30; '{PROGRAM}' check --cases 10 --jobs 1 {target}");
        refuses(&check, &["needs 32 open files", "'ulimit -n' is at least"])?;
    }
    let check = format!("ulimit -n 40; '{PROGRAM}' check --random-only --cases 1000000 --jobs 40");
    refuses(&check, &["--jobs 40 needs 344 open files", "'ulimit -n' is at least", "fewer --jobs"])
}
