//! The one table of operations.
//!
//! Everything that must know the set of operations reads it here: the enums, the names, the printer, the parser,
//! the generator, repair, and the list a driver is given. A property of an operation is a column of its row.
//!
//! To add an operation, add a row. A missing column does not compile, and neither does a match over the operations of its
//! kind ([`KindOp`]) that lacks the new one: the compiler names the places that must say something about it. For a method of
//! a map, that is the reference; for any other operation on a map, iterator or view, the reference and the embedded target;
//! for one on files, the files of a case, on which both stand.

use crate::constructor::ConstructorParam;
use crate::kind::ObjectKind;
use crate::param::{Domain, keyword, needed, optional};
use crate::python_module::PythonModule::{Mmap, Os, Re, Resource, Struct, Zlib};
use crate::row::Availability::{Always, System, Version};
use crate::row::Callback::{Drawn, Never, Possible};
use crate::row::Changes::{Bytes, Length, Names, Nothing};
use crate::row::Memory::{Exempt, Fixed, Unforeseen};
use crate::row::{Row, has_rest, in_brackets};
use crate::rule::Rule;
use serde::{Deserialize, Serialize};

macro_rules! operations {
    ($( #[doc = $doc:literal] $op:ident: $kind:ident, $name:literal, $form:literal $(=> $binds:ident)?, $params:expr, { $($column:tt)* } )*) => {
        /// An operation: a row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Op { $( #[doc = $doc] $op, )* }

        impl Op {
            /// Every operation, in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$op),*];
        }

        static TABLE: [Row; Op::ALL.len()] = [$( Row {
            name: $name,
            on: operations!(@on $kind),
            form: $form,
            binds: operations!(@binds $($binds)?),
            params: &$params,
            call: has_rest($form),
            in_brackets: in_brackets($form),
            $($column)*
        } ),*];

        kinds! { [] [] [] [] [] [] [] [] [] $($kind $op,)* }
    };
    (@binds) => { None };
    (@binds $kind:ident) => { Some(ObjectKind::$kind) };
    (@on Method) => { ObjectKind::Map };
    (@on Map) => { ObjectKind::Map };
    (@on Iter) => { ObjectKind::Iter };
    (@on View) => { ObjectKind::View };
    (@on File) => { ObjectKind::File };
    (@on $other:ident) => { ObjectKind::Module };
}

/// Sorts the operations by their kind, and makes an enum of each kind.
macro_rules! kinds {
    ([$($done:tt)*] $folder:tt $child:tt $limit:tt $method:tt $map:tt $iter:tt $view:tt $file:tt Module $op:ident, $($rest:tt)*) => {
        kinds! { [$($done)* $op] $folder $child $limit $method $map $iter $view $file $($rest)* }
    };
    ($module:tt [$($done:tt)*] $child:tt $limit:tt $method:tt $map:tt $iter:tt $view:tt $file:tt Folder $op:ident, $($rest:tt)*) => {
        kinds! { $module [$($done)* $op] $child $limit $method $map $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt [$($done:tt)*] $limit:tt $method:tt $map:tt $iter:tt $view:tt $file:tt Child $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder [$($done)* $op] $limit $method $map $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt [$($done:tt)*] $method:tt $map:tt $iter:tt $view:tt $file:tt Limit $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child [$($done)* $op] $method $map $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt [$($done:tt)*] $map:tt $iter:tt $view:tt $file:tt Method $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit [$($done)* $op] $map $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt $method:tt [$($done:tt)*] $iter:tt $view:tt $file:tt Map $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit $method [$($done)* $op] $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt $method:tt $map:tt [$($done:tt)*] $view:tt $file:tt Iter $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit $method $map [$($done)* $op] $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt $method:tt $map:tt $iter:tt [$($done:tt)*] $file:tt View $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit $method $map $iter [$($done)* $op] $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt $method:tt $map:tt $iter:tt $view:tt [$($done:tt)*] File $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit $method $map $iter $view [$($done)* $op] $($rest)* }
    };
    ([$($module:ident)*] [$($folder:ident)*] [$($child:ident)*] [$($limit:ident)*] [$($method:ident)*] [$($map:ident)*] [$($iter:ident)*] [$($view:ident)*] [$($file:ident)*]) => {
        kind! { "An operation on the module.", ModuleOp, $($module)* }
        kind! { "An operation on the names of files in the folder of the case.", FolderOp, $($folder)* }
        kind! { "An operation on child processes.", ChildOp, $($child)* }
        kind! { "An operation on the limits of the process.", LimitOp, $($limit)* }
        kind! { "An operation on a map, by calling a method with any arguments.", MethodOp, $($method)* }
        kind! { "An operation on a map, in any other way.", MapOp, $($map)* }
        kind! { "An operation on an iterator over a map.", IterOp, $($iter)* }
        kind! { "An operation on a view of a map.", ViewOp, $($view)* }
        kind! { "An operation on a file object.", FileOp, $($file)* }

        /// An operation by its kind, for matches that must say something about every operation of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum KindOp {
            /// On the module.
            Module(ModuleOp),
            /// On the names of files in the folder of the case.
            Folder(FolderOp),
            /// On child processes.
            Child(ChildOp),
            /// On the limits of the process.
            Limit(LimitOp),
            /// On a map, by calling a method with any arguments.
            Method(MethodOp),
            /// On a map, in any other way.
            Map(MapOp),
            /// On an iterator over a map.
            Iter(IterOp),
            /// On a view of a map.
            View(ViewOp),
            /// On a file object.
            File(FileOp),
        }

        impl Op {
            /// The operation by its kind.
            #[must_use]
            pub fn by_kind(self) -> KindOp {
                match self {
                    $(Op::$module => KindOp::Module(ModuleOp::$module),)*
                    $(Op::$folder => KindOp::Folder(FolderOp::$folder),)*
                    $(Op::$child => KindOp::Child(ChildOp::$child),)*
                    $(Op::$limit => KindOp::Limit(LimitOp::$limit),)*
                    $(Op::$method => KindOp::Method(MethodOp::$method),)*
                    $(Op::$map => KindOp::Map(MapOp::$map),)*
                    $(Op::$iter => KindOp::Iter(IterOp::$iter),)*
                    $(Op::$view => KindOp::View(ViewOp::$view),)*
                    $(Op::$file => KindOp::File(FileOp::$file),)*
                }
            }
        }
    };
}

/// The enum of one kind.
macro_rules! kind {
    ($doc:literal, $name:ident, $($op:ident)*) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $( #[doc = concat!("[`Op::", stringify!($op), "`]")] $op, )* }

        impl $name {
            /// Every operation of this kind, in the order of the table.
            pub const ALL: &'static [$name] = &[$($name::$op),*];
        }

        impl From<$name> for Op {
            fn from(op: $name) -> Op {
                match op { $($name::$op => Op::$op,)* }
            }
        }
    };
}

operations! {
    /// The value of a constant.
    Constant: Module, "constant", "int($0)", [needed("constant", Domain::Constant)],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Whether the exception of the module is `OSError`.
    Error: Module, "error", "mmap.error == OSError", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Derive a class from that of the maps.
    Subclass: Module, "subclass", "issubclass(type(\"M\", (mmap.mmap,), {}), mmap.mmap)", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Construct a map.
    New: Module, "mmap", "mmap.mmap($*)" => Map, ConstructorParam::POSIX,
    { changes: Nothing, weight: 6, uses: Some(Mmap), memory: Fixed, callback: Drawn(18..19), hostile: false, by_item: false, there: Always }
    /// Close the map.
    Close: Method, "close", "$.close($*)", [],
    { changes: Nothing, weight: 1, uses: None, memory: Fixed, callback: Drawn(0..3), hostile: false, by_item: false, there: Always }
    /// Whether the map is closed.
    Closed: Map, "closed", "$.closed", [],
    { changes: Nothing, weight: 3, uses: None, memory: Fixed, callback: Possible, hostile: false, by_item: false, there: Version(Rule::HasContext) }
    /// Lowest index of a needle.
    Find: Method, "find", "$.find($*)",
        [needed("sub", Domain::Needle), optional("start", Domain::Position), optional("end", Domain::Position)],
    { changes: Nothing, weight: 27, uses: None, memory: Unforeseen, callback: Drawn(22..23), hostile: false, by_item: false, there: Always }
    /// Highest index of a needle.
    RFind: Method, "rfind", "$.rfind($*)",
        [needed("sub", Domain::Needle), optional("start", Domain::Position), optional("end", Domain::Position)],
    { changes: Nothing, weight: 27, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Write changes back.
    Flush: Method, "flush", "$.flush($*)",
        [optional("offset", Domain::Offset), optional("size", Domain::Count), keyword("flags", Domain::Sync).under(Rule::FlushTakesFlags)],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Advise the kernel.
    Madvise: Method, "madvise", "$.madvise($*)",
        [needed("option", Domain::Advice), optional("start", Domain::Offset), optional("length", Domain::Count)],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Version(Rule::HasMadvise) }
    /// Copy bytes within the map.
    Move: Method, "move", "$.move($*)",
        [needed("dest", Domain::Position), needed("src", Domain::Position), needed("count", Domain::Count)],
    { changes: Bytes, weight: 27, uses: None, memory: Unforeseen, callback: Drawn(19..20), hostile: false, by_item: false, there: Always }
    /// Read bytes at the position.
    Read: Method, "read", "$.read($*)", [optional("n", Domain::Count)],
    { changes: Nothing, weight: 36, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Read one byte at the position.
    ReadByte: Method, "read_byte", "$.read_byte($*)", [],
    { changes: Nothing, weight: 27, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Read through the next newline.
    ReadLine: Method, "readline", "$.readline($*)", [],
    { changes: Nothing, weight: 27, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Resize the map and its file.
    Resize: Method, "resize", "$.resize($*)", [needed("newsize", Domain::NewSize)],
    { changes: Length, weight: 8, uses: None, memory: Fixed, callback: Drawn(4..8), hostile: false, by_item: false, there: Always }
    /// Move the position.
    Seek: Method, "seek", "$.seek($*)", [needed("pos", Domain::Position), optional("whence", Domain::Whence)],
    { changes: Nothing, weight: 36, uses: None, memory: Unforeseen, callback: Drawn(16..18), hostile: false, by_item: false, there: Always }
    /// Whether the map can seek (3.13).
    Seekable: Method, "seekable", "$.seekable($*)", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Version(Rule::SeekReturnsPosition) }
    /// Name the memory for the kernel's list of it (3.15).
    SetName: Method, "set_name", "$.set_name($*)", [needed("name", Domain::Text)],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Version(Rule::HasSetName) }
    /// The size of the file.
    Size: Method, "size", "$.size($*)", [],
    { changes: Nothing, weight: 3, uses: None, memory: Fixed, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The position.
    Tell: Method, "tell", "$.tell($*)", [],
    { changes: Nothing, weight: 15, uses: None, memory: Fixed, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Write bytes at the position.
    Write: Method, "write", "$.write($*)", [needed("bytes", Domain::Source)],
    { changes: Bytes, weight: 36, uses: None, memory: Unforeseen, callback: Drawn(14..16), hostile: false, by_item: false, there: Always }
    /// Write one byte at the position.
    WriteByte: Method, "write_byte", "$.write_byte($*)", [needed("byte", Domain::Byte)],
    { changes: Bytes, weight: 27, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Enter the context.
    Enter: Map, "__enter__", "$.__enter__() is $", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Version(Rule::HasContext) }
    /// Leave the context.
    Exit: Method, "__exit__", "$.__exit__($*)",
        [optional("type", Domain::Other), optional("value", Domain::Other), optional("traceback", Domain::Other)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Drawn(3..4), hostile: false, by_item: false, there: Version(Rule::HasContext) }
    /// A `with` statement that does nothing.
    With: Map, "with", "with $: pass", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Never, hostile: false, by_item: false, there: Version(Rule::HasContext) }
    /// A `with` statement whose body raises.
    WithRaise: Map, "with-raise", "with $: raise KeyError", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Never, hostile: false, by_item: false, there: Version(Rule::HasContext) }
    /// The length of the map.
    Len: Map, "len", "len($)", [],
    { changes: Nothing, weight: 3, uses: None, memory: Fixed, callback: Possible, hostile: false, by_item: false, there: Always }
    /// One byte by index.
    GetItem: Map, "getitem", "$[$0]", [needed("index", Domain::Position)],
    { changes: Nothing, weight: 27, uses: None, memory: Fixed, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A slice.
    GetSlice: Map, "getslice", "$[$0:$1]", [needed("start", Domain::Position), needed("stop", Domain::Position)],
    { changes: Nothing, weight: 36, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// An extended slice.
    GetStep: Map, "getslice-step", "$[$0:$1:$2]",
        [needed("start", Domain::Position), needed("stop", Domain::Position), needed("step", Domain::Position)],
    { changes: Nothing, weight: 15, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Assign one byte.
    SetItem: Map, "setitem", "$[$0] = $1", [needed("index", Domain::Position), needed("value", Domain::Byte)],
    { changes: Bytes, weight: 27, uses: None, memory: Fixed, callback: Drawn(21..22), hostile: false, by_item: false, there: Always }
    /// Assign a slice.
    SetSlice: Map, "setslice", "$[$0:$1] = $2",
        [needed("start", Domain::Position), needed("stop", Domain::Position), needed("value", Domain::Source)],
    { changes: Bytes, weight: 36, uses: None, memory: Unforeseen, callback: Drawn(20..21), hostile: false, by_item: false, there: Always }
    /// Assign an extended slice.
    SetStep: Map, "setslice-step", "$[$0:$1:$2] = $3",
        [needed("start", Domain::Position), needed("stop", Domain::Position), needed("step", Domain::Position), needed("value", Domain::Source)],
    { changes: Bytes, weight: 15, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Delete one byte: never possible.
    DelItem: Map, "delitem", "del $[$0]", [needed("index", Domain::Position)],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Delete a slice: never possible.
    DelSlice: Map, "delslice", "del $[$0:$1]", [needed("start", Domain::Position), needed("stop", Domain::Position)],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Delete an extended slice: never possible.
    DelStep: Map, "delslice-step", "del $[$0:$1:$2]",
        [needed("start", Domain::Position), needed("stop", Domain::Position), needed("step", Domain::Position)],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Membership.
    Contains: Map, "in", "$0 in $", [needed("item", Domain::Other)],
    { changes: Nothing, weight: 6, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: true, there: Always }
    /// All items.
    List: Map, "list", "list($)", [],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: true, there: Always }
    /// All items, last first.
    Reversed: Map, "reversed", "list(reversed($))", [],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: true, there: Always }
    /// A copy as bytes.
    Bytes: Map, "bytes", "bytes($)", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The representation.
    Repr: Map, "repr", "repr($)", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The truth value.
    Bool: Map, "bool", "bool($)", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Equality.
    Eq: Map, "eq", "$ == $0", [needed("other", Domain::Other)],
    { changes: Nothing, weight: 6, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Order.
    Less: Map, "lt", "$ < $0", [needed("other", Domain::Other)],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Concatenation: not supported.
    Add: Map, "add", "$ + $0", [needed("other", Domain::Other)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Repetition: not supported.
    Mul: Map, "mul", "$ * $0", [needed("other", Domain::Other)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The hash is stable.
    Hash: Map, "hash", "hash($) == hash($)", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Search by regular expression, here always a literal.
    FindAll: Map, "re.findall", "re.findall($0, $)", [needed("pattern", Domain::Pattern)],
    { changes: Nothing, weight: 2, uses: Some(Re), memory: Unforeseen, callback: Possible, hostile: false, by_item: true, there: Always }
    /// A checksum over the buffer.
    Crc: Map, "zlib.crc32", "zlib.crc32($)", [],
    { changes: Nothing, weight: 3, uses: Some(Zlib), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Two bytes read as a number.
    Unpack: Map, "struct.unpack_from", "struct.unpack_from('<H', $, $0)", [needed("offset", Domain::Position)],
    { changes: Nothing, weight: 3, uses: Some(Struct), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Two bytes written as a number.
    Pack: Map, "struct.pack_into", "struct.pack_into('<H', $, $0, $1)",
        [needed("offset", Domain::Position), needed("value", Domain::Byte)],
    { changes: Bytes, weight: 3, uses: Some(Struct), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Drop the name.
    Drop: Map, "del", "del $", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Drawn(23..24), hostile: false, by_item: false, there: Always }
    /// An iterator.
    Iter: Map, "iter", "iter($)" => Iter, [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The next item.
    Next: Iter, "next", "next($)", [],
    { changes: Nothing, weight: 8, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Drop the iterator.
    DropIter: Iter, "del-iter", "del $", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Take a view.
    View: Map, "memoryview", "memoryview($)" => View, [],
    { changes: Nothing, weight: 8, uses: None, memory: Unforeseen, callback: Drawn(12..14), hostile: false, by_item: false, there: Always }
    /// A view of a part of a view.
    SubView: View, "view-slice", "$[$0:$1]" => View, [needed("start", Domain::Position), needed("stop", Domain::Position)],
    { changes: Nothing, weight: 6, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The length of a view.
    ViewLen: View, "view-len", "len($)", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A copy of a view's bytes.
    ViewBytes: View, "view-bytes", "bytes($)", [],
    { changes: Nothing, weight: 8, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// One byte of a view.
    ViewGet: View, "view-getitem", "$[$0]", [needed("index", Domain::Position)],
    { changes: Nothing, weight: 8, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Assign one byte of a view.
    ViewSet: View, "view-setitem", "$[$0] = $1", [needed("index", Domain::Position), needed("value", Domain::Byte)],
    { changes: Bytes, weight: 8, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Assign a slice of a view.
    ViewSetSlice: View, "view-setslice", "$[$0:$1] = $2",
        [needed("start", Domain::Position), needed("stop", Domain::Position), needed("value", Domain::Source)],
    { changes: Bytes, weight: 6, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Whether a view refuses writing.
    ViewReadonly: View, "view-readonly", "$.readonly", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Release a view.
    ViewRelease: View, "release", "$.release()", [],
    { changes: Nothing, weight: 8, uses: None, memory: Unforeseen, callback: Drawn(10..12), hostile: false, by_item: false, there: Always }
    /// Drop a view.
    DropView: View, "del-view", "del $", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Drawn(24..25), hostile: false, by_item: false, there: Always }
    /// Open a file of the world once more.
    FileOpen: Folder, "open", "open($0, $1, buffering=0)" => File, [needed("path", Domain::Path), needed("mode", Domain::Mode)],
    { changes: Length, weight: 1, uses: None, memory: Unforeseen, callback: Drawn(26..27), hostile: true, by_item: false, there: Always }
    /// Write through a file object.
    FileWrite: File, "file-write", "$.write($0)", [needed("bytes", Domain::FileBytes)],
    { changes: Length, weight: 6, uses: None, memory: Unforeseen, callback: Drawn(25..26), hostile: false, by_item: false, there: Always }
    /// Read the rest through a file object.
    FileRead: File, "file-read", "$.read()", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Move a file object's position.
    FileSeek: File, "file-seek", "$.seek($0)", [needed("pos", Domain::FileSize)],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Set a file's size.
    FileTruncate: File, "file-truncate", "$.truncate($0)", [needed("size", Domain::FileSize)],
    { changes: Length, weight: 6, uses: None, memory: Unforeseen, callback: Drawn(8..10), hostile: true, by_item: false, there: Always }
    /// Close a file object.
    FileClose: File, "file-close", "$.close()", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Drawn(27..28), hostile: false, by_item: false, there: Always }
    /// The bytes of a file, through a descriptor of their own.
    FileContent: Folder, "file-content", "open($0, 'rb').read()", [needed("path", Domain::Path)],
    { changes: Bytes, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The size of a file.
    FileSize: Folder, "file-size", "os.path.getsize($0)", [needed("path", Domain::Path)],
    { changes: Nothing, weight: 3, uses: Some(Os), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Take its name from a file.
    FileUnlink: Folder, "file-unlink", "os.unlink($0)", [needed("path", Domain::Path)],
    { changes: Names, weight: 1, uses: Some(Os), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: System(Rule::CanUnlinkOpenFiles) }
    /// Give a file the name of another one, which loses it. Python 2 has no `os.replace`; on POSIX this is the same.
    FileReplace: Folder, "file-replace", "os.rename($0, $1)", [needed("path", Domain::Path), needed("to", Domain::Path)],
    { changes: Names, weight: 1, uses: Some(Os), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: System(Rule::CanUnlinkOpenFiles) }
    /// Begin a child process: the steps up to its `wait` are the child's.
    Fork: Child, "fork", "if os.fork() == 0:", [],
    { changes: Nothing, weight: 0, uses: Some(Os), memory: Unforeseen, callback: Never, hostile: true, by_item: false, there: System(Rule::CanFork) }
    /// The child ends; wait for it. Its status is the answer.
    Wait: Child, "wait", "os.wait()[1]", [],
    { changes: Nothing, weight: 0, uses: Some(Os), memory: Exempt, callback: Never, hostile: true, by_item: false, there: System(Rule::CanFork) }
    /// Limit the length of files. A longer file keeps its length.
    LimitFile: Limit, "limit-file", "resource.setrlimit(resource.RLIMIT_FSIZE, ($0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))",
        [needed("size", Domain::FileSize)],
    { changes: Nothing, weight: 0, uses: Some(Resource), memory: Exempt, callback: Never, hostile: true, by_item: false, there: System(Rule::HasLimits) }
    /// Limit the number of descriptors. Open descriptors stay open.
    LimitOpen: Limit, "limit-open", "resource.setrlimit(resource.RLIMIT_NOFILE, ($0, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))",
        [needed("many", Domain::Descriptors)],
    { changes: Nothing, weight: 0, uses: Some(Resource), memory: Exempt, callback: Never, hostile: true, by_item: false, there: System(Rule::HasLimits) }
    /// Limit the address space. Mapped pages stay mapped.
    LimitMemory: Limit, "limit-memory", "resource.setrlimit(resource.RLIMIT_AS, ($0, resource.getrlimit(resource.RLIMIT_AS)[1]))",
        [needed("bytes", Domain::Memory)],
    { changes: Nothing, weight: 0, uses: Some(Resource), memory: Exempt, callback: Never, hostile: true, by_item: false, there: System(Rule::HasLimits) }
}

impl Op {
    /// This operation's row.
    #[must_use]
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Whether it sets a resource limit of the process.
    #[must_use]
    pub fn is_limit(self) -> bool {
        matches!(self.by_kind(), KindOp::Limit(_))
    }

    /// Whether it is done on files, in their folder or as file objects.
    #[must_use]
    pub fn is_of_files(self) -> bool {
        matches!(self.by_kind(), KindOp::File(_) | KindOp::Folder(_))
    }

    /// Whether it begins or ends a child process.
    #[must_use]
    pub fn is_of_children(self) -> bool {
        matches!(self.by_kind(), KindOp::Child(_))
    }

    /// The operation of this name, as `--ops` takes it.
    #[must_use]
    pub fn named(name: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.row().name == name)
    }
}

impl LimitOp {
    /// The argument that lifts the limit: more than any case needs.
    #[must_use]
    pub fn high(self) -> i128 {
        match self {
            LimitOp::LimitFile => Domain::LONG,
            LimitOp::LimitOpen => Domain::MANY,
            LimitOp::LimitMemory => Domain::MUCH,
        }
    }
}

impl std::fmt::Display for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.row().name)
    }
}
