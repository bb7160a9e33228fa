//! The last report: a check writes it beside the cases that it saves, and other commands read it.

use super::json::json;
use super::{CauseRecord, FindingRecord, Report};
use std::fs::Permissions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The name of its file.
pub const FILE: &str = "report.json";

impl Report {
    /// Whether there is anything in it to explain: a cause, a divergence, a failed example or a stale entry.
    #[must_use]
    pub fn is_worth_storing(&self) -> bool {
        let Report { causes, divergences, pages, stale, .. } = self;
        !(causes.is_empty() && divergences.is_empty() && pages.failures.is_empty() && stale.is_empty())
    }

    /// Writes the report into a folder, which is created if it is missing. A killed run leaves the old report or the new one.
    ///
    /// # Errors
    /// If the file cannot be written: one line.
    pub fn store(&self, folder: &Path) -> Result<(), String> {
        let path = folder.join(FILE);
        let wrong = |error: &dyn std::fmt::Display| format!("{}: cannot write the report: {error}", path.display());
        let text = json(self).map_err(|error| wrong(&error))?;
        std::fs::create_dir_all(folder).map_err(|error| wrong(&error))?;
        let mode = Permissions::from_mode(0o666);
        let file = tempfile::Builder::new().prefix(".mmapcheck-").permissions(mode).tempfile_in(folder);
        let mut file = file.map_err(|error| wrong(&error))?;
        file.write_all(text.as_bytes()).map_err(|error| wrong(&error))?;
        file.persist(&path).map_err(|error| wrong(&error.error))?;
        Ok(())
    }

    /// Reads a report from its file, or from the folder that a check wrote it into.
    ///
    /// # Errors
    /// If there is none, with the command that makes one; or if it cannot be read, with file and line.
    pub fn read(path: &Path) -> Result<Report, String> {
        let path = file_in(path);
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                format!("{}: no report; `mmapcheck check` writes one when it finds something", path.display())
            }
            _ => format!("{}: {error}", path.display()),
        })?;
        serde_json::from_str(&text).map_err(|error| {
            let expected = "expected a report of this version's `mmapcheck check`";
            format!("{}:{}: {expected}: {error}", path.display(), error.line())
        })
    }

    /// A cause by its number in the table of causes, counted from 1.
    ///
    /// # Errors
    /// If there is no such cause: one line with the range.
    pub fn cause(&self, number: usize) -> Result<&CauseRecord, String> {
        let cause = number.checked_sub(1).and_then(|place| self.causes.get(place));
        cause.ok_or_else(|| match self.causes.len() {
            0 => format!("no cause {number}: the report of {} has no causes", self.target),
            1 => format!("no cause {number}: the report of {} has one cause, 1", self.target),
            many => format!("no cause {number}: the causes of {} are 1 to {many}", self.target),
        })
    }

    /// The findings of a cause, that of its smallest case first.
    #[must_use]
    pub fn findings_of(&self, cause: &CauseRecord) -> Vec<&FindingRecord> {
        let all = if cause.inherited { &self.inherited } else { &self.divergences };
        let mut found: Vec<_> = all.iter().filter(|finding| cause.findings.contains(&finding.id)).collect();
        found.sort_by_key(|finding| finding.session != cause.session);
        found
    }
}

impl CauseRecord {
    /// The options that selected the target, as far as they name a class: `--module` with its value.
    #[must_use]
    pub fn module(&self) -> Option<String> {
        let words = shlex::split(&self.replay)?;
        let at = words.iter().rposition(|word| word == "--module")?;
        words.get(at + 1).cloned()
    }
}

/// The file of a report, which may be named by its folder.
fn file_in(path: &Path) -> PathBuf {
    if path.is_dir() || (!path.exists() && path.extension().is_none()) { path.join(FILE) } else { path.to_owned() }
}
