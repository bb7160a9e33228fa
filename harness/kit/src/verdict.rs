//! The verdict on the run of one session.

use anstream::adapter::strip_str;
use mmapcheck::differential::DifferentialRun;
use mmapcheck::divergence::{Severity, headline};
use mmapcheck::trace_table::side_by_side;
use mmapcheck_spec::notation::line_text;

/// Judges a run: texts of exceptions do not count.
///
/// # Errors
/// If the run diverges, or a step was not compared: the text of the failure, with both traces side by side.
pub fn judge(run: &DifferentialRun) -> Result<(), String> {
    let traces = || strip_str(&side_by_side(run)).to_string();
    if let Some(divergence) = run.comparison.first(Severity::Class) {
        return Err(format!("the session diverges: {}\n\n{}", headline(divergence), traces()));
    }
    match run.not_compared().first() {
        None => Ok(()),
        Some(first) => Err(format!(
            "not every step was compared: step {}, {}: {}\n\n{}",
            first.place + 1,
            line_text(&first.step),
            first.reason,
            traces()
        )),
    }
}
