//! A saved finding: a session file whose comments say which divergence it shows.

use super::{FindingRecord, PatternRecord};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Start of the comment with the bucket of the finding.
const KIND: &str = "# kind: ";

/// A saved finding as it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFinding {
    /// The divergence on one line.
    pub headline: String,
    /// The bucket of the divergence.
    pub kind: PatternRecord,
    /// The session.
    pub session: String,
}

/// The text of the file of a finding. `origin` says where the finding comes from.
#[must_use]
pub fn write(finding: &FindingRecord, origin: &str) -> String {
    let mut text = format!("# {}: {}\n", finding.severity, finding.headline);
    let _ = writeln!(text, "# {origin}");
    let _ = writeln!(text, "{KIND}{}", line(&finding.kind));
    if let Some(reason) = &finding.unsteady {
        let _ = writeln!(text, "# unsteady: {reason}");
    }
    if let Some(reason) = &finding.unshrunk {
        let _ = writeln!(text, "# not shrunk to the end: {reason}");
    }
    for line in finding.stderr.iter().flat_map(|stderr| stderr.lines()) {
        let _ = writeln!(text, "# standard error: {line}");
    }
    text + "\n" + &finding.session
}

/// Reads the text of a saved finding.
///
/// # Errors
/// If the text has no bucket or no session.
pub fn read(text: &str) -> Result<SavedFinding, String> {
    let line = text.lines().find_map(|line| line.strip_prefix(KIND));
    let line = line.ok_or_else(|| format!("neither a report nor a saved finding: no line starts with '{KIND}'"))?;
    let mut table: BTreeMap<String, PatternRecord> =
        toml::from_str(&format!("kind = {line}")).map_err(|error| error.message().to_owned())?;
    let kind = table.remove("kind").ok_or("a saved finding without a kind")?;
    let headline = text.lines().next().and_then(|first| first.split_once(": ")).map_or("", |(_, headline)| headline);
    let session =
        text.find("\n>>>").map(|start| text[start + 1..].to_owned()).ok_or("a saved finding without a session")?;
    Ok(SavedFinding { headline: headline.to_owned(), kind, session })
}

/// The bucket on one line, as an inline table of TOML.
fn line(kind: &PatternRecord) -> String {
    let PatternRecord { op, callback, field, expected, actual, severity } = kind;
    let severity = severity.map(|severity| severity.to_string());
    let keys = [
        ("op", Some(op)),
        ("callback", Some(callback).filter(|callback| !callback.is_empty())),
        ("field", Some(field)),
        ("expected", Some(expected)),
        ("actual", Some(actual)),
        ("severity", severity.as_ref()),
    ];
    let keys = keys.iter().filter_map(|(key, text)| Some(format!("{key} = {}", quoted(text.as_ref()?))));
    format!("{{ {} }}", keys.collect::<Vec<_>>().join(", "))
}

/// A text as a string of TOML on one line, whatever it holds.
pub(crate) fn quoted(text: &str) -> String {
    // TOML's short strings are JSON's, but for one character that JSON leaves as it is.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_has_one_line_and_reads_back() -> Result<(), toml::de::Error> {
        for text in ["", "plain", "a\n>>> b\r\t", "\"\"\" ' \\", "\0\u{1b}\u{7f}\u{85}\u{2028}é𝄞"] {
            let line = quoted(text);
            assert!(!line.contains(['\n', '\r']), "{line}");
            let table: BTreeMap<String, String> = toml::from_str(&format!("key = {line}"))?;
            assert_eq!(table["key"], text);
        }
        Ok(())
    }
}
