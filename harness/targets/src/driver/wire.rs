//! The lines of the driver protocol, which `protocol.md` describes: writes cases and reads traces. Its types are the protocol's
//! own, so that a change of a trace or a case does not change the protocol.

use super::shape::{PROTOCOL, departure};
use mmapcheck_spec::notation::{CLASSES, Class};
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{
    Arg, Base, BytesLike, Case, Content, Declined, Detail, End, Leaks, MapState, Num, ObjectKind, Op, Outcome, Raise,
    Snapshot, SpecialFile, Step, StepTrace, Trace, Value, WrongType, constants,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::path::Path;

/// The line `hello`: the class to test, and the table of operations.
pub(super) fn hello(module: &str, attr: &str, folder: &Path) -> Json {
    let operations: Vec<Json> = Op::ALL.iter().map(|op| operation(*op)).collect();
    let constructor: Vec<_> = Op::New.row().params.iter().map(|param| param.name).collect();
    json!({
        "protocol": PROTOCOL,
        "module": module,
        "attr": attr,
        "folder": folder,
        "operations": operations,
        "constructor": constructor,
        "classes": CLASSES.iter().map(Class::source).collect::<String>(),
        "wrong_types": WrongType::ALL.map(|(_, source, _)| source),
        "special_files": SpecialFile::ALL.map(|(_, source, mode)| (source, mode.text())),
    })
}

fn operation(op: Op) -> Json {
    let row = op.row();
    json!({
        "name": row.name,
        "on": kind(row.on),
        "form": row.form,
        "binds": row.binds.map(kind),
        "changes": row.changes.takes_in_bytes(),
    })
}

fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Module => "module",
        ObjectKind::Map => "map",
        ObjectKind::File => "file",
        ObjectKind::View => "view",
        ObjectKind::Iter => "iter",
    }
}

/// The line `ready`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ready {
    pub protocol: u64,
    pub implementation: String,
    pub release: Option<String>,
    pub version: [u8; 3],
    pub platform: String,
    pub page: u32,
    pub granule: u32,
    pub methods: Vec<String>,
    pub constants: Vec<String>,
    pub lacks: Vec<String>,
    pub edition: Option<String>,
    pub counted: bool,
    #[serde(default)]
    pub development: bool,
    #[serde(default)]
    pub declines: Declined,
}

/// A line from a driver.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Ready(Ready),
    Failed { failed: String },
    Step { id: u64, step: WireStep },
    Looks { id: u64, looks: bool },
    Died { id: u64, died: i32 },
    Done(Box<Done>),
}

impl Line {
    /// Reads a line. The error says what is malformed.
    pub(super) fn read(text: &[u8]) -> Result<Line, String> {
        // Nearly all lines are of this kind; the others take longer to read.
        if let Ok(done) = serde_json::from_slice(text) {
            return Ok(Line::Done(Box::new(done)));
        }
        let json: Json =
            serde_json::from_slice(text).map_err(|error| format!("not JSON ({error}): {}", start(text)))?;
        let fallback = || format!("not a line of the protocol: {}", start(text));
        serde_json::from_value(json).map_err(|_| explained(text, fallback()))
    }
}

/// The place at which a malformed line departs from the protocol; `otherwise` if its form is right.
pub(super) fn explained(line: &[u8], otherwise: String) -> String {
    let json = serde_json::from_slice(line).ok();
    let place = json.and_then(|json| departure(&json));
    place.map_or(otherwise, |place| format!("not a line of the protocol: {place}"))
}

/// The first characters of a malformed line, for an error message.
fn start(text: &[u8]) -> String {
    const SHOWN: usize = 60;
    let text = String::from_utf8_lossy(text);
    let shown: String = text.trim_end().chars().take(SHOWN).collect();
    if shown.len() < text.trim_end().len() { format!("{shown:?}...") } else { format!("{shown:?}") }
}

/// The line `done`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Done {
    pub id: u64,
    pub steps: Vec<WireStep>,
    last: WireSnapshot,
    closing: Vec<Option<[Json; 1]>>,
    files: Vec<WireContent>,
    // Null if the driver cannot count leaks, but never left out.
    #[serde(deserialize_with = "Option::deserialize")]
    leaks: Option<[i64; 3]>,
}

/// A step: its outcome and its snapshot, or 0 for the snapshot of the step before.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireStep(Json, WireSnapshotOrSame);

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum WireSnapshotOrSame {
    Same(u8),
    Snapshot(WireSnapshot),
}

#[derive(Clone, Debug, Deserialize)]
struct WireSnapshot(Vec<WireMap>, Vec<WireContent>);

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum WireMap {
    Open(i64, i64, Option<WireContent>),
    Malformed(String, String),
    Closed(u8),
    Unbound,
}

#[derive(Clone, Debug, Deserialize)]
struct WireContent(u64, u32, Option<String>);

/// The way to run a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// One line reports the whole case.
    Whole,
    /// A line reports each step as soon as it has run.
    Told,
    /// The same, in a child of the driver.
    Isolated,
}

/// The line `case`, without its newline.
pub(super) fn request(id: u64, case: &Case, detail: Detail, manner: Manner) -> Result<Vec<u8>, End> {
    let files = case.world.files.iter().enumerate();
    let files: Vec<_> =
        files.map(|(slot, file)| (ObjectKind::File.name(slot as u8), latin(&file.bytes), file.mode.text())).collect();
    let steps = case.steps.iter().map(step).collect::<Result<Vec<_>, _>>()?;
    let detail = match detail {
        Detail::Quick => "quick",
        Detail::Every => "every",
        Detail::Full => "full",
    };
    let (tell, isolate) = (manner != Manner::Whole, manner == Manner::Isolated);
    let case = Request { id, detail, tell, isolate, files, steps };
    serde_json::to_vec(&case).map_err(|error| End::Unsupported(format!("the case cannot be sent: {error}")))
}

#[derive(Serialize)]
struct Request<'a> {
    id: u64,
    detail: &'a str,
    tell: bool,
    isolate: bool,
    files: Vec<(String, String, &'a str)>,
    steps: Vec<Json>,
}

fn step(step: &Step) -> Result<Json, End> {
    let asked = step.op == Op::Constant;
    let args = step.args.iter().map(|given| arg(&given.arg, asked)).collect::<Result<Vec<_>, _>>()?;
    let words: Vec<_> = step.args.iter().filter_map(|given| given.keyword).collect();
    let op = step.op as u8;
    Ok(if words.is_empty() {
        json!([op, step.on, step.bind, args])
    } else {
        json!([op, step.on, step.bind, args, words])
    })
}

/// An argument of a step of this operation, as a driver is sent it.
///
/// # Errors
/// If the argument has no form in the protocol: a number relative to a map.
pub fn argument(given: &Arg, op: Op) -> Result<Json, End> {
    arg(given, op == Op::Constant)
}

/// An outcome, as a driver reports it.
#[must_use]
pub fn outcome(outcome: &Outcome) -> Json {
    match outcome {
        Outcome::Value(value) => plain(value),
        Outcome::Raised(Raise { class, errno, message }) => json!(["!", class, errno, message]),
    }
}

fn plain(value: &Value) -> Json {
    const SAFE: i128 = 1 << 53;
    let list = |tag: &str, items: &[Value]| [json!(tag)].into_iter().chain(items.iter().map(plain)).collect();
    match value {
        Value::None => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) if -SAFE < *value && *value < SAFE => json!(*value as i64),
        Value::Int(value) => json!(["i", value.to_string()]),
        Value::Long(value) => json!(["L", value.to_string()]),
        Value::Bytes(bytes) => json!(["b", latin(bytes)]),
        Value::Text(text) => json!(["s", text]),
        Value::List(items) => list("l", items),
        Value::Tuple(items) => list("t", items),
        Value::Object(kind) => json!(["o", kind]),
    }
}

/// An argument. `asked`: the step asks the module for a constant; elsewhere a constant stands for its value.
fn arg(arg: &Arg, asked: bool) -> Result<Json, End> {
    Ok(match arg {
        Arg::Omitted => json!([""]),
        Arg::None => Json::Null,
        Arg::Bool(value) => json!(value),
        Arg::Int(num) => number(*num)?,
        Arg::Index(num) => match number(*num)? {
            Json::Number(value) => json!(["x", value.to_string()]),
            Json::Array(parts) if parts.first() == Some(&json!("n")) => json!(["x", parts[1]]),
            _ => return Err(End::Unsupported("a number is not plain".into())),
        },
        Arg::OfInt(class, num) => json!(["o", class.name(), number(*num)?]),
        Arg::IndexAfter(num, callback) => json!(["a", number(*num)?, step(callback)?]),
        Arg::BufferAfter(bytes, callback) => {
            json!(["a", ["b", carrier(BytesLike::Bytes), latin(bytes)], step(callback)?])
        }
        Arg::Flags(places) => {
            let known = |place: &u8| {
                let constant = &constants::ALL[usize::from(*place)];
                (constant.name(), LINUX.value_in_session(*constant))
            };
            json!([if asked { "k" } else { "c" }, places.iter().map(known).collect::<Vec<_>>()])
        }
        Arg::Bytes(carried, bytes) => json!(["b", carrier(*carried), latin(bytes)]),
        Arg::Float(float) => json!(["e", float.word()]),
        Arg::Text(text) => json!(["u", text.points().collect::<Vec<_>>()]),
        Arg::WrongType(wrong) => json!(["t", *wrong as u8]),
        Arg::Fd(slot) => json!(["fd", slot]),
        Arg::Special(file) => json!(["s", *file as u8]),
        Arg::File(slot) => json!(["f", slot]),
        Arg::Map(slot) => json!(["m", slot]),
        Arg::View(slot) => json!(["v", slot]),
        Arg::Path(number) => json!(["w", ObjectKind::File.name(*number)]),
        Arg::Mode(mode) => json!(["w", mode.text()]),
    })
}

/// An integer, as text if a JSON number might not hold it.
fn number(num: Num) -> Result<Json, End> {
    Ok(match (num.base, i32::try_from(num.plus)) {
        (Base::Zero, Ok(small)) => json!(small),
        (Base::Zero, Err(_)) => json!(["n", num.plus.to_string()]),
        (Base::Pages(count), Ok(plus)) => json!(["p", count, plus]),
        (Base::Granules(count), Ok(plus)) => json!(["g", count, plus]),
        _ => return Err(End::Unsupported("a number relative to a map must be made plain first".into())),
    })
}

fn carrier(carrier: BytesLike) -> &'static str {
    match carrier {
        BytesLike::Bytes => "bytes",
        BytesLike::ByteArray => "bytearray",
        BytesLike::View => "memoryview",
        BytesLike::Strided => "strided",
        BytesLike::Array => "array",
    }
}

/// Bytes as text, with one character for each byte.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    text.chars().map(|c| u8::try_from(u32::from(c)).map_err(|_| format!("{c:?} is not a byte"))).collect()
}

impl Done {
    /// Whether the driver has counted the leaks of the case.
    pub(super) fn counts_leaks(&self) -> bool {
        self.leaks.is_some()
    }

    /// The trace of this case. The error says what is malformed.
    pub(super) fn trace(self, case: &Case, detail: Detail) -> Result<Trace, String> {
        let mut steps: Vec<StepTrace> = Vec::with_capacity(self.steps.len());
        for step in self.steps {
            let before = steps.last().map(|step| &step.snapshot);
            steps.push(step.trace(before)?);
        }
        let closing = self.closing.into_iter().map(|answer| answer.map(|[json]| answered(json)).transpose());
        let closing = closing.collect::<Result<_, _>>()?;
        let [descriptors, pages, stray_files] = self.leaks.unwrap_or_default();
        let leaks = Leaks { descriptors, pages: pages.max(0), stray_files };
        let trace = Trace {
            steps,
            last: self.last.snapshot()?,
            closing,
            files: contents(self.files)?,
            leaks,
            ..Trace::default()
        };
        complete(&trace, case, detail).map(|()| trace)
    }
}

/// Checks that a trace has every part, since a missing part would not be compared. A trace may stop early only at a step without
/// an outcome.
fn complete(trace: &Trace, case: &Case, detail: Detail) -> Result<(), String> {
    let (given, asked) = (trace.steps.len(), case.steps.len());
    let stopped = trace.steps.last().is_some_and(|step| step.result.is_err());
    if given != asked && !(stopped && given < asked) {
        return Err(format!("it reported {given} steps; expected {asked}"));
    }
    let all = case.world.files.len();
    let during = if detail.takes_files() { all } else { 0 };
    let mut snapshots = trace.steps.iter().map(|step| &step.snapshot).chain([&trace.last]);
    if trace.files.len() != all || snapshots.any(|snapshot| snapshot.files.len() != during) {
        return Err(format!("a snapshot does not have the {all} files of the case"));
    }
    let maps = &trace.last.maps;
    let closed = |(answer, map): (&Option<Outcome>, &MapState)| answer.is_some() == (*map != MapState::Unbound);
    if trace.closing.len() != maps.len() || !trace.closing.iter().zip(maps).all(closed) {
        return Err("`closing` does not have the maps of the case".into());
    }
    Ok(())
}

impl WireStep {
    /// The step's trace; `before` is the snapshot of the step before.
    pub(super) fn trace(self, before: Option<&Snapshot>) -> Result<StepTrace, String> {
        let snapshot = match (self.1, before) {
            (WireSnapshotOrSame::Snapshot(snapshot), _) => snapshot.snapshot()?,
            (WireSnapshotOrSame::Same(0), Some(before)) => before.clone(),
            (WireSnapshotOrSame::Same(_), _) => {
                return Err("the first step cannot say `0` (unchanged): no step comes before it".into());
            }
        };
        let result = match ended(&self.0) {
            Some(end) => Err(end),
            None => Ok(answered(self.0)?),
        };
        Ok(StepTrace { result, snapshot })
    }
}

/// The end of a step without an outcome.
fn ended(json: &Json) -> Option<End> {
    let Json::Array(parts) = json else { return None };
    let number = |json: &Json| json.as_i64().and_then(|number| i32::try_from(number).ok());
    match (parts.first()?.as_str()?, parts.get(1)) {
        ("?", reason) => {
            let reason = reason.and_then(Json::as_str).unwrap_or("no reason given");
            Some(End::Unsupported(reason.to_owned()))
        }
        ("died", Some(signal)) => number(signal).map(End::Died),
        ("exited", Some(status)) => number(status).map(|status| End::Exited(status, String::new())),
        _ => None,
    }
}

fn answered(json: Json) -> Result<Outcome, String> {
    let Json::Array(parts) = &json else { return value(json).map(Outcome::Value) };
    match parts.as_slice() {
        [Json::String(tag), Json::String(class), errno, Json::String(message)] if tag == "!" => {
            let errno = errno.as_i64().and_then(|number| number.try_into().ok());
            Ok(Outcome::Raised(Raise { class: class.clone().into(), errno, message: message.clone().into() }))
        }
        _ => value(json).map(Outcome::Value),
    }
}

fn value(json: Json) -> Result<Value, String> {
    let wrong = |json: &Json| format!("not a value: {}", start(json.to_string().as_bytes()));
    let parts = match json {
        Json::Null => return Ok(Value::None),
        Json::Bool(value) => return Ok(Value::Bool(value)),
        Json::Number(ref number) => return number.as_i64().map(|n| Value::Int(n.into())).ok_or_else(|| wrong(&json)),
        Json::Array(ref parts) => parts,
        _ => return Err(wrong(&json)),
    };
    let all = |items: &[Json]| items.iter().cloned().map(value).collect::<Result<Vec<_>, _>>();
    match parts.as_slice() {
        [Json::String(tag), items @ ..] if tag == "l" => all(items).map(Value::List),
        [Json::String(tag), items @ ..] if tag == "t" => all(items).map(Value::Tuple),
        [Json::String(tag), Json::String(text)] => match tag.as_str() {
            "b" => bytes(text).map(Value::Bytes),
            "s" => Ok(Value::Text(text.clone())),
            "o" => Ok(Value::Object(text.clone().into())),
            "i" => Ok(text.parse().map_or_else(|_| too_large(), Value::Int)),
            "L" => Ok(text.parse().map_or_else(|_| too_large(), Value::Long)),
            _ => Err(wrong(&json)),
        },
        _ => Err(wrong(&json)),
    }
}

fn too_large() -> Value {
    Value::Text("a number of more than 128 bits".into())
}

fn contents(files: Vec<WireContent>) -> Result<Vec<Content>, String> {
    files.into_iter().map(WireContent::content).collect()
}

impl WireSnapshot {
    fn snapshot(self) -> Result<Snapshot, String> {
        let maps = self.0.into_iter().map(WireMap::map).collect::<Result<_, _>>()?;
        Ok(Snapshot { maps, files: contents(self.1)? })
    }
}

impl WireMap {
    fn map(self) -> Result<MapState, String> {
        Ok(match self {
            WireMap::Open(pos, len, content) => {
                MapState::Open { pos, len, content: content.map(WireContent::content).transpose()? }
            }
            WireMap::Malformed(tag, text) if tag == "?" => MapState::Malformed(text),
            WireMap::Closed(0) => MapState::Closed,
            WireMap::Malformed(..) | WireMap::Closed(_) => return Err("not the state of a map".into()),
            WireMap::Unbound => MapState::Unbound,
        })
    }
}

impl WireContent {
    fn content(self) -> Result<Content, String> {
        let bytes = self.2.as_deref().map(bytes).transpose()?;
        Ok(Content { len: self.0, digest: self.1.into(), bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_reads_back_as_it_was() -> Result<(), String> {
        let raise = Raise { class: "OSError".into(), errno: Some(22), message: "Invalid argument".into() };
        let items = vec![Value::None, Value::Bool(true), Value::Int(-5), Value::Int(1 << 60), Value::Long(3)];
        let all = [Value::Bytes(vec![0, 255]), Value::Text("\u{e9}".into()), Value::Object("mmap".into())];
        let nested = Value::List(vec![Value::Tuple(items), Value::List(all.to_vec())]);
        for expected in [Outcome::Value(nested), Outcome::Raised(raise)] {
            assert_eq!(answered(outcome(&expected))?, expected);
        }
        Ok(())
    }
}
