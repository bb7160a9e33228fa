//! Saving the findings of a running campaign, and showing its progress.

use super::exit::CommandError;
use crate::campaign::{Finding, Listener};
use crate::histogram::Histogram;
use crate::report::FindingRecord;
use crate::report::build::Commands;
use crate::report::command::Invocation;
use crate::report::{saved, text};
use mmapcheck_spec::printable;
use std::collections::HashMap;
use std::fs::Permissions;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// Saves each finding to a file as soon as it is shrunk, so that a killed run loses nothing. Shows progress if standard error
/// is a terminal.
pub(super) struct Recorder {
    folder: PathBuf,
    /// Where the findings come from, for the comment in their files.
    origin: String,
    invocation: Invocation,
    /// The file of each finding, by its session.
    files: Mutex<HashMap<String, PathBuf>>,
    /// The first error of writing a file.
    error: Mutex<Option<String>>,
    began: Instant,
    /// Age of the shown progress in seconds since the start.
    shown: AtomicU64,
    terminal: bool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    pub(super) fn new(folder: &Path, invocation: Invocation, seed: u64) -> Result<Recorder, CommandError> {
        check_writable(folder)?;
        Ok(Recorder {
            folder: folder.to_owned(),
            origin: format!("found by mmapcheck check{} --seed {seed}", invocation.case_options()),
            invocation,
            files: Mutex::default(),
            error: Mutex::default(),
            began: Instant::now(),
            shown: AtomicU64::new(0),
            terminal: std::io::stderr().is_terminal(),
        })
    }

    /// The first error of writing a file.
    pub(super) fn error(&self) -> Option<String> {
        locked(&self.error).clone()
    }

    /// Clears the line of progress.
    pub(super) fn clear_progress(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }

    /// Writes a file about the whole check into the folder, in place of that of an earlier one. A killed run leaves one of the two
    /// whole.
    pub(super) fn replace(&self, name: &str, text: &str) {
        let written = std::fs::create_dir_all(&self.folder).and_then(|()| {
            let mut file = beside(&self.folder)?;
            file.write_all(text.as_bytes())?;
            Ok(file.persist(self.folder.join(name)).map(drop)?)
        });
        if let Err(error) = written {
            locked(&self.error).get_or_insert(format!("{}: {error}", self.folder.join(name).display()));
        }
    }

    fn save(&self, finding: &Finding) -> Result<(), String> {
        let folder = if finding.inherited { &self.folder.join("inherited") } else { &self.folder };
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let record = FindingRecord::new(finding, String::new());
        let text = saved::write(&record, &printable(&format!("{}, case {}", self.origin, finding.case)));
        let path = write_new(folder, &record.id, &text, &record.session)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        locked(&self.files).insert(record.session, path);
        Ok(())
    }
}

/// Writes a text to a file of this folder that did not exist, named `id`, `id-2`, …; or finds the one that holds the same session.
/// Files of earlier runs stay, and so do those that another job writes at this moment. A killed run leaves no incomplete file of
/// this name.
fn write_new(folder: &Path, id: &str, text: &str, session: &str) -> io::Result<PathBuf> {
    let mut file = beside(folder)?;
    file.write_all(text.as_bytes())?;
    let same = |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.ends_with(session));
    let mut number = 1;
    loop {
        let path = folder.join(if number == 1 { format!("{id}.pycon") } else { format!("{id}-{number}.pycon") });
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists && same(&path) => return Ok(path),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
        number += 1;
    }
}

/// A file in this folder under a name of its own, until it is whole.
fn beside(folder: &Path) -> io::Result<NamedTempFile> {
    let mode = Permissions::from_mode(0o666);
    tempfile::Builder::new().prefix(".mmapcheck-").permissions(mode).tempfile_in(folder)
}

impl Listener for Recorder {
    fn found(&self, finding: &Finding) {
        if let Err(error) = self.save(finding) {
            locked(&self.error).get_or_insert(error);
        }
    }

    fn progress(&self, cases: u64, steps: u64, answers: &Histogram) {
        let seconds = self.began.elapsed().as_secs();
        if self.terminal && self.shown.swap(seconds, Ordering::Relaxed) != seconds {
            let time = humantime::format_duration(Duration::from_secs(seconds));
            let found = locked(&self.files).len();
            eprint!("\r\x1b[K{time}: {}, {found} divergences", text::progress(cases, steps, answers));
        }
    }
}

impl Commands for Recorder {
    fn finding(&self, _: &Finding, session: &str) -> String {
        let file = locked(&self.files).get(session).cloned().unwrap_or_default();
        self.invocation.replay(&file)
    }

    fn example(&self, id: &str) -> String {
        self.invocation.example(id)
    }
}

/// Fails if findings cannot be saved in this folder. The folder is created with the first finding.
fn check_writable(folder: &Path) -> Result<(), CommandError> {
    let mut existing = folder;
    while !existing.exists() {
        existing = existing.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    }
    tempfile::tempfile_in(existing)
        .map(drop)
        .map_err(|error| CommandError::file(folder, format!("cannot save cases in this directory: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_of_one_name_get_a_file_each_whoever_writes_them_when() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let texts: Vec<String> = (0..16).map(|number| format!("# a comment\n\n>>> {number:02}\n")).collect();
        let session = |text: &str| text[text.find(">>>").unwrap_or_default()..].to_owned();
        let write = |text: &String| write_new(dir.path(), "id", text, &session(text));
        let paths: Vec<_> = std::thread::scope(|scope| {
            let jobs: Vec<_> = texts.iter().map(|text| scope.spawn(|| write(text))).collect();
            jobs.into_iter().flat_map(|job| job.join()).collect::<io::Result<_>>()
        })?;
        for (text, path) in texts.iter().zip(&paths) {
            assert_eq!(std::fs::read_to_string(path)?, *text);
            assert_eq!(write(text)?, *path, "the same session has one file");
        }
        assert_eq!(std::fs::read_dir(dir.path())?.count(), texts.len(), "nothing else is left");
        Ok(())
    }
}
