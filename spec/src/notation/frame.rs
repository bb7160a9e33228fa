//! The parts of a session other than steps: the classes it defines, the words around a child, and the error of the reader.

use crate::{LimitOp, Op};
use std::fmt;
use std::sync::LazyLock;

/// An error in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotationError {
    /// The line, counted from 1.
    pub line: usize,
    /// The error, as one line.
    pub message: String,
}

impl fmt::Display for NotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

impl std::error::Error for NotationError {}

/// A class that sessions define where they use it.
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: &'static str,
    /// Its definition, with prompts.
    pub lines: &'static [&'static str],
}

impl Class {
    /// Its definition as a program has it, without prompts.
    #[must_use]
    pub fn source(&self) -> String {
        self.lines.iter().map(|line| line.get(4..).unwrap_or_default().to_owned() + "\n").collect()
    }
}

/// Every such class: one whose objects only have `__index__`, two subclasses of `int`, two whose objects do something first, and a subclass of the class
/// under test.
pub const CLASSES: &[Class] = &[
    Class {
        name: "Index",
        lines: &[
            ">>> class Index:",
            "...     def __init__(self, value):",
            "...         self.value = value",
            "...     def __index__(self):",
            "...         return self.value",
            "...",
        ],
    },
    Class { name: "Int", lines: &[">>> class Int(int):", "...     pass", "..."] },
    Class {
        name: "IntWithIndex",
        lines: &[
            ">>> class IntWithIndex(int):",
            "...     def __index__(self):",
            "...         return int(self) + 1",
            "...",
        ],
    },
    Class {
        name: "IndexAfter",
        lines: &[
            ">>> class IndexAfter:",
            "...     def __init__(self, value, callback):",
            "...         self.value = value",
            "...         self.callback = callback",
            "...     def __index__(self):",
            "...         self.callback()",
            "...         return self.value",
            "...",
        ],
    },
    Class {
        name: "BufferAfter",
        lines: &[
            ">>> class BufferAfter:",
            "...     def __init__(self, value, callback):",
            "...         self.value = value",
            "...         self.callback = callback",
            "...     def __buffer__(self, flags):",
            "...         self.callback()",
            "...         return memoryview(self.value)",
            "...",
        ],
    },
    Class {
        name: "Sub",
        lines: &[
            ">>> class Sub(mmap.mmap):",
            "...     def __init__(self, *args, **keywords):",
            "...         self.x = 1",
            "...     def close(self, *args, **keywords):",
            "...         self.x = 2",
            "...         return mmap.mmap.close(self, *args, **keywords)",
            "...",
        ],
    },
];

/// The class that an operation makes an object of.
pub(super) fn made_by(op: Op) -> Option<&'static str> {
    let calls = |class: &&Class| op.row().form.strip_prefix(class.name).is_some_and(|rest| rest.starts_with('('));
    CLASSES.iter().find(calls).map(|class| class.name)
}

/// The lines of a session that save a limit of its process and put it back, so that the limits of a prompt are what they were
/// before. Neither is a step: a target keeps no limit after a case.
pub(super) struct SavedLimit {
    /// The name of the saved limit.
    pub(super) name: String,
    /// The statement before the first step.
    pub(super) save: String,
    /// The statement after the last step.
    pub(super) put_back: String,
}

impl SavedLimit {
    /// The lines for the limit that an operation sets.
    pub(super) fn of(limit: LimitOp) -> SavedLimit {
        let row = Op::from(limit).row();
        let name = row.name.replace('-', "_");
        let resource = row.form.split_once('(').and_then(|(_, rest)| rest.split(',').next()).unwrap_or_default();
        let (save, put_back) =
            (format!("{name} = resource.getrlimit({resource})"), format!("resource.setrlimit({resource}, {name})"));
        SavedLimit { name, save, put_back }
    }

    /// The lines for every limit.
    pub(super) fn all() -> &'static [SavedLimit] {
        static ALL: LazyLock<Vec<SavedLimit>> =
            LazyLock::new(|| LimitOp::ALL.iter().map(|limit| SavedLimit::of(*limit)).collect());
        &ALL
    }
}

/// The name of the function that an object of two of the classes calls.
pub const CALLBACK: &str = "callback";

/// The last statement of a child process. Every child has it, so that it is not a step.
pub const LEAVE: &str = "os._exit(0)";

/// The text between a statement and the comment that tells how it ends the process.
pub(super) const COMMENT: &str = "  # ";

/// The import with which a session of Python 2 gets the files of Python 3. It is allowed in any session.
pub(super) const OPEN_IMPORT: &str = "from io import open";
