//! The options of a suite, and what it says of wrong ones.
//!
//! The program is the suite of a type whose `resize` panics where `SUITE` is set, and else starts itself once for each option.

#[path = "../examples/over_memmap2.rs"]
mod right;

use libtest_mimic::{Arguments, Failed, Trial};
use mmapcheck_kit::{Mapping, Region, Result, Settings, replay};
use right::MyMap;
use std::fs::File;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::{Command, ExitCode, Output};

/// The folder with the known list and the sessions of the suite.
const SUITE: &str = "SUITE";

type Done = std::result::Result<(), Failed>;

/// A type with four methods, one of which panics, but for a length that CPython refuses.
struct Panicking(MyMap);

impl Mapping for Panicking {
    fn map(file: &File, region: &Region) -> Result<Panicking> {
        MyMap::map(file, region).map(Panicking)
    }

    fn len(&self) -> Result<usize> {
        self.0.len()
    }

    fn as_slice(&self) -> Result<&[u8]> {
        self.0.as_slice()
    }

    fn resize(&mut self, len: usize) -> Result {
        if len == 0 {
            return self.0.resize(len);
        }
        panic!("no room for {len} bytes");
    }
}

const SESSION: &str = ">>> import mmap
>>> f = open('f', 'w+b', buffering=0)
>>> f.write(b'abc')
3
>>> m = mmap.mmap(f.fileno(), 0)
>>> len(m)
3
";

/// An entry for the panic.
const KNOWN: &str = "[[divergence]]
id = 'resize-panics'
what = 'Each resize panics.'
op = 'resize'
field = 'answer'
expected = '*'
actual = 'panic'
case = '''
>>> import mmap
>>> f = open('f', 'w+b', buffering=0)
>>> f.write(b'abc')
3
>>> m = mmap.mmap(f.fileno(), 0)
>>> m.resize(4)
'''
";

/// Runs the suite with this known list and this session, and asserts its exit status and what it prints.
fn says(known: &str, session: &str, filter: &str, variables: &[(&str, &str)], status: i32, words: &str) -> Done {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("known.toml"), known)?;
    std::fs::write(dir.path().join("mine.pycon"), session)?;
    let mut suite = Command::new(std::env::current_exe()?);
    suite.arg(filter).env(SUITE, dir.path()).env("MMAPCHECK_TIME", "1s").envs(variables.iter().copied());
    let Output { status: ended, stdout, stderr } = suite.output()?;
    let printed = String::from_utf8_lossy(&stdout) + String::from_utf8_lossy(&stderr);
    let is_said = words.split('|').all(|words| printed.contains(words));
    if ended.code() == Some(status) && is_said {
        return Ok(());
    }
    Err(format!("{ended}, and expected {status} and '{words}' in\n{printed}").into())
}

/// The reason why a session fails on the right type; empty if it passes.
fn failure(session: &str) -> String {
    let payload = catch_unwind(|| replay::<MyMap>(session)).err();
    payload.and_then(|payload| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Asserts that the suite proposes a list with an empty line between its entries, each for what it runs, and passes with it.
fn proposed() -> Done {
    let dir = tempfile::tempdir()?;
    let report = dir.path().display().to_string();
    says("", SESSION, "campaign", &[("MMAPCHECK_REPORT", &report)], 101, "MMAPCHECK_SEED=")?;
    let list = std::fs::read_to_string(dir.path().join("known.toml"))?;
    let entries = list.matches("[[divergence]]").count();
    if entries < 2 || list.matches("\n\n[[divergence]]").count() + 1 != entries {
        return Err(format!("no empty line between the entries of\n{list}").into());
    }
    says(&list, SESSION, "", &[], 0, "known differences: ")
}

/// Asserts that a session fails on the right type for this reason.
fn fails(session: &str, words: &str) -> Done {
    let text = failure(session);
    if text.contains(words) { Ok(()) } else { Err(format!("expected '{words}' in\n{text}").into()) }
}

fn trials_of_lists() -> Vec<Trial> {
    let stale = KNOWN.replace("'resize'", "'len'").replace("actual = 'panic'", "actual = 'TypeError'");
    vec![
        Trial::test("a difference that is not listed fails", || {
            says("", SESSION, "campaign", &[], 101, "panic: no room for |replay::<Panicking>|MMAPCHECK_SEED=")
        }),
        Trial::test("a listed difference passes", || {
            says(
                KNOWN,
                SESSION,
                "campaign",
                // Under load, one second may be too short to meet it at random.
                &[("MMAPCHECK_TIME", "4s")],
                0,
                "known differences: 1 checked by their cases, 1 of them met at random as well",
            )
        }),
        Trial::test("a listed difference that no longer holds fails", move || {
            says(
                &(KNOWN.to_owned() + &stale.replace("resize-panics", "stale")),
                SESSION,
                "campaign",
                &[],
                101,
                "'stale' no longer holds",
            )
        }),
        Trial::test("a listed clause that agrees fails", || {
            let listed = "[[divergence]]\nid = 'x'\nwhat = 'x'\nclauses = ['OPEN-9']\n";
            says(listed, SESSION, "OPEN-9", &[], 101, "OPEN-9 is listed as a known difference, and agrees")
        }),
        Trial::test("an entry for a clause that is not run is an error with its line", || {
            let listed = "[[divergence]]\nid = 'x'\nwhat = 'x'\nclauses = ['FIND-5']\n";
            let words = "known.toml:2: 'x': FIND-5 is not run, for it needs `find`";
            says(listed, SESSION, "campaign", &[], 2, words)
        }),
        Trial::test("an entry whose case is not run is an error with its line", || {
            let listed = KNOWN.replace(">>> m.resize(4)", ">>> m.tell()\n0\n>>> m.resize(4)");
            let words = "known.toml:2: 'resize-panics': its case is not run, for it needs `tell`";
            says(&listed, SESSION, "campaign", &[], 2, words)
        }),
        Trial::test("the suite passes with the list that it proposes", proposed),
        Trial::test("a wrong list is an error with its line", || {
            says("\nwhat = 1\n", SESSION, "", &[], 2, "known.toml:2: ")
        }),
    ]
}

fn trials_of_sessions() -> Vec<Trial> {
    vec![
        Trial::test("a session is a test", || says(KNOWN, SESSION, "session::", &[], 0, "test session::mine")),
        Trial::test("a session that diverges fails", || {
            let session = SESSION.to_owned() + ">>> m.resize(9)\n";
            says(KNOWN, &session, "session::", &[], 101, "the session diverges: resize|panic: no room for 9 bytes")
        }),
        Trial::test("a wrong session is an error with its line", || {
            says(KNOWN, ">>> import mmap\n>>> x = 1\n", "", &[], 2, "mine.pycon:2: ")
        }),
        Trial::test("a wrong time is an error", || {
            says(KNOWN, SESSION, "", &[("MMAPCHECK_TIME", "soon")], 2, "MMAPCHECK_TIME: 'soon'")
        }),
        Trial::test("a wrong seed is an error", || {
            says(KNOWN, SESSION, "", &[("MMAPCHECK_SEED", "-1")], 2, "MMAPCHECK_SEED: '-1': expected a whole number")
        }),
        Trial::test("a session of the right type passes", || {
            replay::<MyMap>(SESSION);
            Ok(())
        }),
        Trial::test("a session that the type cannot take fails", || {
            fails(
                ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n>>> f.write(b'abc')\n3\n>>> m = mmap.mmap(f.fileno(), 0)\n>>> m[-1]\n",
                "not every step was compared: step 2",
            )
        }),
        Trial::test("a replay does not show that both sides close a map at the end", || {
            let why = failure(&(SESSION.to_owned() + ">>> m[-1]\n"));
            let is_good = why.contains("after the last step") && !why.contains("m.close()");
            if is_good { Ok(()) } else { Err(why.into()) }
        }),
        Trial::test("a text that cannot be read as a session fails", || fails("m[0]", "the session")),
    ]
}

fn main() -> ExitCode {
    if let Some(dir) = std::env::var_os(SUITE) {
        let file = |name: &str| Path::new(&dir).join(name).display().to_string();
        let settings = Settings::new("Panicking", env!("CARGO_MANIFEST_DIR"), file!());
        return mmapcheck_kit::run::<Panicking>(&settings.known(&file("known.toml")).sessions(&file("")));
    }
    // Some trials panic on purpose; the message of every other panic is that of its trial.
    std::panic::set_hook(Box::new(|_| {}));
    libtest_mimic::run(&Arguments::from_args(), trials_of_lists().into_iter().chain(trials_of_sessions()).collect())
        .exit_code()
}
