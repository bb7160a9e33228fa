//! The lines between a campaign and its workers: the only place that knows their format.
//!
//! A case travels as a session in the notation, a trace as tagged values.

use crate::batch::{Batch, BatchResult, Hit};
use crate::divergence::{Bucket, Field, Severity};
use crate::generate::GeneratorOptions;
use crate::histogram::{AnswerKind, Histogram};
use crate::oracle::Omissions;
use crate::pattern::{Pattern, Patterns};
use mmapcheck_spec::{
    Content, End, Leaks, MapState, Op, Outcome, Profile, Raise, Snapshot, StepTrace, TargetInfo, Trace, Value,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a worker is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Run one case. `to_death`: a process may well die in its last step.
    Run { session: String, full: bool, to_death: bool },
    /// Run a range of cases and compare them.
    Batch(BatchRequest),
}

/// A batch, on the pipe.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BatchRequest {
    seed: u64,
    first: u64,
    end: u64,
    ops: Vec<String>,
    steps: usize,
    callbacks: bool,
    known: Vec<WirePattern>,
}

impl From<&Batch> for BatchRequest {
    fn from(batch: &Batch) -> BatchRequest {
        let GeneratorOptions { ops, steps, callbacks, .. } = &batch.generator;
        BatchRequest {
            seed: batch.seed,
            first: batch.cases.start,
            end: batch.cases.end,
            ops: ops.iter().map(ToString::to_string).collect(),
            steps: *steps,
            callbacks: *callbacks,
            known: batch.known.0.iter().map(WirePattern::from).collect(),
        }
    }
}

impl BatchRequest {
    /// The batch, for the profile of the worker's oracle.
    pub(super) fn batch(self, profile: Profile) -> Result<Batch, String> {
        let ops = self.ops.iter().map(|name| operation(name)).collect::<Result<_, _>>()?;
        let known = self.known.into_iter().map(WirePattern::rule).collect::<Result<_, _>>()?;
        Ok(Batch {
            seed: self.seed,
            cases: self.first..self.end,
            generator: GeneratorOptions { ops, steps: self.steps, callbacks: self.callbacks, profile },
            known: Patterns(known),
            omissions: Omissions::NONE,
        })
    }
}

/// What one known divergence takes in.
#[derive(Debug, Serialize, Deserialize)]
struct WirePattern {
    id: String,
    op: String,
    callback: String,
    field: String,
    expected: String,
    actual: String,
    severity: Option<String>,
}

impl From<&Pattern> for WirePattern {
    fn from(rule: &Pattern) -> WirePattern {
        let Pattern { id, op, callback, field, expected, actual, severity } = rule.clone();
        WirePattern {
            id,
            op,
            callback,
            field,
            expected,
            actual,
            severity: severity.map(|severity| severity.to_string()),
        }
    }
}

impl WirePattern {
    fn rule(self) -> Result<Pattern, String> {
        let WirePattern { id, op, callback, field, expected, actual, severity } = self;
        let severity = severity.map(|severity| severity.parse()).transpose()?;
        Ok(Pattern { id, op, callback, field, expected, actual, severity })
    }
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    Ready { profile: String, name: String, cpython_mmap: bool, page: u32 },
    Ran(WireTrace),
    BatchResult(WireBatchResult),
    Failed(String),
}

pub(super) fn ready(info: &TargetInfo) -> Reply {
    Reply::Ready {
        profile: info.profile.to_string(),
        name: info.name.clone(),
        cpython_mmap: info.is_cpython_mmap,
        page: info.page,
    }
}

/// A trace on the wire. Numbers that may not fit JSON's travel as text.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireTrace {
    steps: Vec<WireStep>,
    last: WireSnapshot,
    closing: Vec<Option<WireOutcome>>,
    files: Vec<WireContent>,
    leaks: [i64; 3],
}

#[derive(Debug, Serialize, Deserialize)]
struct WireStep {
    result: WireResult,
    left: WireSnapshot,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireSnapshot {
    maps: Vec<WireMap>,
    files: Vec<WireContent>,
}

#[derive(Debug, Serialize, Deserialize)]
enum WireResult {
    Outcome(WireOutcome),
    Died(i32),
    Exited(i32, String),
    Hung,
    Malformed(String),
    Unsupported(String),
}

#[derive(Debug, Serialize, Deserialize)]
enum WireOutcome {
    Value(WireValue),
    Raised { class: String, errno: Option<i32>, message: String },
}

#[derive(Debug, Serialize, Deserialize)]
enum WireValue {
    None,
    Bool(bool),
    Int(String),
    Long(String),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<WireValue>),
    Tuple(Vec<WireValue>),
    Object(String),
}

#[derive(Debug, Serialize, Deserialize)]
enum WireMap {
    Unbound,
    Closed,
    Open { pos: i64, len: i64, content: Option<WireContent> },
    Strange(String),
}

#[derive(Debug, Serialize, Deserialize)]
struct WireContent {
    len: u64,
    digest: u64,
    bytes: Option<Vec<u8>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireBatchResult {
    cases: u64,
    steps: u64,
    deaths: u64,
    answers: Vec<WireWay>,
    hits: Vec<WireHit>,
    known: BTreeMap<String, u64>,
    incomparable: Vec<(String, u64)>,
}

/// How many steps an operation answered with a value, or with an exception of this class and `errno`, or died in.
#[derive(Debug, Serialize, Deserialize)]
struct WireWay {
    op: String,
    class: Option<String>,
    errno: Option<i32>,
    died: Option<i32>,
    steps: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireHit {
    severity: String,
    op: Option<String>,
    callback: Option<String>,
    field: String,
    expected: String,
    actual: String,
    case: u64,
    count: u64,
}

impl From<Trace> for WireTrace {
    fn from(trace: Trace) -> WireTrace {
        WireTrace {
            steps: trace.steps.into_iter().map(WireStep::from).collect(),
            last: trace.last.into(),
            closing: trace.closing.into_iter().map(|outcome| outcome.map(WireOutcome::from)).collect(),
            files: trace.files.into_iter().map(WireContent::from).collect(),
            leaks: [trace.leaks.descriptors, trace.leaks.pages, trace.leaks.stray_files],
        }
    }
}

impl WireTrace {
    pub(super) fn trace(self) -> Result<Trace, String> {
        let steps = self.steps.into_iter().map(WireStep::step).collect::<Result<_, _>>()?;
        let closing = self.closing.into_iter().map(|outcome| outcome.map(WireOutcome::outcome).transpose());
        let closing = closing.collect::<Result<_, _>>()?;
        let [descriptors, pages, stray_files] = self.leaks;
        let leaks = Leaks { descriptors, pages, stray_files };
        Ok(Trace { steps, last: self.last.left(), closing, files: contents(self.files), leaks, end: None })
    }
}

fn contents(files: Vec<WireContent>) -> Vec<Content> {
    files.into_iter().map(WireContent::content).collect()
}

impl From<StepTrace> for WireStep {
    fn from(step: StepTrace) -> WireStep {
        let result = match step.result {
            Ok(outcome) => WireResult::Outcome(outcome.into()),
            Err(End::Died(signal)) => WireResult::Died(signal),
            Err(End::Exited(status, words)) => WireResult::Exited(status, words),
            Err(End::Hung) => WireResult::Hung,
            Err(End::Malformed(what)) => WireResult::Malformed(what),
            Err(End::Unsupported(reason)) => WireResult::Unsupported(reason),
        };
        WireStep { result, left: step.snapshot.into() }
    }
}

impl WireStep {
    fn step(self) -> Result<StepTrace, String> {
        let result = match self.result {
            WireResult::Outcome(outcome) => Ok(outcome.outcome()?),
            WireResult::Died(signal) => Err(End::Died(signal)),
            WireResult::Exited(status, words) => Err(End::Exited(status, words)),
            WireResult::Hung => Err(End::Hung),
            WireResult::Malformed(what) => Err(End::Malformed(what)),
            WireResult::Unsupported(reason) => Err(End::Unsupported(reason)),
        };
        Ok(StepTrace { result, snapshot: self.left.left() })
    }
}

impl From<Snapshot> for WireSnapshot {
    fn from(left: Snapshot) -> WireSnapshot {
        let maps = left.maps.into_iter().map(WireMap::from).collect();
        WireSnapshot { maps, files: left.files.into_iter().map(WireContent::from).collect() }
    }
}

impl WireSnapshot {
    fn left(self) -> Snapshot {
        Snapshot { maps: self.maps.into_iter().map(WireMap::map).collect(), files: contents(self.files) }
    }
}

impl From<Outcome> for WireOutcome {
    fn from(outcome: Outcome) -> WireOutcome {
        match outcome {
            Outcome::Value(value) => WireOutcome::Value(value.into()),
            Outcome::Raised(raise) => WireOutcome::Raised {
                class: raise.class.into_owned(),
                errno: raise.errno,
                message: raise.message.into_owned(),
            },
        }
    }
}

impl WireOutcome {
    fn outcome(self) -> Result<Outcome, String> {
        Ok(match self {
            WireOutcome::Value(value) => Outcome::Value(value.value()?),
            WireOutcome::Raised { class, errno, message } => {
                Outcome::Raised(Raise { class: class.into(), errno, message: message.into() })
            }
        })
    }
}

impl From<Value> for WireValue {
    fn from(value: Value) -> WireValue {
        let all = |items: Vec<Value>| items.into_iter().map(WireValue::from).collect();
        match value {
            Value::None => WireValue::None,
            Value::Bool(value) => WireValue::Bool(value),
            Value::Int(value) => WireValue::Int(value.to_string()),
            Value::Long(value) => WireValue::Long(value.to_string()),
            Value::Bytes(bytes) => WireValue::Bytes(bytes),
            Value::Text(text) => WireValue::Text(text),
            Value::List(items) => WireValue::List(all(items)),
            Value::Tuple(items) => WireValue::Tuple(all(items)),
            Value::Object(kind) => WireValue::Object(kind.into_owned()),
        }
    }
}

fn number(text: &str) -> Result<i128, String> {
    text.parse().map_err(|_| format!("'{text}' is no number"))
}

impl WireValue {
    fn value(self) -> Result<Value, String> {
        let all = |items: Vec<WireValue>| items.into_iter().map(WireValue::value).collect::<Result<_, _>>();
        Ok(match self {
            WireValue::None => Value::None,
            WireValue::Bool(value) => Value::Bool(value),
            WireValue::Int(text) => Value::Int(number(&text)?),
            WireValue::Long(text) => Value::Long(number(&text)?),
            WireValue::Bytes(bytes) => Value::Bytes(bytes),
            WireValue::Text(text) => Value::Text(text),
            WireValue::List(items) => Value::List(all(items)?),
            WireValue::Tuple(items) => Value::Tuple(all(items)?),
            WireValue::Object(kind) => Value::Object(kind.into()),
        })
    }
}

impl From<MapState> for WireMap {
    fn from(state: MapState) -> WireMap {
        match state {
            MapState::Unbound => WireMap::Unbound,
            MapState::Closed => WireMap::Closed,
            MapState::Open { pos, len, content } => WireMap::Open { pos, len, content: content.map(WireContent::from) },
            MapState::Malformed(text) => WireMap::Strange(text),
        }
    }
}

impl WireMap {
    fn map(self) -> MapState {
        match self {
            WireMap::Unbound => MapState::Unbound,
            WireMap::Closed => MapState::Closed,
            WireMap::Open { pos, len, content } => {
                MapState::Open { pos, len, content: content.map(WireContent::content) }
            }
            WireMap::Strange(text) => MapState::Malformed(text),
        }
    }
}

impl From<Content> for WireContent {
    fn from(content: Content) -> WireContent {
        WireContent { len: content.len, digest: content.digest, bytes: content.bytes }
    }
}

impl WireContent {
    fn content(self) -> Content {
        Content { len: self.len, digest: self.digest, bytes: self.bytes }
    }
}

impl From<BatchResult> for WireBatchResult {
    fn from(batch: BatchResult) -> WireBatchResult {
        let hit = |hit: Hit| WireHit {
            severity: hit.bucket.severity.to_string(),
            op: hit.bucket.op.map(|op| op.to_string()),
            callback: hit.bucket.callback.map(|op| op.to_string()),
            field: hit.bucket.field.to_string(),
            expected: hit.bucket.expected,
            actual: hit.bucket.actual,
            case: hit.case,
            count: hit.count,
        };
        WireBatchResult {
            cases: batch.cases,
            steps: batch.steps,
            deaths: batch.deaths,
            answers: batch.answers.iter().map(WireWay::from).collect(),
            hits: batch.hits.into_iter().map(hit).collect(),
            known: batch.known,
            incomparable: batch.incomparable,
        }
    }
}

impl WireBatchResult {
    pub(super) fn batch(self) -> Result<BatchResult, String> {
        let WireBatchResult { cases, steps, deaths, known, incomparable, .. } = self;
        let hits = self.hits.into_iter().map(WireHit::hit).collect::<Result<_, _>>()?;
        let mut answers = Histogram::default();
        for way in self.answers {
            answers.add(operation(&way.op)?, &way.way(), way.steps);
        }
        Ok(BatchResult { cases, steps, deaths, answers, hits, known, incomparable })
    }
}

fn operation(name: &str) -> Result<Op, String> {
    Op::named(name).ok_or_else(|| format!("'{name}' is no operation"))
}

impl From<(Op, &AnswerKind, u64)> for WireWay {
    fn from((op, way, steps): (Op, &AnswerKind, u64)) -> WireWay {
        let (class, errno, died) = match way {
            AnswerKind::Value => (None, None, None),
            AnswerKind::Raised(class, errno) => (Some(class.to_string()), *errno, None),
            AnswerKind::Died(signal) => (None, None, Some(*signal)),
        };
        WireWay { op: op.to_string(), class, errno, died, steps }
    }
}

impl WireWay {
    fn way(&self) -> AnswerKind {
        let raised = self.class.as_ref().map(|class| AnswerKind::Raised(class.clone().into(), self.errno));
        raised.or(self.died.map(AnswerKind::Died)).unwrap_or(AnswerKind::Value)
    }
}

impl WireHit {
    fn hit(self) -> Result<Hit, String> {
        let severity: Severity = self.severity.parse()?;
        let [op, callback] = [&self.op, &self.callback].map(|op| op.as_deref().map(operation).transpose());
        let field = Field::ALL.iter().find(|(_, name)| *name == self.field).map(|(field, _)| *field);
        let field = field.ok_or_else(|| format!("'{}' is no field", self.field))?;
        let bucket =
            Bucket { severity, op: op?, callback: callback?, field, expected: self.expected, actual: self.actual };
        Ok(Hit { bucket, case: self.case, count: self.count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_survives_the_wire() -> Result<(), Box<dyn std::error::Error>> {
        let values = vec![
            Value::None,
            Value::Bool(true),
            Value::Int(1 << 100),
            Value::Long(5),
            Value::Bytes(vec![0, 255]),
            Value::List(vec![Value::Text("é".into())]),
            Value::Tuple(vec![Value::Object("thing".into())]),
        ];
        let content = Content { len: 3, digest: u64::MAX, bytes: Some(vec![1]) };
        let open = MapState::Open { pos: -1, len: i64::MAX, content: Some(content.clone()) };
        let left = Snapshot {
            maps: smallvec::smallvec![MapState::Unbound, MapState::Closed, open],
            files: vec![content.clone()],
        };
        let mut steps: Vec<StepTrace> = values
            .into_iter()
            .map(|value| StepTrace { result: Ok(Outcome::Value(value)), snapshot: left.clone() })
            .collect();
        for end in [End::Died(11), End::Exited(3, "MemoryError".into()), End::Hung, End::Unsupported("no".into())] {
            steps.push(StepTrace { result: Err(end), snapshot: Snapshot::default() });
        }
        let raised = Outcome::Raised(Raise { class: "OSError".into(), errno: Some(22), message: "m".into() });
        let leaks = Leaks { descriptors: -1, pages: 2, stray_files: 3 };
        let closing = vec![None, Some(raised)];
        let trace = Trace { steps, last: left, closing, files: vec![content], leaks, end: None };
        let line = serde_json::to_string(&WireTrace::from(trace.clone()))?;
        assert_eq!(serde_json::from_str::<WireTrace>(&line)?.trace()?, trace);
        Ok(())
    }
}
