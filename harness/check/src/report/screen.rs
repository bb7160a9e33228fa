//! The first screen of a text report: the verdict, how much of the target is understood, the causes, and what to do next. It fits
//! 40 lines of 80 columns.

use super::{CauseRecord, ModelRecord, Report};
use crate::text::{begun, grouped};
use crate::trace_table::BAD;
use anstyle::Style;
use mmapcheck_spec::Profile;
use std::fmt::Write;

const BOLD: Style = Style::new().bold();

/// Width of the screen in columns.
pub(super) const WIDTH: usize = 80;

/// The most causes that it names.
const MOST: usize = 24;

/// The most causes whose sentences are shown in full.
const FEW: usize = 8;

/// The verdict: "pypy 7.3.11 is CPython 3.9 with 22 differences".
#[must_use]
pub fn verdict(report: &Report) -> String {
    let own = report.causes.iter().filter(|cause| !cause.inherited).count();
    let known = report.known.values().filter(|count| **count > 0).count();
    let known = if known == 0 { String::new() } else { format!(", and {known} known") };
    let with = match own {
        0 => "without a difference".to_owned(),
        1 => "with 1 difference".to_owned(),
        many => format!("with {many} differences"),
    };
    format!("{} is {} {with}{known}", report.target, profile(report.profile))
}

fn profile(profile: Profile) -> String {
    profile.to_string()
}

/// How much of the target the causes account for.
fn model(model: &ModelRecord) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    format!(
        "{} of {} fresh random cases agree with that model, {} without the differences\n",
        percent(model.with),
        grouped(model.cases),
        percent(model.without)
    )
}

/// The table of the causes. Empty without causes.
#[must_use]
pub fn causes(report: &Report) -> String {
    let all = &report.causes;
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::from("  no  level      severity     cases  difference\n");
    for (number, cause) in (1..).zip(all).take(MOST) {
        text += &row(number, cause, all.len() <= FEW);
    }
    if all.len() > MOST {
        let _ = writeln!(text, "      and {} more", all.len() - MOST);
    }
    text + "\n"
}

fn row(number: usize, cause: &CauseRecord, in_full: bool) -> String {
    let level = cause.level.map_or("-".to_owned(), |level| level.to_string());
    let severity = cause.severity.to_string().to_uppercase();
    let inherited = if cause.inherited { "inherited: " } else { "" };
    let sentence = format!("{inherited}{}", cause.sentence);
    let head = format!("{number:>4}  {level:<10} {BAD}{severity:<8}{BAD:#} {:>9}  ", grouped(cause.count));
    const INDENT: usize = 37;
    if in_full {
        let lines = wrapped(&sentence, WIDTH - INDENT);
        return head + &lines.join(&format!("\n{:INDENT$}", "")) + "\n";
    }
    head + &begun(&sentence, WIDTH - INDENT) + "\n"
}

/// A text in lines of at most so many characters, broken at spaces where it has any.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let word = begun(word, width);
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(&word);
        }
    }
    lines
}

/// The verdict, the model, the causes, and what to do next.
#[must_use]
pub fn screen(report: &Report) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}\n", verdict(report));
    text += &report.model.as_ref().map(model).unwrap_or_default();
    text.push('\n');
    text += &causes(report);
    text
}
