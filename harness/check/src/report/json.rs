//! A report for scripts: one JSON object, described by `reports/report.schema.json`.

use super::Report;

/// Renders the report as one line of JSON.
///
/// # Errors
/// If the report cannot be serialised.
pub fn json(report: &Report) -> serde_json::Result<String> {
    Ok(serde_json::to_string(report)? + "\n")
}
