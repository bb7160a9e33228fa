//! Traces: the outcome or end of every step of a case, and the snapshots taken after the steps.

use crate::platform::LINUX;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;

/// The value that a step returned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// `None`
    None,
    /// A `bool`.
    Bool(bool),
    /// An `int`.
    Int(i128),
    /// A `long` of Python 2.
    Long(i128),
    /// A `bytes` object.
    Bytes(Vec<u8>),
    /// A `str`.
    Text(String),
    /// A `list`.
    List(Vec<Value>),
    /// A `tuple`.
    Tuple(Vec<Value>),
    /// Any other object, by the name of its type.
    Object(Cow<'static, str>),
}

/// A raised exception. An exception is an outcome like a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// The name of the class, with its module unless that is `builtins`: `ValueError`, `struct.error`.
    pub class: Cow<'static, str>,
    /// `errno`, for an `OSError`.
    pub errno: Option<i32>,
    /// The message: `str()` of the exception.
    pub message: Cow<'static, str>,
}

impl Raise {
    /// An exception without `errno`.
    pub fn new(class: &'static str, message: impl Into<Cow<'static, str>>) -> Raise {
        Raise { class: class.into(), errno: None, message: message.into() }
    }
}

/// The outcome of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The step returned this value.
    Value(Value),
    /// The step raised this exception.
    Raised(Raise),
}

/// Why a step produced no outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The process died of this signal.
    Died(i32),
    /// The process exited with this status. The text is the last line of its standard error; it may be empty.
    Exited(i32, String),
    /// No reply came within the time limit.
    Hung,
    /// The reply was malformed, for this reason.
    Malformed(String),
    /// The target changed what the tool holds in the process, such as a descriptor: what, in one sentence.
    Damaged(String),
    /// The target cannot run this step, for this reason.
    Unsupported(String),
}

/// The reason of [`End::Unsupported`] for a step that uses a name which is not bound.
pub const UNBOUND: &str = "the name is not bound";

impl fmt::Display for End {
    /// The predicate of a sentence whose subject is the process: `died of signal 7 (SIGBUS)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Died(signal) => write!(f, "died of signal {signal}{}", signal_name(*signal)),
            End::Exited(status, words) if words.is_empty() => write!(f, "exited with status {status}"),
            End::Exited(status, words) => write!(f, "exited with status {status}: {words}"),
            End::Hung => f.write_str("hung"),
            End::Malformed(reason) => write!(f, "sent a malformed reply: {reason}"),
            End::Damaged(what) => write!(f, "was damaged: {what}"),
            End::Unsupported(reason) => write!(f, "unsupported: {reason}"),
        }
    }
}

/// The name of a signal in parentheses. The only platform on which processes die of signals is Linux so far.
fn signal_name(signal: i32) -> String {
    LINUX.signal_of(signal).map(|signal| format!(" ({})", signal.name())).unwrap_or_default()
}

/// The bytes of a map or file: their number and digest, and the bytes themselves if the caller asked for them. Two contents are
/// equal if their lengths and digests are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Content {
    /// The number of bytes.
    pub len: u64,
    /// The CRC-32 of the bytes.
    pub digest: u64,
    /// The bytes, under [`crate::Detail::Full`] only.
    pub bytes: Option<Vec<u8>>,
}

impl Content {
    /// The content of a file that cannot be read. No readable content equals it.
    pub const UNREADABLE: Content = Content { len: u64::MAX, digest: 0, bytes: None };
}

impl PartialEq for Content {
    fn eq(&self, other: &Content) -> bool {
        self.len == other.len && self.digest == other.digest
    }
}

/// The state of a map slot, as far as it can be observed without changing the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MapState {
    /// The name is unbound.
    Unbound,
    /// The map is closed.
    Closed,
    /// The map is open.
    Open {
        /// `tell()`, in bytes.
        pos: i64,
        /// `len()`, in bytes.
        len: i64,
        /// The readable bytes, from the start of the map to its first page that faults; `None` if they were not read.
        content: Option<Content>,
    },
    /// `tell`, `len` or `closed` gave a result of the wrong type or an unexpected exception, described here.
    Malformed(String),
}

/// The state of a file on disk.
pub type FileState = Content;

/// A snapshot: the observable state after a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Every map by slot. Most cases have one map, which needs no allocation.
    pub maps: SmallVec<[MapState; 1]>,
    /// Every file of the world by number; empty if the files were not read.
    pub files: Vec<FileState>,
}

/// One step of a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepTrace {
    /// The outcome, or the end that took its place.
    pub result: Result<Outcome, End>,
    /// The snapshot after the step.
    pub snapshot: Snapshot,
}

/// The resources that a case leaked, counted after every object of the case was dropped. All zero if the target cannot count.
///
/// Allocators and caches grow now and then, so one run proves little: only a leak that repeats counts ([`Leaks::common`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaks {
    /// Open descriptors, after the case minus before it; negative if the case closed descriptors that it did not open.
    pub descriptors: i64,
    /// Mapped pages of address space, after the case minus before it, and 0 if the case released some.
    pub pages: i64,
    /// Files in the working folder that do not belong to the case.
    pub stray_files: i64,
}

impl Leaks {
    /// The leaks that two runs of one case have in common.
    #[must_use]
    pub fn common(self, other: Leaks) -> Leaks {
        let least = |a: i64, b: i64| if a.signum() == b.signum() { a.signum() * a.abs().min(b.abs()) } else { 0 };
        Leaks {
            descriptors: least(self.descriptors, other.descriptors),
            pages: least(self.pages, other.pages),
            stray_files: least(self.stray_files, other.stray_files),
        }
    }
}

/// The trace of a case. It stops at the first step that has an end in place of an outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// One entry for each step that ran.
    pub steps: Vec<StepTrace>,
    /// The snapshot after the last step.
    pub last: Snapshot,
    /// The outcome of `close()` on each map after the last step, by slot; `close()` raises while a buffer is exported.
    pub closing: Vec<Option<Outcome>>,
    /// The files after every map was closed.
    pub files: Vec<FileState>,
    /// The leaks after every object was dropped.
    pub leaks: Leaks,
    /// The end of the process, if it came in no step: during a snapshot, or during the cleanup.
    pub end: Option<End>,
    /// The last that the process wrote on standard error, if it ended in the case or its cleanup.
    pub last_words: String,
}

impl Trace {
    /// The signal that killed the process in the last step. Such a trace holds its steps only.
    #[must_use]
    pub fn death(&self) -> Option<i32> {
        match self.steps.last()?.result {
            Err(End::Died(signal)) => Some(signal),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_leaks_that_repeat_count() {
        let leaks = |descriptors, pages, stray_files| Leaks { descriptors, pages, stray_files };
        assert_eq!(leaks(2, 64, 0).common(leaks(1, 0, 1)), leaks(1, 0, 0));
        assert_eq!(leaks(-2, 1, 1).common(leaks(-1, 3, 1)), leaks(-1, 1, 1));
        assert_eq!(leaks(-1, 0, 0).common(leaks(1, 0, 0)), Leaks::default());
    }
}
