//! Traces: what a case did.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;

/// A value a step answered with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// `None`
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A whole number of the type `long`, which Python 2 alone has.
    Long(i128),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// An object that was bound to a name: its type.
    Object(Cow<'static, str>),
}

/// A raised exception. It is an answer like any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// The name of its class.
    pub class: Cow<'static, str>,
    /// `errno`, where the exception is an `OSError`.
    pub errno: Option<i32>,
    /// Its text, as `str()` gives it.
    pub message: Cow<'static, str>,
}

impl Raise {
    /// An exception without `errno`.
    pub fn new(class: &'static str, message: impl Into<Cow<'static, str>>) -> Raise {
        Raise { class: class.into(), errno: None, message: message.into() }
    }
}

/// What a step answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// It returned.
    Value(Value),
    /// It raised.
    Raised(Raise),
}

/// What is not an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The process died of this signal.
    Died(i32),
    /// The process ended by itself with this status. The last line it wrote where its errors go, or nothing.
    Exited(i32, String),
    /// No answer within the limit.
    Hung,
    /// What it answered is no answer, as described here.
    Malformed(String),
    /// The target cannot do this step, for this reason.
    Unsupported(String),
}

impl fmt::Display for End {
    /// For people, after the name of what ended.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Died(signal) => write!(f, "died of signal {signal}{}", signal_name(*signal)),
            End::Exited(status, words) if words.is_empty() => write!(f, "exited with status {status}"),
            End::Exited(status, words) => write!(f, "exited with status {status}: {words}"),
            End::Hung => f.write_str("hung"),
            End::Malformed(what) => write!(f, "answered nonsense: {what}"),
            End::Unsupported(reason) => write!(f, "unsupported: {reason}"),
        }
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        25 => " (SIGXFSZ)",
        _ => "",
    }
}

/// Bytes too many to keep: how many, and their digest. The bytes themselves where they were asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Content {
    /// How many bytes.
    pub len: u64,
    /// Their digest.
    pub digest: u64,
    /// The bytes, under [`crate::Detail::Full`].
    pub bytes: Option<Vec<u8>>,
}

impl PartialEq for Content {
    fn eq(&self, other: &Content) -> bool {
        self.len == other.len && self.digest == other.digest
    }
}

/// What can be seen of a map without changing it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MapState {
    /// The name is not bound.
    Unbound,
    /// It is closed.
    Closed,
    /// It is open.
    Open {
        /// `tell()`
        pos: i64,
        /// `len()`
        len: i64,
        /// What is mapped, as far as it can be read; `None` where the target gives no way to look.
        content: Option<Content>,
    },
    /// The target answered one of `tell`, `len`, `closed` with nonsense, described here.
    Strange(String),
}

/// What can be seen of a file on disk.
pub type FileState = Content;

/// What a step snapshot behind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Each map by slot. Most cases have one map, which then needs no allocation.
    pub maps: SmallVec<[MapState; 1]>,
    /// Each file of the world by number; empty where files were not looked at.
    pub files: Vec<FileState>,
}

/// One step of a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepTrace {
    /// The answer, or why there is none.
    pub result: Result<Outcome, End>,
    /// What it snapshot behind.
    pub snapshot: Snapshot,
}

/// What a case snapshot behind apart from its files, after everything it made was dropped. Nothing where the target cannot tell.
///
/// One look proves little, since allocators and caches grow now and then: what counts is what is snapshot each time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaks {
    /// Descriptors that are open now and were not before; negative where others were closed.
    pub descriptors: i64,
    /// Pages of address space that are mapped now and were not before. Never negative: what is given back was nobody's loss.
    pub pages: i64,
    /// Files in the working folder that are none of the case's.
    pub strays: i64,
}

impl Leaks {
    /// What two runs of one case have both snapshot behind.
    #[must_use]
    pub fn common(self, other: Leaks) -> Leaks {
        let least = |a: i64, b: i64| if a.signum() == b.signum() { a.signum() * a.abs().min(b.abs()) } else { 0 };
        Leaks {
            descriptors: least(self.descriptors, other.descriptors),
            pages: least(self.pages, other.pages),
            strays: least(self.strays, other.strays),
        }
    }
}

/// What a case did, step by step. It ends early where a step had no answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// One for each step done.
    pub steps: Vec<StepTrace>,
    /// What the case looked like after the last step.
    pub last: Snapshot,
    /// What `close()` on each map said after the last step: it refuses while a buffer is exported.
    pub closing: Vec<Option<Outcome>>,
    /// The files after all maps were closed.
    pub files: Vec<FileState>,
    /// What was snapshot behind after that.
    pub leaks: Leaks,
    /// What ended the target after the last step, while everything was closed.
    pub end: Option<End>,
}

impl Trace {
    /// The signal that the target died of in the last step, where it did. There is nothing else then but the steps before.
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
    fn only_what_is_left_each_time_counts() {
        let leaks = |descriptors, pages, strays| Leaks { descriptors, pages, strays };
        assert_eq!(leaks(2, 64, 0).common(leaks(1, 0, 1)), leaks(1, 0, 0));
        assert_eq!(leaks(-2, 1, 1).common(leaks(-1, 3, 1)), leaks(-1, 1, 1));
        assert_eq!(leaks(-1, 0, 0).common(leaks(1, 0, 0)), Leaks::default());
    }
}
