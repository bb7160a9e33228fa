//! The one table of operations.
//!
//! Everything that must know the set of operations reads it here: the enum, the names, the printer, the parser,
//! the generator's arguments, repair, and the list a driver is given.
//! To add an operation, add a row; the compiler then names the two places that must say what it does
//! (the reference and the embedded target).

use self::Changes::{Bytes, Nothing};
use self::ObjectKind::{File, Iter, Map, Module, View};

/// What an operation is done on, and what a name of a case can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// Nothing that has a name: `mmap.mmap(...)`, `open(...)`.
    Module,
    /// An `mmap` object: `m`, `m2`, ...
    Map,
    /// An unbuffered file object: `f`, `f2`, ...
    File,
    /// A `memoryview` of a map: `v`, `v2`, ...
    View,
    /// An iterator over a map: `it`, `it2`, ...
    Iter,
}

impl ObjectKind {
    /// The stem of the names the printer gives to things of this kind.
    #[must_use]
    pub fn stem(self) -> &'static str {
        match self {
            Module => "",
            Map => "m",
            File => "f",
            View => "v",
            Iter => "it",
        }
    }
}

/// What an operation is there for, so that a campaign in a hurry knows where to look closely. What changes bytes without
/// being there for it is seen at the end of the case, and its step when the case is run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// It is not there to change bytes.
    Nothing,
    /// It changes bytes of a map or a file, or how many there are.
    Bytes,
}

/// What an argument is for: the generator chooses values, and repair knows limits, by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// A file descriptor of the constructor.
    Descriptor,
    /// The constructor's length.
    Length,
    /// `MAP_*` bits.
    Flags,
    /// `PROT_*` bits.
    Prot,
    /// An `ACCESS_*` value.
    Access,
    /// An offset into the file, wanted in whole pages.
    Offset,
    /// A truth value.
    Truth,
    /// An index or position in the map.
    Position,
    /// A number of bytes.
    Count,
    /// A byte as an integer.
    Byte,
    /// What to look for.
    Needle,
    /// Bytes to write.
    Source,
    /// `os.SEEK_*`.
    Whence,
    /// `MADV_*`.
    Advice,
    /// `MS_*` bits.
    Sync,
    /// Text.
    Text,
    /// The new size of a map.
    NewSize,
    /// Any object at all.
    Other,
    /// The name of a file of the world.
    Path,
    /// How to open it.
    Mode,
    /// Bytes written to a file object: bytes or a map, never refused.
    FileBytes,
    /// A position in, or size of, a file object: never refused.
    FileSize,
    /// How many descriptors a process may have: 1 or [`Domain::MANY`].
    Descriptors,
    /// How many bytes of address space a process may have: 1 or [`Domain::MUCH`].
    Memory,
}

impl Domain {
    /// Descriptors enough for every case.
    pub const MANY: i128 = 256;
    /// A size that no file of a case reaches, in bytes.
    pub const LONG: i128 = 1 << 24;
    /// Address space enough for every case and its interpreter, in bytes.
    pub const MUCH: i128 = 1 << 32;
}

/// One parameter of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name, where a call takes it as a keyword.
    pub name: &'static str,
    /// What it is for.
    pub domain: Domain,
    /// Whether a call must give it.
    pub needed: bool,
    /// Whether it is only taken by its name.
    pub by_name: bool,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// The operation.
    pub op: Op,
    /// Its name in reports and `--ops`.
    pub name: &'static str,
    /// What it is done on.
    pub on: ObjectKind,
    /// How it is written: `$` is what it is done on, `$0` an argument, `$*` all arguments of a call.
    pub form: &'static str,
    /// What it makes, bound to a name: `m = ...`.
    pub binds: Option<ObjectKind>,
    /// Whether it is there to change bytes.
    pub changes: Changes,
    /// Its parameters, in order.
    pub params: &'static [Param],
    call: bool,
}

impl Row {
    /// Whether any number of arguments can be given, by position or keyword, as in a call.
    #[must_use]
    pub fn is_call(&self) -> bool {
        self.call
    }

    /// How many arguments a legal use gives at least.
    #[must_use]
    pub fn least(&self) -> usize {
        self.params.iter().filter(|p| p.needed).count()
    }
}

const fn need(name: &'static str, domain: Domain) -> Param {
    Param { name, domain, needed: true, by_name: false }
}

const fn may(name: &'static str, domain: Domain) -> Param {
    Param { name, domain, needed: false, by_name: false }
}

const fn word(name: &'static str, domain: Domain) -> Param {
    Param { name, domain, needed: false, by_name: true }
}

/// Whether a form has a place for any number of arguments: `$*`.
const fn has_rest(form: &str) -> bool {
    let bytes = form.as_bytes();
    let mut i = 1;
    while i < bytes.len() {
        if bytes[i - 1] == b'$' && bytes[i] == b'*' {
            return true;
        }
        i += 1;
    }
    false
}

macro_rules! operations {
    ($( $(#[$doc:meta])* $op:ident, $name:literal, $on:ident, $form:literal $(=> $binds:ident)?, $changes:ident, [$($param:expr),*]; )*) => {
        /// An operation: a row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $( $(#[$doc])* $op, )* }

        impl Op {
            /// Every operation, in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$op),*];

            /// This operation's row.
            #[must_use]
            pub fn row(self) -> &'static Row {
                &TABLE[self as usize]
            }
        }

        static TABLE: &[Row] = &[$( Row {
            op: Op::$op,
            name: $name,
            on: $on,
            form: $form,
            binds: operations!(@binds $($binds)?),
            changes: $changes,
            params: &[$($param),*],
            call: has_rest($form),
        } ),*];
    };
    (@binds) => { None };
    (@binds $kind:ident) => { Some($kind) };
}

operations! {
    /// The value of a constant.
    Constant, "constant", Module, "int($0)", Nothing, [need("constant", Domain::Flags)];
    /// Construct a map.
    New, "mmap", Module, "mmap.mmap($*)" => Map, Nothing, [
        need("fileno", Domain::Descriptor), need("length", Domain::Length), may("flags", Domain::Flags), may("prot", Domain::Prot),
        may("access", Domain::Access), may("offset", Domain::Offset), word("trackfd", Domain::Truth)];
    /// Close the map.
    Close, "close", Map, "$.close($*)", Nothing, [];
    /// Whether the map is closed.
    Closed, "closed", Map, "$.closed", Nothing, [];
    /// Lowest index of a needle.
    Find, "find", Map, "$.find($*)", Nothing, [need("sub", Domain::Needle), may("start", Domain::Position), may("end", Domain::Position)];
    /// Highest index of a needle.
    RFind, "rfind", Map, "$.rfind($*)", Nothing, [need("sub", Domain::Needle), may("start", Domain::Position), may("end", Domain::Position)];
    /// Write changes back.
    Flush, "flush", Map, "$.flush($*)", Nothing, [may("offset", Domain::Offset), may("size", Domain::Count), word("flags", Domain::Sync)];
    /// Advise the kernel.
    Madvise, "madvise", Map, "$.madvise($*)", Nothing, [need("option", Domain::Advice), may("start", Domain::Offset), may("length", Domain::Count)];
    /// Copy bytes within the map.
    Move, "move", Map, "$.move($*)", Bytes, [need("dest", Domain::Position), need("src", Domain::Position), need("count", Domain::Count)];
    /// Read bytes at the position.
    Read, "read", Map, "$.read($*)", Nothing, [may("n", Domain::Count)];
    /// Read one byte at the position.
    ReadByte, "read_byte", Map, "$.read_byte($*)", Nothing, [];
    /// Read through the next newline.
    ReadLine, "readline", Map, "$.readline($*)", Nothing, [];
    /// Resize the map and its file.
    Resize, "resize", Map, "$.resize($*)", Bytes, [need("newsize", Domain::NewSize)];
    /// Move the position.
    Seek, "seek", Map, "$.seek($*)", Nothing, [need("pos", Domain::Position), may("whence", Domain::Whence)];
    /// Whether the map can seek (3.13).
    Seekable, "seekable", Map, "$.seekable($*)", Nothing, [];
    /// Name the memory for the kernel's list of it (3.15).
    SetName, "set_name", Map, "$.set_name($*)", Nothing, [need("name", Domain::Text)];
    /// The size of the file.
    Size, "size", Map, "$.size($*)", Nothing, [];
    /// The position.
    Tell, "tell", Map, "$.tell($*)", Nothing, [];
    /// Write bytes at the position.
    Write, "write", Map, "$.write($*)", Bytes, [need("bytes", Domain::Source)];
    /// Write one byte at the position.
    WriteByte, "write_byte", Map, "$.write_byte($*)", Bytes, [need("byte", Domain::Byte)];
    /// Enter the context.
    Enter, "__enter__", Map, "$.__enter__() is $", Nothing, [];
    /// Leave the context.
    Exit, "__exit__", Map, "$.__exit__($*)", Nothing, [may("type", Domain::Other), may("value", Domain::Other), may("traceback", Domain::Other)];
    /// A `with` statement that does nothing.
    With, "with", Map, "with $: pass", Nothing, [];
    /// A `with` statement whose body raises.
    WithRaise, "with-raise", Map, "with $: raise KeyError", Nothing, [];
    /// The length of the map.
    Len, "len", Map, "len($)", Nothing, [];
    /// One byte by index.
    GetItem, "getitem", Map, "$[$0]", Nothing, [need("index", Domain::Position)];
    /// A slice.
    GetSlice, "getslice", Map, "$[$0:$1]", Nothing, [need("start", Domain::Position), need("stop", Domain::Position)];
    /// An extended slice.
    GetStep, "getslice-step", Map, "$[$0:$1:$2]", Nothing, [need("start", Domain::Position), need("stop", Domain::Position), need("step", Domain::Position)];
    /// Assign one byte.
    SetItem, "setitem", Map, "$[$0] = $1", Bytes, [need("index", Domain::Position), need("value", Domain::Byte)];
    /// Assign a slice.
    SetSlice, "setslice", Map, "$[$0:$1] = $2", Bytes, [need("start", Domain::Position), need("stop", Domain::Position), need("value", Domain::Source)];
    /// Assign an extended slice.
    SetStep, "setslice-step", Map, "$[$0:$1:$2] = $3", Bytes, [
        need("start", Domain::Position), need("stop", Domain::Position), need("step", Domain::Position), need("value", Domain::Source)];
    /// Delete one byte: never possible.
    DelItem, "delitem", Map, "del $[$0]", Nothing, [need("index", Domain::Position)];
    /// Delete a slice: never possible.
    DelSlice, "delslice", Map, "del $[$0:$1]", Nothing, [need("start", Domain::Position), need("stop", Domain::Position)];
    /// Delete an extended slice: never possible.
    DelStep, "delslice-step", Map, "del $[$0:$1:$2]", Nothing, [need("start", Domain::Position), need("stop", Domain::Position), need("step", Domain::Position)];
    /// Membership.
    Contains, "in", Map, "$0 in $", Nothing, [need("item", Domain::Other)];
    /// All items.
    List, "list", Map, "list($)", Nothing, [];
    /// All items, last first.
    Reversed, "reversed", Map, "list(reversed($))", Nothing, [];
    /// A copy as bytes.
    Bytes, "bytes", Map, "bytes($)", Nothing, [];
    /// The representation.
    Repr, "repr", Map, "repr($)", Nothing, [];
    /// The truth value.
    Bool, "bool", Map, "bool($)", Nothing, [];
    /// Equality.
    Eq, "eq", Map, "$ == $0", Nothing, [need("other", Domain::Other)];
    /// Order.
    Less, "lt", Map, "$ < $0", Nothing, [need("other", Domain::Other)];
    /// Concatenation: not supported.
    Add, "add", Map, "$ + $0", Nothing, [need("other", Domain::Other)];
    /// Repetition: not supported.
    Mul, "mul", Map, "$ * $0", Nothing, [need("other", Domain::Other)];
    /// The hash is stable.
    Hash, "hash", Map, "hash($) == hash($)", Nothing, [];
    /// Search by regular expression, here always a literal.
    FindAll, "re.findall", Map, "re.findall($0, $)", Nothing, [need("pattern", Domain::Needle)];
    /// A checksum over the buffer.
    Crc, "zlib.crc32", Map, "zlib.crc32($)", Nothing, [];
    /// Two bytes read as a number.
    Unpack, "struct.unpack_from", Map, "struct.unpack_from('<H', $, $0)", Nothing, [need("offset", Domain::Position)];
    /// Two bytes written as a number.
    Pack, "struct.pack_into", Map, "struct.pack_into('<H', $, $0, $1)", Bytes, [need("offset", Domain::Position), need("value", Domain::Byte)];
    /// Drop the name.
    Drop, "del", Map, "del $", Nothing, [];
    /// An iterator.
    Iter, "iter", Map, "iter($)" => Iter, Nothing, [];
    /// The next item.
    Next, "next", Iter, "next($)", Nothing, [];
    /// Drop the iterator.
    DropIter, "del-iter", Iter, "del $", Nothing, [];
    /// Take a view.
    View, "memoryview", Map, "memoryview($)" => View, Nothing, [];
    /// A view of a part of a view.
    SubView, "view-slice", View, "$[$0:$1]" => View, Nothing, [need("start", Domain::Position), need("stop", Domain::Position)];
    /// The length of a view.
    ViewLen, "view-len", View, "len($)", Nothing, [];
    /// A copy of a view's bytes.
    ViewBytes, "view-bytes", View, "bytes($)", Nothing, [];
    /// One byte of a view.
    ViewGet, "view-getitem", View, "$[$0]", Nothing, [need("index", Domain::Position)];
    /// Assign one byte of a view.
    ViewSet, "view-setitem", View, "$[$0] = $1", Bytes, [need("index", Domain::Position), need("value", Domain::Byte)];
    /// Assign a slice of a view.
    ViewSetSlice, "view-setslice", View, "$[$0:$1] = $2", Bytes, [need("start", Domain::Position), need("stop", Domain::Position), need("value", Domain::Source)];
    /// Whether a view refuses writing.
    ViewReadonly, "view-readonly", View, "$.readonly", Nothing, [];
    /// Release a view.
    ViewRelease, "release", View, "$.release()", Nothing, [];
    /// Drop a view.
    DropView, "del-view", View, "del $", Nothing, [];
    /// Open a file of the world once more.
    FileOpen, "open", Module, "open($0, $1, buffering=0)" => File, Bytes, [need("path", Domain::Path), need("mode", Domain::Mode)];
    /// Write through a file object.
    FileWrite, "file-write", File, "$.write($0)", Bytes, [need("bytes", Domain::FileBytes)];
    /// Read the rest through a file object.
    FileRead, "file-read", File, "$.read()", Nothing, [];
    /// Move a file object's position.
    FileSeek, "file-seek", File, "$.seek($0)", Nothing, [need("pos", Domain::FileSize)];
    /// Set a file's size.
    FileTruncate, "file-truncate", File, "$.truncate($0)", Bytes, [need("size", Domain::FileSize)];
    /// Close a file object.
    FileClose, "file-close", File, "$.close()", Nothing, [];
    /// The bytes of a file, through a descriptor of their own.
    FileContent, "file-content", Module, "open($0, 'rb').read()", Bytes, [need("path", Domain::Path)];
    /// The size of a file.
    FileSize, "file-size", Module, "os.path.getsize($0)", Nothing, [need("path", Domain::Path)];
    /// Take its name from a file.
    FileUnlink, "file-unlink", Module, "os.unlink($0)", Nothing, [need("path", Domain::Path)];
    /// Give a file the name of another one, which loses it. Python 2 has no `os.replace`; on POSIX this is the same.
    FileReplace, "file-replace", Module, "os.rename($0, $1)", Nothing, [need("path", Domain::Path), need("to", Domain::Path)];
    /// Begin a child process: the steps up to its `wait` are the child's.
    Fork, "fork", Module, "if os.fork() == 0:", Nothing, [];
    /// The child ends; wait for it. Its status is the answer.
    Wait, "wait", Module, "os.wait()[1]", Nothing, [];
    /// Set how long a file may become. A longer one stays as it is.
    LimitFile, "limit-file", Module,
        "resource.setrlimit(resource.RLIMIT_FSIZE, ($0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))", Nothing,
        [need("size", Domain::FileSize)];
    /// Set how many descriptors may be open. Those that are stay open.
    LimitOpen, "limit-open", Module,
        "resource.setrlimit(resource.RLIMIT_NOFILE, ($0, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))", Nothing,
        [need("many", Domain::Descriptors)];
    /// Set how much address space there may be. What is mapped stays mapped.
    LimitMemory, "limit-memory", Module,
        "resource.setrlimit(resource.RLIMIT_AS, ($0, resource.getrlimit(resource.RLIMIT_AS)[1]))", Nothing,
        [need("bytes", Domain::Memory)];
}

impl Op {
    /// Whether it sets what the system grants the process.
    #[must_use]
    pub fn is_limit(self) -> bool {
        matches!(self, Op::LimitFile | Op::LimitOpen | Op::LimitMemory)
    }

    /// Whether it begins or ends a child process.
    #[must_use]
    pub fn is_of_children(self) -> bool {
        matches!(self, Op::Fork | Op::Wait)
    }

    /// The argument with which an operation that sets a limit grants everything that a case may ask for.
    #[must_use]
    pub fn high_limit(self) -> i128 {
        match self {
            Op::LimitOpen => Domain::MANY,
            Op::LimitMemory => Domain::MUCH,
            _ => Domain::LONG,
        }
    }

    /// The operation of this name, as `--ops` takes it.
    #[must_use]
    pub fn named(name: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.row().name == name)
    }
}

impl std::fmt::Display for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.row().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_found() {
        let names: HashSet<_> = Op::ALL.iter().map(|op| op.row().name).collect();
        assert_eq!(names.len(), Op::ALL.len());
        for &op in Op::ALL {
            assert_eq!(Op::named(op.row().name), Some(op));
            assert_eq!(op.row().op, op);
        }
    }

    #[test]
    fn a_form_names_just_its_parameters() {
        for &op in Op::ALL {
            let row = op.row();
            if !row.is_call() {
                let named = (0..8).take_while(|i| row.form.contains(&format!("${i}"))).count();
                assert_eq!(named, row.params.len(), "{op}");
            }
        }
    }
}
