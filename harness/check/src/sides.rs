//! What was expected beside what was given.

use crate::differential::DifferentialRun;
use crate::divergence::{Divergence, Field, content_text, outcome_text, result_text};
use crate::text::shortened;
use anstyle::{AnsiColor, Color, Style};
use mmapcheck_spec::notation::{self, line_text};
use mmapcheck_spec::{MapState, ObjectKind, StepTrace};
use std::fmt::Write;

/// What was expected, in green where colours are shown; the command line takes them out where they are not.
pub const GOOD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green)));
/// What was given instead.
pub const BAD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red)));
const PLAIN: Style = Style::new();

/// Where a finding shows: the step, and each thing that differs there, what was expected above what was given.
#[must_use]
pub fn parting(compared: &DifferentialRun, divergence: &Divergence) -> String {
    let rows: Vec<Row> = rows(compared, divergence.step).into_iter().filter(|row| row.1 != row.2).collect();
    if rows.is_empty() {
        return String::new();
    }
    let name = rows.iter().map(|row| row.0.chars().count()).max().unwrap_or(0);
    let mut text = format!("  {}\n", title(compared, divergence.step));
    for (what, wanted, given) in &rows {
        let _ = writeln!(text, "    {what:name$}   expected  {GOOD}{wanted}{GOOD:#}");
        let _ = writeln!(text, "    {:name$}   got       {BAD}{given}{BAD:#}", "");
    }
    text
}

/// Both traces of a whole case, step by step.
#[must_use]
pub fn side_by_side(compared: &DifferentialRun) -> String {
    let mut text = String::new();
    for step in 0..=compared.case.steps.len().min(compared.actual.steps.len()) {
        text.push_str(&sides(compared, step));
    }
    text
}

/// The table of one step. A star marks each row that differs.
fn sides(compared: &DifferentialRun, step: usize) -> String {
    let rows = rows(compared, step);
    let width = |pick: fn(&Row) -> &str| rows.iter().map(|row| pick(row).chars().count()).max().unwrap_or(0);
    let (first, second) = (width(|row| &row.0).max(4), width(|row| &row.1).max(8));
    let mut text = format!("  {}\n    {:first$}   {:second$}   got\n", title(compared, step), "", "expected");
    for (name, wanted, given) in &rows {
        let (star, style) = if wanted == given { (' ', PLAIN) } else { ('*', BAD) };
        let _ = writeln!(text, "  {star} {name:first$}   {wanted:second$}   {style}{given}{style:#}");
    }
    text
}

fn title(compared: &DifferentialRun, step: usize) -> String {
    match compared.case.steps.get(step) {
        Some(done) => format!("step {} of {}: {}", step + 1, compared.case.steps.len(), shortened(&line_text(done))),
        None => "after the last step".to_owned(),
    }
}

/// What it is, what was expected, what was given.
type Row = (String, String, String);

fn rows(compared: &DifferentialRun, step: usize) -> Vec<Row> {
    match (compared.case.steps.get(step), compared.expected.steps.get(step)) {
        (Some(_), Some(wanted)) => step_rows(wanted, compared.actual.steps.get(step)),
        _ => end_rows(compared),
    }
}

fn step_rows(wanted: &StepTrace, given: Option<&StepTrace>) -> Vec<Row> {
    let answer = |step: &StepTrace| shortened(&result_text(&step.result));
    let nothing = || "nothing".to_owned();
    let mut rows = vec![("answer".to_owned(), answer(wanted), given.map_or_else(nothing, answer))];
    let Some(given) = given.filter(|given| wanted.result.is_ok() && given.result.is_ok()) else { return rows };
    let many = wanted.snapshot.maps.len().max(given.snapshot.maps.len());
    for slot in 0..many {
        let name = notation::name(ObjectKind::Map, slot as u8);
        let of = |step: &StepTrace| step.snapshot.maps.get(slot).cloned().unwrap_or(MapState::Unbound);
        let (ours, theirs) = (map_rows(&of(wanted)), map_rows(&of(given)));
        for (i, label) in ["state", "position", "length", "bytes"].into_iter().enumerate() {
            let get = |rows: &[String]| rows.get(i).cloned().unwrap_or_default();
            if !(get(&ours).is_empty() && get(&theirs).is_empty()) {
                rows.push((format!("{name} {label}"), get(&ours), get(&theirs)));
            }
        }
    }
    for (number, (ours, theirs)) in wanted.snapshot.files.iter().zip(&given.snapshot.files).enumerate() {
        let name = format!("file {}", notation::name(ObjectKind::File, number as u8));
        rows.push((name, shortened(&content_text(ours)), shortened(&content_text(theirs))));
    }
    rows
}

fn map_rows(state: &MapState) -> Vec<String> {
    match state {
        MapState::Unbound => Vec::new(),
        MapState::Closed => vec!["closed".into()],
        MapState::Strange(text) => vec![text.clone()],
        MapState::Open { pos, len, content } => {
            let content = content.as_ref().map_or("not readable".into(), |content| shortened(&content_text(content)));
            vec!["open".into(), pos.to_string(), len.to_string(), content]
        }
    }
}

fn end_rows(compared: &DifferentialRun) -> Vec<Row> {
    let (wanted, given) = (&compared.expected, &compared.actual);
    let mut rows = Vec::new();
    for (slot, (ours, theirs)) in wanted.closing.iter().zip(&given.closing).enumerate() {
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            let name = format!("{}.close()", notation::name(ObjectKind::Map, slot as u8));
            rows.push((name, outcome_text(ours), outcome_text(theirs)));
        }
    }
    for (number, (ours, theirs)) in wanted.files.iter().zip(&given.files).enumerate() {
        let name = format!("file {}", notation::name(ObjectKind::File, number as u8));
        rows.push((name, shortened(&content_text(ours)), shortened(&content_text(theirs))));
    }
    let (ours, theirs) = (wanted.leaks, given.leaks);
    let counts = [
        (Field::Descriptors, ours.descriptors, theirs.descriptors),
        (Field::Pages, ours.pages, theirs.pages),
        (Field::Strays, ours.strays, theirs.strays),
    ];
    rows.extend(counts.map(|(field, ours, theirs)| (field.to_string(), ours.to_string(), theirs.to_string())));
    rows
}
