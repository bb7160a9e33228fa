//! The exit status of the program, and the errors that end it.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

/// The exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: no divergence beyond known and inherited ones.
    Agrees,
    /// 1: a divergence, or a known one that no longer holds.
    Diverges,
    /// 2: the command could not run: wrong usage, a target that does not start, a file that cannot be read. Or it could not
    /// compare: nothing in a check, not every step in a replay. Or it was interrupted without a divergence.
    CannotRun,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Agrees => 0,
            Exit::Diverges => 1,
            Exit::CannotRun => 2,
        })
    }
}

/// Why a command could not run: one line.
pub struct CommandError(pub(super) String);

impl CommandError {
    /// An error in a file or folder.
    pub(super) fn file(path: &Path, error: impl Display) -> CommandError {
        CommandError(format!("{}: {error}", path.display()))
    }
}

impl<E: std::error::Error> From<E> for CommandError {
    fn from(error: E) -> CommandError {
        CommandError(error.to_string())
    }
}
