//! The start of a driver, and one question to it.

use super::shape;
use super::wire::{self, Line, Ready};
use crate::stop::Stop;
use crate::supervisor::{Limit, Process, UntilStop};
use mmapcheck_spec::{End, TargetError};
use rustix::process::Resource;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The source of the driver script.
pub const SCRIPT: &str = include_str!("driver.py");
/// The most that a driver may have of files and of memory, in bytes. Memory is counted as data and not as address space, of
/// which WebAssembly and Java reserve a hundred times as much as they use. A case maps up to 4 GiB.
const LIMITS: [Limit; 3] = [(Resource::Core, 0), (Resource::Fsize, 1 << 28), (Resource::Data, 1 << 33)];

/// The command line and environment of the driver.
pub(super) struct Launch {
    pub(super) python: PathBuf,
    pub(super) module: String,
    pub(super) attr: String,
    pub(super) folder: PathBuf,
    pub(super) script: PathBuf,
    pub(super) patience: Duration,
}

impl Launch {
    pub(super) fn start(&self, stop: &Stop) -> Result<(Process, Ready), TargetError> {
        // A process that ended may have removed both.
        let wrong = |path: &Path, error: std::io::Error| TargetError(format!("{}: {error}", path.display()));
        std::fs::create_dir_all(&self.folder).map_err(|error| wrong(&self.folder, error))?;
        std::fs::write(&self.script, SCRIPT).map_err(|error| wrong(&self.script, error))?;
        stop.check()?;
        // The current folder is kept, so that relative paths in `PYTHONPATH` are those of the user.
        let mut command = Command::new(&self.python);
        command.arg(&self.script).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut process = Process::start(command, &LIMITS)?;
        let hello = wire::hello(&self.module, &self.attr, &self.folder).to_string();
        let shown = self.python.display();
        let line = ask(&mut process, hello.as_bytes(), self.patience, stop).map_err(|end| {
            let unless_stopped = |()| TargetError(format!("{shown} {end} while it was being started"));
            stop.check().map_or_else(|stopped| stopped, unless_stopped)
        })?;
        match Line::read(&line) {
            Ok(Line::Ready(ready)) if ready.protocol == shape::PROTOCOL => Ok((process, ready)),
            Ok(Line::Ready(ready)) => Err(TargetError(format!(
                "{shown} speaks version {} of the driver protocol; expected version {}",
                ready.protocol,
                shape::PROTOCOL
            ))),
            Ok(Line::Failed { failed }) => Err(TargetError(format!("{shown}: {failed}").replace('\n', " "))),
            Ok(_) => Err(TargetError(format!("{shown} did not answer `hello` with `ready`"))),
            Err(wrong) => {
                let words = process.last_words();
                let words =
                    if words.is_empty() { words } else { format!("; the last line of its standard error: {words}") };
                Err(TargetError(format!("{shown} does not speak the driver protocol: {wrong}{words}")))
            }
        }
    }
}

/// Sends a line and waits for one, each no longer than `patience`.
pub(super) fn ask(process: &mut Process, line: &[u8], patience: Duration, stop: &Stop) -> Result<Vec<u8>, End> {
    process.send(line, &mut after(patience, stop))?;
    process.line(&mut after(patience, stop))
}

pub(super) fn after(patience: Duration, stop: &Stop) -> UntilStop<'_, Instant> {
    UntilStop { patience: Instant::now() + patience, stop }
}
