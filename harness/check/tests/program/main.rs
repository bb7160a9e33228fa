//! Tests that run the program, or a target in another process. Most of their time is spent waiting, so that they share a test
//! binary, in which they wait at the same time.

mod cli;
mod commands;
mod damage;
mod ending;
mod forking;
mod hostile;
mod inherited;
mod innocent;
mod interpreters;
mod known;
mod known_effects;
mod left_out;
mod matrix;
mod profile;
mod report;
mod results;
mod specification;
mod unsteady;

use serde_json::Value;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The divergences of a report.
fn divergences(report: &Value) -> &[Value] {
    report["divergences"].as_array().map_or(&[], Vec::as_slice)
}
