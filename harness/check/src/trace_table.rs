//! The expected and the actual trace of a step beside each other, field by field.

use crate::differential::DifferentialRun;
use crate::divergence::{Field, content_text, outcome_text, result_text};
use crate::left_out::{Kind, LeftOut};
use crate::text::shortened;
use anstyle::{AnsiColor, Color, Style};
use mmapcheck_spec::notation::{bytes_literal, line_text};
use mmapcheck_spec::{Content, MapState, ObjectKind, Outcome, Snapshot, Step, StepTrace, Value, printable};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::ops::Range;

/// Style of an expected value: green. The command line removes styles if the output is not a terminal.
pub const GOOD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green)));
/// Style of an unexpected value: red.
pub const BAD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red)));
const PLAIN: Style = Style::new();

/// The fields of one step, in both traces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTable {
    /// Number and text of the step.
    pub step: String,
    /// The fields.
    pub rows: Vec<FieldRow>,
}

/// One field of a step, in both traces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRow {
    /// Name of the field.
    pub field: String,
    /// Its expected value.
    pub expected: String,
    /// Its value on the target.
    pub actual: String,
}

impl FieldRow {
    fn new(field: impl Into<String>, expected: impl Into<String>, actual: impl Into<String>) -> FieldRow {
        FieldRow { field: field.into(), expected: expected.into(), actual: actual.into() }
    }
}

impl StepTable {
    /// All fields of a step. The step after the last one is the end of the case.
    #[must_use]
    pub fn new(compared: &DifferentialRun, step: usize) -> StepTable {
        let rows = match (compared.case.steps.get(step), compared.expected.steps.get(step)) {
            (Some(_), Some(wanted)) => step_rows(wanted, compared.actual.steps.get(step)),
            _ => end_rows(compared),
        };
        StepTable { step: title(compared, step), rows }
    }

    /// The fields of a step in which the traces differ.
    #[must_use]
    pub fn differing(compared: &DifferentialRun, step: usize) -> StepTable {
        let mut table = StepTable::new(compared, step);
        table.rows.retain(|row| row.expected != row.actual);
        table
    }

    /// Width of the widest value in a column, in characters.
    fn width(&self, column: fn(&FieldRow) -> &str) -> usize {
        self.rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0)
    }

    /// The table as text with one line for each value: the expected one above the actual one. Empty without rows.
    #[must_use]
    pub fn one_above_the_other(&self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let width = self.width(|row| &row.field);
        let mut text = format!("  {}\n", self.step);
        for FieldRow { field, expected, actual } in &self.rows {
            let _ = writeln!(text, "    {field:width$}   expected  {GOOD}{expected}{GOOD:#}");
            let _ = writeln!(text, "    {:width$}   got       {BAD}{actual}{BAD:#}", "");
        }
        text
    }

    /// The table as text with one line for each field. A star marks each field that differs.
    fn side_by_side(&self) -> String {
        let (first, second) = (self.width(|row| &row.field).max(4), self.width(|row| &row.expected).max(8));
        let mut text = format!("  {}\n    {:first$}   {:second$}   got\n", self.step, "", "expected");
        for FieldRow { field, expected, actual } in &self.rows {
            let (star, style) = if expected == actual { (' ', PLAIN) } else { ('*', BAD) };
            let _ = writeln!(text, "  {star} {field:first$}   {expected:second$}   {style}{actual}{style:#}");
        }
        text
    }
}

/// Both traces of a case as text, step by step. A step that was not run or not compared is there with its reason, but for the
/// steps before the part that is compared and after it, which are only numbered.
#[must_use]
pub fn side_by_side(compared: &DifferentialRun) -> String {
    side_by_side_tracing(compared, None)
}

/// Like [`side_by_side`], with a range of the bytes of every map and file after each step.
#[must_use]
pub fn side_by_side_tracing(compared: &DifferentialRun, traced: Option<&Range<usize>>) -> String {
    let (all, part) = (compared.steps(), compared.part());
    let mut left_out = compared.left_out.iter().filter(|step| step.place >= part.start).peekable();
    let (mut text, mut number) = (omitted(0..part.start, "not shown", Kind::BeforeFirst), compared.comparison.begins);
    for place in part.clone() {
        let title = |step: &Step| format!("step {} of {all}: {}", place + 1, shortened(&line_text(step)));
        if let Some(LeftOut { step, reason, .. }) = left_out.next_if(|step| step.place == place) {
            let _ = writeln!(text, "  {}\n    not run: {reason}", title(step));
            continue;
        }
        let reason = compared.comparison.reason_not_compared(number);
        let title = title(&compared.case.steps[number]);
        if number > compared.actual.steps.len() {
            let _ = writeln!(text, "  {title}\n    not run: {reason}");
        } else {
            let mut table = StepTable { step: title, ..StepTable::new(compared, number) };
            if let (Some(range), Some(wanted)) = (traced, compared.expected.steps.get(number)) {
                let given = compared.actual.steps.get(number).map(|given| &given.snapshot);
                table.rows.extend(traced_rows(&wanted.snapshot, given, range));
            }
            text += &table.side_by_side();
            if number >= compared.comparison.compared {
                let _ = writeln!(text, "    not compared: {reason}");
            }
        }
        number += 1;
    }
    text += &omitted(part.end..all, "not run", Kind::AfterLast);
    if number <= compared.actual.steps.len() {
        text += &StepTable::new(compared, number).side_by_side();
    }
    text
}

/// A line about steps that have no table; empty without steps.
fn omitted(places: Range<usize>, state: &str, reason: Kind) -> String {
    match places.len() {
        0 => String::new(),
        1 => format!("  step {}\n    {state}: {reason}\n", places.end),
        _ => format!("  steps {} to {}\n    {state}: {reason}\n", places.start + 1, places.end),
    }
}

/// The bytes of a range in every map and file after a step.
fn traced_rows(wanted: &Snapshot, given: Option<&Snapshot>, range: &Range<usize>) -> Vec<FieldRow> {
    let label = |name: String| format!("{name}[{}:{}]", range.start, range.end);
    let none = Snapshot::default();
    let given = given.unwrap_or(&none);
    let of_map = |snapshot: &Snapshot, slot: usize| match snapshot.maps.get(slot) {
        Some(MapState::Open { content, .. }) => part(content.as_ref(), range),
        Some(MapState::Closed) => "closed".into(),
        Some(MapState::Unbound | MapState::Malformed(_)) | None => "-".into(),
    };
    let maps = (0..wanted.maps.len().max(given.maps.len()))
        .map(|slot| FieldRow::new(label(ObjectKind::Map.name(slot as u8)), of_map(wanted, slot), of_map(given, slot)));
    let files = (0..wanted.files.len().max(given.files.len())).map(|number| {
        let name = label(format!("file {}", ObjectKind::File.name(number as u8)));
        FieldRow::new(name, part(wanted.files.get(number), range), part(given.files.get(number), range))
    });
    maps.chain(files).collect()
}

/// The bytes of a range, as far as there are any.
fn part(content: Option<&Content>, range: &Range<usize>) -> String {
    let Some(bytes) = content.and_then(|content| content.bytes.as_ref()) else { return "not readable".into() };
    bytes_literal(&bytes[range.start.min(bytes.len())..range.end.min(bytes.len())])
}

fn title(compared: &DifferentialRun, step: usize) -> String {
    match compared.case.steps.get(step) {
        Some(done) => format!("step {} of {}: {}", step + 1, compared.case.steps.len(), shortened(&line_text(done))),
        None => "after the last step".to_owned(),
    }
}

fn step_rows(wanted: &StepTrace, given: Option<&StepTrace>) -> Vec<FieldRow> {
    let answer = |step: &StepTrace| shortened(&result_text(&step.result));
    let nothing = || "nothing".to_owned();
    let mut rows = vec![FieldRow::new("answer", answer(wanted), given.map_or_else(nothing, answer))];
    let Some(given) = given.filter(|given| wanted.result.is_ok() && given.result.is_ok()) else { return rows };
    let many = wanted.snapshot.maps.len().max(given.snapshot.maps.len());
    for slot in 0..many {
        let name = ObjectKind::Map.name(slot as u8);
        let of = |step: &StepTrace| step.snapshot.maps.get(slot).cloned().unwrap_or(MapState::Unbound);
        let (ours, theirs) = (map_rows(&of(wanted)), map_rows(&of(given)));
        for (i, label) in ["state", "position", "length", "bytes"].into_iter().enumerate() {
            let get = |rows: &[String]| rows.get(i).cloned().unwrap_or_default();
            if !(get(&ours).is_empty() && get(&theirs).is_empty()) {
                rows.push(FieldRow::new(format!("{name} {label}"), get(&ours), get(&theirs)));
            }
        }
    }
    for (number, (ours, theirs)) in wanted.snapshot.files.iter().zip(&given.snapshot.files).enumerate() {
        let name = format!("file {}", ObjectKind::File.name(number as u8));
        rows.push(FieldRow::new(name, shortened(&content_text(ours)), shortened(&content_text(theirs))));
    }
    rows
}

fn map_rows(state: &MapState) -> Vec<String> {
    match state {
        MapState::Unbound => Vec::new(),
        MapState::Closed => vec!["closed".into()],
        MapState::Malformed(text) => vec![printable(text)],
        MapState::Open { pos, len, content } => {
            let content = content.as_ref().map_or("not readable".into(), |content| shortened(&content_text(content)));
            vec!["open".into(), pos.to_string(), len.to_string(), content]
        }
    }
}

fn end_rows(compared: &DifferentialRun) -> Vec<FieldRow> {
    let (wanted, given) = (&compared.expected, &compared.actual);
    let mut rows = Vec::new();
    let nothing = Outcome::Value(Value::None);
    for (slot, (ours, theirs)) in wanted.closing.iter().zip(&given.closing).enumerate() {
        if let (Some(ours), Some(theirs)) = (ours, theirs)
            && (*ours != nothing || *theirs != nothing)
        {
            let name = format!("{}.close()", ObjectKind::Map.name(slot as u8));
            rows.push(FieldRow::new(name, outcome_text(ours), outcome_text(theirs)));
        }
    }
    for (number, (ours, theirs)) in wanted.files.iter().zip(&given.files).enumerate() {
        let name = format!("file {}", ObjectKind::File.name(number as u8));
        rows.push(FieldRow::new(name, shortened(&content_text(ours)), shortened(&content_text(theirs))));
    }
    let (ours, theirs) = (wanted.leaks, given.leaks);
    let counts = [
        (Field::Descriptors, ours.descriptors, theirs.descriptors),
        (Field::Pages, ours.pages, theirs.pages),
        (Field::Strays, ours.stray_files, theirs.stray_files),
    ];
    rows.extend(counts.map(|(field, ours, theirs)| FieldRow::new(field.name(), ours.to_string(), theirs.to_string())));
    rows
}
