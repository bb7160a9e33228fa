//! Every line between this program and a driver matches `protocol.schema.json`.

use jsonschema::Validator;
use mmapcheck_spec::pages::{all, examples};
use mmapcheck_spec::{Case, Detail, End, PythonModule, Target, notation};
use mmapcheck_targets::driver::{Driver, SCHEMA, departure};
use mmapcheck_targets::stop::Stop;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A program that runs the driver script and records the lines of both directions.
const RECORDER: &str = r#"
import io, sys
real = io.open
log = real(LOG, "ab", buffering=0)
class Recorded(object):
    def __init__(self, stream):
        self.stream, self.flush = stream, stream.flush
    def readline(self):
        line = self.stream.readline()
        log.write(b"> " + line if line else b"")
        return line
    def write(self, data):
        log.write(b"< " + data)
        return self.stream.write(data)
def opened(file, *rest, **named):
    stream = real(file, *rest, **named)
    return Recorded(stream) if type(file) is int else stream
io.open = opened
exec(compile(real(sys.argv[1], encoding="utf-8").read(), "driver.py", "exec"))
"#;

/// A class that exits in `readline`. The case is then sent again, with a reply for each step.
const MORTAL: &str = "import mmap as real, os
class mmap(real.mmap):
    def readline(self):
        os._exit(3)
";

struct Recording {
    dir: TempDir,
}

impl Recording {
    fn new() -> Result<Recording> {
        let dir = tempfile::tempdir()?;
        let asked = std::env::var("PYO3_PYTHON").unwrap_or_else(|_| "python3".into());
        let found = Command::new(asked).args(["-c", "import sys; print(sys.executable)"]).output()?;
        let python = String::from_utf8(found.stdout)?;
        let start = format!("#!{}\nLOG = {:?}\n", python.trim(), dir.path().join("log"));
        std::fs::write(dir.path().join("recorder"), start + RECORDER)?;
        std::fs::set_permissions(dir.path().join("recorder"), std::fs::Permissions::from_mode(0o755))?;
        // Python looks for modules in the folder of the script first.
        std::fs::write(dir.path().join("mortal.py"), MORTAL)?;
        Ok(Recording { dir })
    }

    fn driver(&self, module: &str) -> std::result::Result<Driver, mmapcheck_spec::TargetError> {
        let program: PathBuf = self.dir.path().join("recorder");
        Driver::start(&program, module, "mmap", self.dir.path(), Duration::from_secs(60), &Stop::never())
    }

    /// The lines to the driver and those from it.
    fn lines(&self) -> Result<(Vec<Value>, Vec<Value>)> {
        let log = std::fs::read_to_string(self.dir.path().join("log"))?;
        let of = |mark: &str| {
            let lines = log.lines().filter_map(|line| line.strip_prefix(mark));
            lines.map(serde_json::from_str).collect::<std::result::Result<Vec<Value>, _>>()
        };
        Ok((of("> ")?, of("< ")?))
    }
}

/// A case that reads a page beyond the end of its file.
const DEAD: &str = ">>> import mmap
>>> f = open('f', 'w+b', buffering=0)
>>> f.write(b'abc')
3
>>> m = mmap.mmap(f.fileno(), 0)
>>> f.truncate(0)
0
>>> m[0]
";

/// Records the examples of the specification that apply to this interpreter, in every detail; an exit, a death, and a missing
/// module. Returns the lines to the driver and those from it.
fn record() -> Result<(Vec<Value>, Vec<Value>)> {
    let recording = Recording::new()?;
    let mut driver = recording.driver("mmap")?;
    let profile = driver.info().profile;
    let pages = all()?;
    let cases: Vec<&Case> = examples(pages)
        .filter(|(_, clause, _)| clause.scope.excludes(profile).is_none())
        .map(|(_, _, example)| &example.session.case)
        .collect();
    assert!(cases.len() > 100, "there are examples");
    for (case, detail) in cases.iter().zip([Detail::Quick, Detail::Every, Detail::Full].into_iter().cycle()) {
        driver.run(case, detail)?;
    }
    let dies = notation::parse(">>> import mmap\n>>> m = mmap.mmap(-1, 9)\n>>> m.tell()\n0\n>>> m.readline()\n", 1)?;
    let trace = recording.driver("mortal")?.run(&dies.case, Detail::Every)?;
    assert!(trace.steps.last().is_some_and(|step| step.result.is_err()), "it died");
    let dead = notation::parse(DEAD, 1)?;
    assert_eq!(driver.run_to_death(&dead.case, Detail::Every)?.death(), Some(7));
    assert!(recording.driver("no_such_module").is_err());
    recording.lines()
}

fn schema(name: &str) -> Result<Validator> {
    let mut schema: Value = serde_json::from_str(SCHEMA)?;
    let whole = schema.as_object_mut().ok_or("no object")?;
    whole.remove("oneOf");
    whole.insert("$ref".into(), format!("#/$defs/{name}").into());
    Ok(jsonschema::validator_for(&schema)?)
}

/// The kind of a line: the key that only this kind has.
fn kind(line: &Value) -> Option<&'static str> {
    ["operations", "tell", "platform", "failed", "step", "looks", "died", "last"]
        .into_iter()
        .find(|key| line.get(key).is_some())
}

/// The keys that a line may lack: drivers of before do not send them.
const OPTIONAL: [&str; 2] = ["development", "declines"];

/// Invalid variants of a line, each with one error.
fn spoiled(line: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let keys = line.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    for key in &keys {
        let mut without = line.clone();
        without.as_object_mut().and_then(|object| object.remove(key));
        let mut other = line.clone();
        other[key] = json!({"odd": 1});
        found.push(other);
        found.extend(Some(without).filter(|_| !OPTIONAL.contains(&key.as_str())));
    }
    let mut more = line.clone();
    more["more"] = json!(1);
    found.push(more);
    found
}

#[test]
fn every_line_matches_the_schema_of_its_direction() -> Result {
    let (to, from) = record()?;
    let mut kinds = std::collections::BTreeSet::new();
    for (lines, direction, opposite) in [(&to, "toDriver", "fromDriver"), (&from, "fromDriver", "toDriver")] {
        let (right, wrong) = (schema(direction)?, schema(opposite)?);
        for line in lines {
            if let Err(error) = right.validate(line) {
                return Err(format!("{error}\nin {line}").into());
            }
            assert!(!wrong.is_valid(line), "it goes the other way: {line}");
            if kinds.insert(kind(line)) {
                for spoiled in spoiled(line) {
                    assert!(!right.is_valid(&spoiled), "nothing is wrong with {spoiled}");
                }
            }
        }
    }
    assert_eq!(kinds.len(), 8, "hello, case, ready, failed, step, looks, died, done: {kinds:?}");
    Ok(())
}

/// A case with an expected death runs in a process of its own. Its death does not end the interpreter, and a case that exits or
/// survives has the same trace as without isolation.
#[test]
fn an_isolated_case_leaves_the_interpreter_alive() -> Result {
    let recording = Recording::new()?;
    let mut driver = recording.driver("mortal")?;
    let id = driver.id();
    let dead = notation::parse(DEAD, 1)?.case;
    let before = dead.without(dead.steps.len() - 1..dead.steps.len());
    for _ in 0..3 {
        let whole = driver.run(&before, Detail::Full)?;
        let trace = driver.run_to_death(&dead, Detail::Full)?;
        assert_eq!((trace.death(), &trace.steps[..before.steps.len()]), (Some(7), &whole.steps[..]));
        assert_eq!(driver.run_to_death(&before, Detail::Full)?, whole);
    }
    assert_eq!(driver.id(), id);
    let exits = notation::parse(">>> import mmap\n>>> m = mmap.mmap(-1, 9)\n>>> m.readline()\n", 1)?.case;
    let trace = driver.run_to_death(&exits, Detail::Full)?;
    assert_eq!(trace.steps.last().map(|step| step.result.clone()), Some(Err(End::Exited(3, String::new()))));
    Ok(())
}

/// A death that nothing foresaw ends the interpreter once. The cases after it run in children, with the same traces.
#[test]
fn a_death_that_is_repeated_costs_no_start_of_the_interpreter() -> Result {
    let recording = Recording::new()?;
    let mut driver = recording.driver("mortal")?;
    let dead = notation::parse(DEAD, 1)?.case;
    let before = dead.without(dead.steps.len() - 1..dead.steps.len());
    let whole = driver.run(&before, Detail::Full)?;
    let first = driver.run(&dead, Detail::Full)?;
    assert_eq!(first.death(), Some(7));
    let id = driver.id();
    for _ in 0..3 {
        assert_eq!(driver.run(&dead, Detail::Full)?, first);
        assert_eq!(driver.run(&before, Detail::Full)?, whole);
    }
    assert_eq!(driver.id(), id);
    Ok(())
}

#[test]
fn the_schema_covers_the_parts_of_a_line() -> Result {
    let whole = schema("fromDriver")?;
    let done = |outcome: Value, left: Value| json!({"id": 1, "steps": [[outcome, left.clone()]], "last": left, "closing": [], "files": [], "leaks": null});
    let left = |content: Value| json!([[[0, 5, content]], []]);
    let good = [json!(null), json!(["b", "\u{ff}"]), json!(["!", "ValueError", null, ""]), json!(["l", ["i", "-9"]])];
    for outcome in good {
        assert!(whole.is_valid(&done(outcome.clone(), left(json!([5, 907_060_870, null])))), "{outcome}");
    }
    let bad =
        [json!(["b", "\u{100}"]), json!(["!", "ValueError", null]), json!(["l", ["?", ""]]), json!("b"), json!(0.5)];
    for outcome in bad {
        assert!(!whole.is_valid(&done(outcome.clone(), left(json!(null)))), "{outcome}");
    }
    for content in [json!([5, 1_u64 << 32, null]), json!([5, -1, null]), json!([5, 0]), json!(0)] {
        assert!(!whole.is_valid(&done(json!(null), left(content.clone()))), "{content}");
    }
    Ok(())
}

/// The lines that differ from this one in one part, which has become something else.
fn mutants(line: &Value) -> Vec<Value> {
    let others = [
        json!(null),
        json!(true),
        json!(-1),
        json!(70_000_000_000_u64),
        json!("x"),
        json!([]),
        json!({}),
        json!(["?", "x"]),
    ];
    let mut found: Vec<Value> = others.to_vec();
    match line {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let changed = |part: Value| Value::Array([&items[..at], &[part], &items[at + 1..]].concat());
                found.extend(mutants(item).into_iter().map(changed));
                found.push(Value::Array([&items[..at], &items[at + 1..]].concat()));
            }
            found.push(Value::Array([&items[..], &[json!(1)]].concat()));
        }
        Value::Object(keys) => {
            for (key, item) in keys {
                found.extend(mutants(item).into_iter().map(|part| {
                    let mut changed = line.clone();
                    changed[key] = part;
                    changed
                }));
            }
            found.extend(spoiled(line));
        }
        _ => {}
    }
    found
}

#[test]
fn a_line_departs_from_the_protocol_just_where_the_schema_refuses_it() -> Result {
    let (_, from) = record()?;
    let schema = schema("fromDriver")?;
    let mut seen = std::collections::BTreeMap::new();
    let declines = json!({"operations": ["find"], "parameters": ["flags"], "arguments": ["callback"]});
    let mut compared = 0;
    for line in &from {
        assert_eq!(departure(line), None, "{line}");
        // Some short lines of each kind: a line of a long case has thousands of parts.
        let many: &mut usize = seen.entry(kind(line)).or_default();
        if *many == 8 || (line.to_string().len() > 800 && kind(line) != Some("platform")) {
            continue;
        }
        *many += 1;
        let mut line = line.clone();
        if kind(&line) == Some("platform") {
            line["declines"] = declines.clone();
            line["methods"] = json!(["find"]);
            line["constants"] = json!([]);
        }
        for mutant in mutants(&line) {
            let (departs, refused) = (departure(&mutant), !schema.is_valid(&mutant));
            // The schema lists neither operations nor the kinds of the first line: the reader knows both tables.
            let by_table = departs.as_ref().is_some_and(|place| place.contains("the name of an operation"));
            assert!(departs.is_some() == refused || by_table, "{departs:?}, refused: {refused}: {mutant}");
            compared += 1;
        }
    }
    assert!(compared > 3000 && seen.len() == 6, "{compared} lines of {seen:?}");
    Ok(())
}

#[test]
fn a_malformed_line_is_named_by_the_place_in_it() -> Result {
    let left = json!([[[0, 5, [5, 1, null]], [0, "x", null]], []]);
    let done = json!({"id": 1, "steps": [[null, left]], "last": [[], []], "closing": [], "files": [], "leaks": null});
    let place = departure(&done).ok_or("no place")?;
    assert_eq!(place, "steps[0].snapshot.maps[1].length: expected a number, found \"x\"");
    let step = json!({"id": 1, "step": [["!", "ValueError", "5", ""], 0]});
    assert_eq!(departure(&step).as_deref(), Some("step.outcome.errno: expected a number or null, found \"5\""));
    let unknown = json!({"id": 1, "step": [["l", ["b", "\u{100}"]], 0], "more": 1});
    assert_eq!(departure(&unknown).as_deref(), Some("more: the protocol has no such key"));
    Ok(())
}

#[test]
fn the_protocol_page_names_every_key_of_the_schema() -> Result {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/driver/protocol.md"))?;
    let schema: Value = serde_json::from_str(SCHEMA)?;
    for message in ["hello", "operation", "ready", "case"] {
        let keys = schema["$defs"][message]["properties"].as_object().ok_or("no properties")?;
        let missing: Vec<_> = keys.keys().filter(|key| !page.contains(&format!("`{key}`"))).collect();
        assert!(missing.is_empty(), "{message}: {missing:?}");
    }
    Ok(())
}

#[test]
fn the_script_offers_just_the_modules_of_the_notation() -> Result {
    let script = include_str!("../src/driver/driver.py");
    let list = script.split("MODULES = (").nth(1).and_then(|rest| rest.split('"').nth(1)).ok_or("no list")?;
    let mut offered: Vec<_> = list.split_whitespace().collect();
    // The module under test stands for `mmap`.
    offered.push(PythonModule::Mmap.name());
    offered.sort_unstable();
    let mut known: Vec<_> = PythonModule::ALL.iter().map(|module| module.name()).collect();
    known.sort_unstable();
    assert_eq!(offered, known);
    Ok(())
}
