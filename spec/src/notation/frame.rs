//! The parts of a session other than steps: the classes it defines, the words around a child, and the error of the reader.

use crate::{LimitOp, Op, PythonModule};
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
    /// The module that a session imports for it.
    pub uses: Option<PythonModule>,
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

/// Every such class: one whose objects only have `__index__`, two subclasses of `int`, two whose objects do something first, a
/// subclass of the class under test, and the functions of the C API that operations call.
pub const CLASSES: &[Class] = &[
    Class {
        name: "Index",
        uses: None,
        lines: &[
            ">>> class Index:",
            "...     def __init__(self, value):",
            "...         self.value = value",
            "...     def __index__(self):",
            "...         return self.value",
            "...",
        ],
    },
    Class { name: "Int", uses: None, lines: &[">>> class Int(int):", "...     pass", "..."] },
    Class {
        name: "IntWithIndex",
        uses: None,
        lines: &[
            ">>> class IntWithIndex(int):",
            "...     def __index__(self):",
            "...         return int(self) + 1",
            "...",
        ],
    },
    Class {
        name: "IndexAfter",
        uses: None,
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
        uses: None,
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
        uses: Some(PythonModule::Mmap),
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
    Class { name: "api", uses: Some(PythonModule::Ctypes), lines: API },
    Class { name: "Buffer", uses: Some(PythonModule::Ctypes), lines: BUFFER },
];

/// Functions of CPython's C API, as `ctypes` calls them.
const API: &[&str] = &[
    ">>> class api:",
    "...     def function(name, result, *types):",
    "...         return ctypes.PYFUNCTYPE(result, *types)((name, ctypes.pythonapi))",
    "...     item, size, status = ctypes.py_object, ctypes.c_ssize_t, ctypes.c_int",
    "...     PySequence_Size = function('PySequence_Size', size, item)",
    "...     PyMapping_Size = function('PyMapping_Size', size, item)",
    "...     PySequence_GetItem = function('PySequence_GetItem', item, item, size)",
    "...     PySequence_SetItem = function('PySequence_SetItem', status, item, size, item)",
    "...     PySequence_DelItem = function('PySequence_DelItem', status, item, size)",
    "...     PySequence_GetSlice = function('PySequence_GetSlice', item, item, size, size)",
    "...     PySequence_SetSlice = function('PySequence_SetSlice', status, item, size, size, item)",
    "...     PySequence_DelSlice = function('PySequence_DelSlice', status, item, size, size)",
    "...     PySequence_Repeat = function('PySequence_Repeat', item, item, size)",
    "...     PySequence_Concat = function('PySequence_Concat', item, item, item)",
    "...     PySequence_InPlaceConcat = function('PySequence_InPlaceConcat', item, item, item)",
    "...     PySequence_Contains = function('PySequence_Contains', status, item, item)",
    "...     PyObject_AsFileDescriptor = function('PyObject_AsFileDescriptor', status, item)",
    "...",
];

/// A buffer of the C API. `of` shows what `PyObject_GetBuffer` fills in: length, size of an item, whether it is read-only, number
/// of dimensions, format, shape, strides, and whether there are suboffsets.
const BUFFER: &[&str] = &[
    ">>> class Buffer(ctypes.Structure):",
    "...     _fields_ = [('buf', ctypes.c_void_p), ('obj', ctypes.c_void_p), ('len', ctypes.c_ssize_t),",
    "...         ('itemsize', ctypes.c_ssize_t), ('readonly', ctypes.c_int), ('ndim', ctypes.c_int),",
    "...         ('format', ctypes.c_char_p), ('shape', ctypes.POINTER(ctypes.c_ssize_t)),",
    "...         ('strides', ctypes.POINTER(ctypes.c_ssize_t)), ('suboffsets', ctypes.c_void_p),",
    "...         ('internal', ctypes.c_void_p * 3)]",
    "...     @staticmethod",
    "...     def of(m, flags):",
    "...         view, get, release = Buffer(), ctypes.pythonapi.PyObject_GetBuffer, ctypes.pythonapi.PyBuffer_Release",
    "...         get(ctypes.py_object(m), ctypes.byref(view), flags)",
    "...         shape = view.shape[0] if view.shape else None",
    "...         strides = view.strides[0] if view.strides else None",
    "...         lengths = (view.len, view.itemsize, bool(view.readonly), view.ndim)",
    "...         layout = (view.format, shape, strides, bool(view.suboffsets))",
    "...         release(ctypes.byref(view))",
    "...         return lengths + layout",
    "...",
];

/// The class that the form of an operation begins with: it makes an object of it, or calls a function of it.
pub(super) fn class_in_form(op: Op) -> Option<&'static str> {
    let is_first =
        |class: &&Class| op.row().form.strip_prefix(class.name).is_some_and(|rest| rest.starts_with(['(', '.']));
    CLASSES.iter().find(is_first).map(|class| class.name)
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
