//! Cases as data: each object follows its schema, and a reader of its own makes the same case of it.

use crate::{Result, text};
use mmapcheck_spec::pages::{all, examples};
use mmapcheck_spec::{
    Arg, Base, BytesLike, Case, FileSpec, Float, IntClass, Mode, Named, Num, Op, PassedArg, SpecialFile, Step, Text,
    World, WrongType, constants, notation,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn objects(files: &[PathBuf]) -> Result<Vec<Value>> {
    let done = Command::new(env!("CARGO_BIN_EXE_mmapcheck")).args(["corpus", "--json"]).args(files).output()?;
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    Ok(text(&done.stdout).lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>()?)
}

/// The saved cases of the repository.
fn found() -> Result<Vec<PathBuf>> {
    let files = std::fs::read_dir(root().join("corpus/found"))?.map(|entry| Ok(entry?.path()));
    let mut files = files.collect::<std::io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn latin(value: &Value) -> Option<Vec<u8>> {
    value.as_str()?.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn number(value: &Value) -> Option<Num> {
    let based = |base: fn(u8) -> Base| {
        Some(Num { base: base(u8::try_from(value[1].as_u64()?).ok()?), plus: value[2].as_i64()?.into() })
    };
    match value[0].as_str() {
        None => Some(Num::plain(value.as_i64()?.into())),
        Some("n" | "x") => Some(Num::plain(value[1].as_str()?.parse().ok()?)),
        Some("p") => based(Base::Pages),
        Some("g") => based(Base::Granules),
        _ => None,
    }
}

fn argument(value: &Value) -> Option<Arg> {
    let slot = || u8::try_from(value[1].as_u64()?).ok();
    Some(match (value, value[0].as_str()) {
        (Value::Null, _) => Arg::None,
        (Value::Bool(value), _) => Arg::Bool(*value),
        (Value::Number(_), _) | (_, Some("n" | "p" | "g")) => Arg::Int(number(value)?),
        (_, Some("")) => Arg::Omitted,
        (_, Some("x")) => Arg::Index(number(value)?),
        (_, Some("o")) => {
            let class = IntClass::ALL.into_iter().find(|class| value[1] == class.name())?;
            Arg::OfInt(class, number(&value[2])?)
        }
        (_, Some("a")) if value[1][0] == "b" => Arg::BufferAfter(latin(&value[1][2])?, Box::new(nested(&value[2])?)),
        (_, Some("a")) => Arg::IndexAfter(number(&value[1])?, Box::new(nested(&value[2])?)),
        (_, Some("b")) => {
            let names = ["bytes", "bytearray", "memoryview", "strided", "array"];
            let place = names.iter().position(|name| value[1] == *name)?;
            Arg::Bytes(BytesLike::ALL[place], latin(&value[2])?)
        }
        (_, Some("c" | "k")) => {
            let names = value[1].as_array()?.iter();
            Arg::Flags(names.map(|pair| constants::place(pair[0].as_str()?)).collect::<Option<_>>()?)
        }
        (_, Some("e")) => Arg::Float(Float::new(value[1].as_str()?.parse().ok()?)),
        (_, Some("u")) => {
            let point = |point: &Value| point.as_u64()?.try_into().ok();
            Arg::Text(Text::of_points(&value[1].as_array()?.iter().map(point).collect::<Option<Vec<_>>>()?)?)
        }
        (_, Some("t")) => Arg::WrongType(WrongType::ALL[usize::from(slot()?)].0),
        (_, Some("fd")) => Arg::Fd(slot()?),
        (_, Some("s")) => Arg::Special(SpecialFile::ALL.get(usize::from(slot()?))?.0),
        (_, Some("f")) => Arg::File(slot()?),
        (_, Some("m")) => Arg::Map(slot()?),
        (_, Some("v")) => Arg::View(slot()?),
        (_, Some("w")) => {
            let word = value[1].as_str()?;
            match Mode::ALL.iter().find(|(_, name)| *name == word) {
                Some((mode, _)) => Arg::Mode(*mode),
                None => Arg::Path(word.trim_start_matches('f').parse().map_or(0, |number: u8| number - 1)),
            }
        }
        _ => return None,
    })
}

/// The step of a callback argument, which has the form of the protocol: its operation is an index of the table.
fn nested(value: &Value) -> Option<Step> {
    let op = Op::ALL.get(usize::try_from(value[0].as_u64()?).ok()?)?;
    let args = value[3].as_array()?.iter().map(argument).collect::<Option<Vec<_>>>()?;
    let slot = |place: usize| u8::try_from(value[place].as_u64()?).ok();
    Some(Step { bind: slot(2)?, ..with_keywords(Step::new(*op, slot(1)?, args), &value[4])? })
}

fn with_keywords(mut step: Step, keywords: &Value) -> Option<Step> {
    let keywords: Vec<&str> = keywords.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let first = step.args.len().checked_sub(keywords.len())?;
    for (given, name) in step.args[first..].iter_mut().zip(keywords) {
        given.keyword = Some(PassedArg::KEYWORDS.iter().copied().find(|known| *known == name)?);
    }
    Some(step)
}

fn case(object: &Value) -> Option<Case> {
    let file = |file: &Value| {
        let (mode, _) = Mode::ALL.iter().find(|(_, name)| file["mode"] == *name)?;
        Some(FileSpec { bytes: latin(&file["bytes"])?, mode: *mode })
    };
    let step = |step: &Value| {
        let op = Op::by_name(step["op"].as_str()?)?;
        let args = step["args"].as_array()?.iter().map(argument).collect::<Option<Vec<_>>>()?;
        let slot = |key: &str| u8::try_from(step[key].as_u64()?).ok();
        Some(Step { bind: slot("bind")?, ..with_keywords(Step::new(op, slot("on")?, args), &step["keywords"])? })
    };
    let files = object["files"].as_array()?.iter().map(file).collect::<Option<_>>()?;
    Some(Case::new(World { files }, object["steps"].as_array()?.iter().map(step).collect::<Option<_>>()?))
}

#[test]
fn every_case_reads_back_as_it_was_without_a_reader_of_sessions() -> Result {
    let files = found()?;
    let objects = objects(&files)?;
    let wanted: Vec<(String, Case)> =
        examples(all()?).map(|(_, _, example)| (example.id.clone(), example.session.case.clone())).collect();
    assert_eq!(objects.len(), wanted.len() + files.len());
    for (object, (id, wanted)) in objects.iter().zip(&wanted) {
        assert_eq!((object["id"].as_str(), case(object).as_ref()), (Some(id.as_str()), Some(wanted)), "{object}");
    }
    for (object, file) in objects[wanted.len()..].iter().zip(&files) {
        let saved = notation::parse(&std::fs::read_to_string(file)?, 1)?.case;
        assert_eq!(case(object), Some(saved), "{}", file.display());
    }
    Ok(())
}

#[test]
fn every_object_follows_the_schema_and_a_spoiled_one_does_not() -> Result {
    let schema = std::fs::read_to_string(root().join("reports/corpus.schema.json"))?;
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema)?)?;
    let all = objects(&found()?)?;
    for object in &all {
        schema.validate(object).map_err(|error| format!("{error}\nin {object}"))?;
    }
    let first = &all[0];
    for key in first.as_object().ok_or("no object")?.keys() {
        let mut without = first.clone();
        without.as_object_mut().and_then(|object| object.remove(key));
        assert!(!schema.is_valid(&without), "without {key}");
        let mut other = first.clone();
        other[key] = serde_json::json!(5);
        assert!(!schema.is_valid(&other), "{key}");
    }
    let mut step = first.clone();
    step["steps"][0]["more"] = serde_json::json!(1);
    assert!(!schema.is_valid(&step));
    Ok(())
}

/// An outcome stands only where the page says it, and says what the page says.
#[test]
fn outcomes_are_those_of_the_pages() -> Result {
    let all = objects(&[])?;
    let of = |id: &str| all.iter().find(|object| object["id"] == id).ok_or(format!("no {id}"));
    assert_eq!(of("READ-1")?["steps"][1]["outcome"], serde_json::json!(["b", "hello"]));
    assert_eq!(of("READ-1")?["steps"][2]["outcome"], serde_json::json!(5));
    let steps = || all.iter().flat_map(|object| object["steps"].as_array().into_iter().flatten());
    let said = steps().filter(|step| step.get("outcome").is_some()).count();
    assert!(said > 1_500 && said < steps().count(), "{said} of {}", steps().count());
    for step in steps().filter(|step| step["outcome"][0] == "!") {
        let shown = step["shows"].as_array().and_then(|lines| lines.last()).and_then(Value::as_str).unwrap_or_default();
        let class = step["outcome"][1].as_str().unwrap_or_default();
        assert!(step["shows"].to_string().contains(class), "{step}: {shown}");
    }
    Ok(())
}

#[test]
fn a_file_that_is_no_case_is_one_clear_error() -> Result {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("x.pycon"), ">>> import mmap\n>>> print(1)\n")?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    let done = command.args(["corpus", "--json", "x.pycon"]).current_dir(dir.path()).output()?;
    let said = text(&done.stderr);
    assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.starts_with("mmapcheck: x.pycon:2: "), "{said}");
    Ok(())
}
