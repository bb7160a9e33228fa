//! The form of the lines from a driver, to name the place at which a malformed line departs from it. `protocol.schema.json`
//! states the same form; a test holds the two together.

use mmapcheck_spec::{ArgKind, ConstructorParam, Named, Op, Platform};
use serde_json::Value as Json;
use std::fmt::Write;

/// The version of the protocol.
pub(super) const PROTOCOL: u64 = 2;

/// The form of a part of a line.
enum Shape {
    Null,
    Boolean,
    /// A whole number of these bounds.
    Number(i64, i64),
    Text,
    /// Text of characters up to U+00FF, one for each byte.
    Bytes,
    /// The decimal digits of a whole number.
    Digits,
    /// A name of this table: its noun, and whether it has a name.
    Name(&'static str, fn(&str) -> bool),
    List(&'static Shape),
    /// A list of named parts.
    Parts(&'static [(&'static str, Shape)]),
    /// A list that begins with one of these tags, and named parts after it.
    Tagged(&'static [&'static str], &'static [(&'static str, Shape)]),
    /// A list that begins with one of these tags, and any number of parts after it.
    Tail(&'static [&'static str], &'static Shape),
    /// An object with just these keys.
    Object(&'static [(&'static str, Shape)]),
    /// An object with these keys, and perhaps some of the others.
    Optional(&'static [(&'static str, Shape)], &'static [(&'static str, Shape)]),
    /// The first of these that the part resembles; in words for a part that resembles none.
    Any(&'static [Shape], &'static str),
    /// A shape that stands elsewhere.
    Same(&'static Shape),
}

use Shape::{Any, Boolean, Bytes, Digits, List, Name, Null, Number, Object, Optional, Parts, Same, Tagged, Tail, Text};

const WHOLE: Shape = Number(i64::MIN, i64::MAX);
const COUNT: Shape = Number(0, i64::MAX);
const ID: (&str, Shape) = ("id", Number(1, i64::MAX));

static VALUE: Shape = Any(
    &[
        Null,
        Boolean,
        WHOLE,
        Tagged(&["b"], &[("bytes", Bytes)]),
        Tagged(&["i", "L"], &[("digits", Digits)]),
        Tagged(&["s", "o"], &[("text", Text)]),
        Tail(&["l", "t"], &VALUE),
    ],
    "a value",
);
const RAISED: Shape =
    Tagged(&["!"], &[("class", Text), ("errno", Any(&[Null, WHOLE], "a number or null")), ("text", Text)]);
static OUTCOME: Shape = Any(&[RAISED, Same(&VALUE)], "an outcome");
const UNSUPPORTED: Shape = Tagged(&["?"], &[("reason", Text)]);
static RESULT: Shape = Any(
    &[
        UNSUPPORTED,
        Tagged(&["died"], &[("signal", Number(i32::MIN as i64, i32::MAX as i64))]),
        Tagged(&["exited"], &[("status", Number(i32::MIN as i64, i32::MAX as i64))]),
        Same(&OUTCOME),
    ],
    "an outcome",
);
static CONTENT: Shape = Parts(&[
    ("length", COUNT),
    ("digest", Number(0, u32::MAX as i64)),
    ("bytes", Any(&[Null, Bytes], "bytes or null")),
]);
static MAP: Shape = Any(
    &[
        Null,
        Number(0, 0),
        UNSUPPORTED,
        Parts(&[
            ("position", WHOLE),
            ("length", WHOLE),
            ("content", Any(&[Null, Same(&CONTENT)], "a content or null")),
        ]),
    ],
    "the state of a map",
);
static SNAPSHOT: Shape = Parts(&[("maps", List(&MAP)), ("files", List(&CONTENT))]);
static STEP: Shape =
    Parts(&[("outcome", Same(&RESULT)), ("snapshot", Any(&[Number(0, 0), Same(&SNAPSHOT)], "a snapshot or 0"))]);
static CLOSED: Shape = Any(&[Null, Parts(&[("outcome", Same(&OUTCOME))])], "null or a list of one outcome");

static DONE: Shape = Object(&[
    ID,
    ("steps", List(&STEP)),
    ("last", Same(&SNAPSHOT)),
    ("closing", List(&CLOSED)),
    ("files", List(&CONTENT)),
    (
        "leaks",
        Any(&[Null, Parts(&[("descriptors", WHOLE), ("pages", WHOLE), ("strays", WHOLE)])], "three numbers or null"),
    ),
]);
static READY: Shape = Optional(
    &[
        ("protocol", Number(PROTOCOL as i64, PROTOCOL as i64)),
        ("implementation", Text),
        ("release", Any(&[Null, Text], "text or null")),
        ("version", Parts(&[("major", Number(0, 255)), ("minor", Number(0, 255)), ("micro", Number(0, 255))])),
        ("platform", Name("the name of a platform", is_platform)),
        ("page", Number(1, u32::MAX as i64)),
        ("granule", Number(1, u32::MAX as i64)),
        ("methods", List(&Text)),
        ("constants", List(&Text)),
        ("lacks", List(&Text)),
        ("edition", Any(&[Null, Text], "text or null")),
        ("counted", Boolean),
    ],
    &[
        ("development", Boolean),
        (
            "declines",
            Object(&[
                ("operations", List(&Name("the name of an operation", is_named::<Op>))),
                ("parameters", List(&Name("the name of a parameter of the constructor", is_named::<ConstructorParam>))),
                ("arguments", List(&Name("the name of a kind of argument", is_named::<ArgKind>))),
            ]),
        ),
    ],
);

fn is_platform(name: &str) -> bool {
    Platform::ALL.into_iter().any(|platform| platform.facts().sys_platform == name)
}

fn is_named<T: Named>(name: &str) -> bool {
    T::by_name(name).is_some()
}

/// The lines, each with the key that only it has.
static LINES: [(&str, Shape); 6] = [
    ("platform", Same(&READY)),
    ("failed", Object(&[("failed", Text)])),
    ("looks", Object(&[ID, ("looks", Boolean)])),
    ("died", Object(&[ID, ("died", Number(1, 64))])),
    ("step", Object(&[ID, ("step", Same(&STEP))])),
    ("steps", Same(&DONE)),
];

/// The first place at which a line is not of the protocol, such as `steps[0].snapshot.maps[1].length: expected a number, found
/// "x"`; none if the line has the right form.
pub fn departure(line: &Json) -> Option<String> {
    let Json::Object(keys) = line else { return Some(format!("expected an object, found {}", found(line))) };
    match LINES.iter().find(|(key, _)| keys.contains_key(*key)) {
        Some((_, shape)) => shape.check(line, String::new()).err(),
        None => {
            let all: Vec<_> = LINES.iter().map(|(key, _)| format!("`{key}`")).collect();
            Some(format!("expected one of the keys {}, found {}", all.join(", "), found(line)))
        }
    }
}

impl Shape {
    /// Checks a part, of which `path` says where it stands. The error names the place.
    fn check(&self, json: &Json, path: String) -> Result<(), String> {
        match (self, json) {
            (Same(shape), _) => shape.check(json, path),
            (Any(shapes, _), _) => match shapes.iter().find(|shape| shape.resembles(json)) {
                Some(shape) => shape.check(json, path),
                None => Err(wrong(&path, &self.words(), json)),
            },
            (List(item), Json::Array(items)) => each(items.iter().map(|json| (*item, json)), 0, &path),
            (Tail(_, item), Json::Array(items)) if self.resembles(json) => {
                each(items.iter().skip(1).map(|json| (*item, json)), 1, &path)
            }
            (Parts(parts), Json::Array(items)) if items.len() == parts.len() => named(parts, items, &path),
            (Tagged(_, parts), Json::Array(items)) if self.resembles(json) && items.len() == parts.len() + 1 => {
                named(parts, &items[1..], &path)
            }
            (Object(needed), Json::Object(_)) => keys(needed, &[], json, &path),
            (Optional(needed, others), Json::Object(_)) => keys(needed, others, json, &path),
            _ if self.is_whole(json) => Ok(()),
            _ => Err(wrong(&path, &self.words(), json)),
        }
    }

    /// Whether the part is a plain one of this shape.
    fn is_whole(&self, json: &Json) -> bool {
        match (self, json) {
            (Null, Json::Null) | (Boolean, Json::Bool(_)) | (Text, Json::String(_)) => true,
            (Number(least, most), Json::Number(number)) => {
                number.as_i64().is_some_and(|n| (*least..=*most).contains(&n))
            }
            (Bytes, Json::String(text)) => text.chars().all(|c| u32::from(c) <= 0xFF),
            (Name(_, has), Json::String(text)) => has(text),
            (Digits, Json::String(text)) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            }
            _ => false,
        }
    }

    /// Whether a part is of this kind, whatever is wrong with it.
    fn resembles(&self, json: &Json) -> bool {
        let tag = || json.as_array().and_then(|items| items.first()).and_then(Json::as_str);
        match self {
            Null => json.is_null(),
            Boolean => json.is_boolean(),
            Number(..) => json.is_number(),
            Text | Bytes | Digits | Name(..) => json.is_string(),
            Tagged(tags, _) | Tail(tags, _) => tag().is_some_and(|tag| tags.contains(&tag)),
            List(_) | Parts(_) => json.is_array(),
            Object(_) | Optional(..) => json.is_object(),
            Any(shapes, _) => shapes.iter().any(|shape| shape.resembles(json)),
            Same(shape) => shape.resembles(json),
        }
    }

    fn words(&self) -> String {
        match self {
            Null => "null".into(),
            Boolean => "true or false".into(),
            Number(least, most) if least == most => least.to_string(),
            Number(i64::MIN, i64::MAX) => "a number".into(),
            Number(least, i64::MAX) => format!("a number from {least} on"),
            Number(least, most) => format!("a number from {least} to {most}"),
            Text => "text".into(),
            Bytes => "text with a character up to U+00FF for each byte".into(),
            Digits => "text of decimal digits".into(),
            Name(words, _) => (*words).into(),
            List(_) => "a list".into(),
            Parts(parts) => format!("a list of {}", names(parts)),
            Tagged(tags, parts) => format!("a list of {:?} and {}", tags.join("` or `"), names(parts)),
            Tail(..) => "a list with a tag".into(),
            Object(_) | Optional(..) => "an object".into(),
            Any(_, words) => (*words).into(),
            Same(shape) => shape.words(),
        }
    }
}

fn names(parts: &[(&str, Shape)]) -> String {
    parts.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn each<'a>(items: impl Iterator<Item = (&'a Shape, &'a Json)>, first: usize, path: &str) -> Result<(), String> {
    items.enumerate().try_for_each(|(index, (shape, json))| shape.check(json, format!("{path}[{}]", index + first)))
}

fn named(parts: &[(&str, Shape)], items: &[Json], path: &str) -> Result<(), String> {
    parts.iter().zip(items).try_for_each(|((name, shape), json)| shape.check(json, below(path, name)))
}

fn keys(needed: &[(&str, Shape)], others: &[(&str, Shape)], json: &Json, path: &str) -> Result<(), String> {
    let present = json.as_object().into_iter().flatten();
    let known = |key: &str| needed.iter().chain(others).find(|(name, _)| *name == key);
    if let Some((name, _)) = needed.iter().find(|(name, _)| json.get(*name).is_none()) {
        return Err(format!("{}: it is missing", below(path, name)));
    }
    for (key, part) in present {
        let place = below(path, key);
        let (_, shape) = known(key).ok_or_else(|| format!("{place}: the protocol has no such key"))?;
        shape.check(part, place)?;
    }
    Ok(())
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn wrong(path: &str, expected: &str, json: &Json) -> String {
    let mut text = String::new();
    if !path.is_empty() {
        let _ = write!(text, "{path}: ");
    }
    text + &format!("expected {expected}, found {}", found(json))
}

/// A part of a line, cut off if it is long.
fn found(json: &Json) -> String {
    const SHOWN: usize = 40;
    let text = json.to_string();
    let cut = text.char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| at);
    if cut < text.len() { format!("{}...", &text[..cut]) } else { text }
}
