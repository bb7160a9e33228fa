//! Worker processes: what can die runs in one.
//!
//! A worker is this program run again as `mmapcheck worker`. It answers one JSON line for each JSON line it is sent
//! ([`wire`]); the campaign's side of the pipe is [`Remote`]. When a worker dies or hangs, the page of marks it shares with
//! the campaign says at which case and step, and a new one takes its place.

mod child;
mod remote;
mod wire;

pub use child::serve;
pub use remote::{Gone, Remote, scratch};
pub use wire::{SweepOrder, WireRule};

use std::path::PathBuf;

/// Which class a worker drives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The module it is imported from.
    pub module: String,
    /// Its name there.
    pub attr: String,
}

impl Default for Subject {
    fn default() -> Subject {
        Subject { module: "mmap".into(), attr: "mmap".into() }
    }
}

/// What a worker process is told when it starts.
#[derive(Clone, Debug)]
pub struct Orders {
    /// The class to drive.
    pub subject: Subject,
    /// Judge by this profile instead of the one of the running interpreter.
    pub profile: Option<mmapcheck_spec::Profile>,
    /// The folder for files.
    pub dir: PathBuf,
}
