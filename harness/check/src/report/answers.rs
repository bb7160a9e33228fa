//! What operations answered, in each form of a report.

use crate::histogram::Histogram;
use crate::text::grouped;
use mmapcheck_spec::Op;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// What was done, on one line, for who watches: how many cases and steps, and how they were answered.
#[must_use]
pub fn work(cases: u64, steps: u64, answers: &Histogram) -> String {
    let (cases, steps) = (grouped(cases), grouped(steps));
    format!("{cases} cases, {steps} steps, {}, {} ways to answer", refused(answers), answers.met())
}

fn refused(answers: &Histogram) -> String {
    format!("{:.1} % refused", 100.0 * answers.refused())
}

/// How steps were answered, and what of `shown` never came. `verbose`: how often which operation answered how, and the names
/// of what never came.
#[must_use]
pub fn text(answers: &Histogram, shown: &Histogram, verbose: bool) -> String {
    let mut text = String::new();
    if verbose {
        for &op in Op::ALL {
            let ways = answers.of(op);
            let ways: Vec<_> = ways.iter().map(|(way, count)| format!("{way} {}", grouped(*count))).collect();
            let line = if ways.is_empty() { "not done".to_owned() } else { ways.join(" · ") };
            let _ = writeln!(text, "{:>18}  {line}", op.to_string());
        }
    }
    let never = answers.lacks(shown);
    if verbose {
        never.iter().for_each(|(op, way)| text += &format!("never: {op}: {way}\n"));
    }
    let (met, all) = (shown.met() - never.len(), shown.met());
    let others = answers.met() - met;
    let _ = writeln!(
        text,
        "steps: {}; of the {all} ways to answer that the examples show {met} were met, and {others} others",
        refused(answers),
    );
    text
}

/// For scripts: how many steps by operation and way to answer.
#[must_use]
pub fn json(answers: &Histogram) -> Value {
    let ways =
        |op: Op| answers.of(op).iter().map(|(way, count)| (way.to_string(), json!(count))).collect::<Map<_, _>>();
    Op::ALL.iter().map(|&op| (op.to_string(), Value::Object(ways(op)))).collect()
}

/// For scripts: the operation and the way to answer of what never came.
#[must_use]
pub fn never(answers: &Histogram, shown: &Histogram) -> Value {
    answers.lacks(shown).iter().map(|(op, way)| json!([op.to_string(), way.to_string()])).collect()
}
