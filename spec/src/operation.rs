//! The one table of operations.
//!
//! Everything that must know the set of operations reads it here: the enums, the names, the printer, the parser,
//! the generator, repair, and the list a driver is given. A property of an operation is a column of its row.
//!
//! To add an operation, add a row. A missing column does not compile, and neither does a match over the operations of its
//! kind ([`KindOp`]) that lacks the new one: the compiler names the places that must say something about it. For a method of
//! a map or a use of one, that is the reference; for any other operation on a map, iterator or view, the reference and the
//! embedded target; for one on files, the files of a case, on which both stand.

use crate::constructor::ConstructorParam;
use crate::kind::ObjectKind;
use crate::param::{Domain, keyword, needed, optional};
use crate::python_module::PythonModule::{self, Mmap, Os, Re, Resource, Struct, Zlib};
use crate::row::Availability::{Always, System, Version};
use crate::row::Callback::{Drawn, Never, Possible};
use crate::row::Changes::{Bytes, Length, Names, Nothing};
use crate::row::Memory::{Exempt, Fixed, Unforeseen};
use crate::row::{Row, has_rest, in_brackets};
use crate::rule::Rule;
use serde::{Deserialize, Serialize};

mod table;
use table::{kind, kinds, operations};

operations! {
    /// The value of a constant.
    Constant: Module, "constant", "int($0)", [needed("constant", Domain::Constant)],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Whether the exception of the module is `OSError`.
    Error: Module, "error", "mmap.error == OSError", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Derive a class from that of the maps.
    Subclass: Module, "issubclass", "issubclass(type(\"M\", (mmap.mmap,), {}), mmap.mmap)", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Construct a map.
    New: Module, "mmap", "mmap.mmap($*)" => Map, ConstructorParam::POSIX,
    { changes: Nothing, weight: 6, uses: Some(Mmap), memory: Fixed, callback: Drawn(18..19), hostile: false, by_item: false, there: Always }
    /// A weak reference to a map without a name leads nowhere.
    Gone: Module, "weakref-gone", "weakref.ref(mmap.mmap(-1, $0))() is None", [needed("length", Domain::Length)],
    { changes: Nothing, weight: 2, uses: Some(PythonModule::Weakref), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Construct a map of a subclass, which has an attribute and overrides `close`.
    Sub: Module, "subclass", "Sub($*)" => Map, ConstructorParam::POSIX,
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: System(Rule::HasContext) }
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
    /// Inequality.
    Ne: Use, "ne", "$ != $0", [needed("other", Domain::Other)],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
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
    /// A shallow copy: never possible.
    Copy: Use, "copy.copy", "copy.copy($)", [],
    { changes: Nothing, weight: 1, uses: Some(PythonModule::Copy), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A deep copy: never possible.
    DeepCopy: Use, "copy.deepcopy", "copy.deepcopy($)", [],
    { changes: Nothing, weight: 1, uses: Some(PythonModule::Copy), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A pickle: never possible.
    Pickle: Use, "pickle.dumps", "pickle.dumps($)", [],
    { changes: Nothing, weight: 1, uses: Some(PythonModule::Pickle), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The size of the object, which is that of its struct, whatever the length of the map.
    SizeOf: Use, "sizeof", "$.__sizeof__() == $.__class__.__basicsize__", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The abstract classes that the map is an instance of.
    IsInstance: Use, "isinstance",
        "(isinstance($, collections.abc.Sized), isinstance($, collections.abc.Hashable), isinstance($, collections.abc.Iterable), isinstance($, collections.abc.Sequence))",
        [],
    { changes: Nothing, weight: 1, uses: Some(PythonModule::CollectionsAbc), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: System(Rule::HasAbstractClasses) }
    /// An attribute that only objects of a subclass have.
    GetAttr: Use, "getattr", "$.x", [],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Assign to an attribute that only objects of a subclass have.
    SetAttr: Use, "setattr", "$.x = 3", [],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Delete an attribute that only objects of a subclass have.
    DelAttr: Use, "delattr", "del $.x", [],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Assign to `closed`: never possible.
    SetClosed: Use, "set-closed", "$.closed = $0", [needed("value", Domain::Other)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A weak reference to the map leads to it.
    WeakRef: Use, "weakref.ref", "weakref.ref($)() is $", [],
    { changes: Nothing, weight: 2, uses: Some(PythonModule::Weakref), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Whether the garbage collector tracks the map.
    IsTracked: Use, "gc.is_tracked", "gc.is_tracked($)", [],
    { changes: Nothing, weight: 1, uses: Some(PythonModule::Gc), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The number of objects that the map refers to.
    Referents: Use, "gc.get_referents", "len(gc.get_referents($))", [],
    { changes: Nothing, weight: 1, uses: Some(PythonModule::Gc), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
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
    /// The map joined to bytes.
    Join: Use, "bytes.join", "b''.join([$])", [],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The map appended to a bytearray.
    Append: Use, "bytearray-iadd", "bytes(operator.iadd(bytearray(b'>'), $))", [],
    { changes: Nothing, weight: 2, uses: Some(PythonModule::Operator), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The number of bits of the bytes as one number.
    BitLength: Use, "int.from_bytes", "int.from_bytes($, 'big').bit_length()", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The bytes as text of one character each.
    Decode: Use, "str-decode", "str($, 'latin-1')", [],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A digest over the buffer is that of a copy.
    Digest: Use, "hashlib.sha256", "hashlib.sha256($).digest() == hashlib.sha256($[:]).digest()", [],
    { changes: Nothing, weight: 1, uses: Some(PythonModule::Hashlib), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The bytes, compressed and decompressed, are those of a copy.
    Compress: Use, "zlib.compress", "zlib.decompress(zlib.compress($)) == $[:]", [],
    { changes: Nothing, weight: 1, uses: Some(Zlib), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A file in memory that begins with the bytes.
    BytesIo: Use, "io.BytesIO", "io.BytesIO($).getvalue()", [],
    { changes: Nothing, weight: 2, uses: Some(PythonModule::Io), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// An array that takes the bytes.
    ArrayFrom: Use, "array.frombytes", "array.array('B').frombytes($)", [],
    { changes: Nothing, weight: 1, uses: Some(PythonModule::Array), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A C character that shares the memory.
    FromBuffer: Use, "ctypes.from_buffer", "ctypes.c_char.from_buffer($, $0).value", [needed("offset", Domain::Position)],
    { changes: Nothing, weight: 3, uses: Some(PythonModule::Ctypes), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: System(Rule::MemoryviewsTakeMaps) }
    /// Assign to a C character that shares the memory.
    SetFromBuffer: Use, "ctypes.set", "ctypes.c_char.from_buffer($, $0).value = $1", [needed("offset", Domain::Position), needed("value", Domain::Byte)],
    { changes: Bytes, weight: 3, uses: Some(PythonModule::Ctypes), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: System(Rule::MemoryviewsTakeMaps) }
    /// A C character that is a copy.
    FromBufferCopy: Use, "ctypes.from_buffer_copy", "ctypes.c_char.from_buffer_copy($, $0).value", [needed("offset", Domain::Position)],
    { changes: Nothing, weight: 2, uses: Some(PythonModule::Ctypes), memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: System(Rule::MemoryviewsTakeMaps) }
    /// The length, by the sequence slot of the type.
    SequenceSize: Use, "PySequence_Size", "api.PySequence_Size($)", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The length, by the mapping slot of the type.
    MappingSize: Use, "PyMapping_Size", "api.PyMapping_Size($)", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// One byte, by the sequence slot of the type.
    SequenceGetItem: Use, "PySequence_GetItem", "api.PySequence_GetItem($, $0)", [needed("i", Domain::Ssize)],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Assign one byte, by the sequence slot of the type.
    SequenceSetItem: Use, "PySequence_SetItem", "api.PySequence_SetItem($, $0, $1)", [needed("i", Domain::Ssize), needed("v", Domain::Character)],
    { changes: Bytes, weight: 4, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Delete one byte, by the sequence slot of the type: never possible.
    SequenceDelItem: Use, "PySequence_DelItem", "api.PySequence_DelItem($, $0)", [needed("i", Domain::Ssize)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A slice, by a function of the C API.
    SequenceGetSlice: Use, "PySequence_GetSlice", "api.PySequence_GetSlice($, $0, $1)", [needed("i1", Domain::Ssize), needed("i2", Domain::Ssize)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Assign a slice, by a function of the C API.
    SequenceSetSlice: Use, "PySequence_SetSlice", "api.PySequence_SetSlice($, $0, $1, $2)",
        [needed("i1", Domain::Ssize), needed("i2", Domain::Ssize), needed("v", Domain::Source)],
    { changes: Bytes, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Delete a slice, by a function of the C API: never possible.
    SequenceDelSlice: Use, "PySequence_DelSlice", "api.PySequence_DelSlice($, $0, $1)", [needed("i1", Domain::Ssize), needed("i2", Domain::Ssize)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Repetition, by a function of the C API: never possible.
    SequenceRepeat: Use, "PySequence_Repeat", "api.PySequence_Repeat($, $0)", [needed("count", Domain::Ssize)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Concatenation, by a function of the C API: never possible.
    SequenceConcat: Use, "PySequence_Concat", "api.PySequence_Concat($, $0)", [needed("other", Domain::Other)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Concatenation in place, by a function of the C API: never possible.
    SequenceInPlaceConcat: Use, "PySequence_InPlaceConcat", "api.PySequence_InPlaceConcat($, $0)", [needed("other", Domain::Other)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// Membership, by a function of the C API: 0 or 1.
    SequenceContains: Use, "PySequence_Contains", "api.PySequence_Contains($, $0)", [needed("value", Domain::Other)],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: true, there: Always }
    /// The descriptor of an object that has one: never a map's.
    AsFileDescriptor: Use, "PyObject_AsFileDescriptor", "api.PyObject_AsFileDescriptor($)", [],
    { changes: Nothing, weight: 1, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A buffer as these flags request it.
    GetBuffer: Use, "PyObject_GetBuffer", "Buffer.of($, $0)", [needed("flags", Domain::BufferFlags)],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
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
    /// A view of every so many items, perhaps backwards.
    ViewStep: View, "view-slice-step", "$[$0:$1:$2]" => View,
        [needed("start", Domain::Position), needed("stop", Domain::Position), needed("step", Domain::Position)],
    { changes: Nothing, weight: 8, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A view that refuses writing (3.8).
    ToReadonly: View, "toreadonly", "$.toreadonly()" => View, [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A view whose items are numbers of one byte.
    CastByte: View, "cast-B", "$.cast('B')" => View, [],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A view whose items are `bytes` of length one.
    CastCharacter: View, "cast-c", "$.cast('c')" => View, [],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A view whose items are numbers of two bytes.
    CastShort: View, "cast-H", "$.cast('H')" => View, [],
    { changes: Nothing, weight: 4, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The bytes of a view in two rows.
    CastRows: View, "cast-rows", "$.cast('B', (2, $0)).tolist()", [needed("columns", Domain::Count)],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The format of a view, and where its items lie.
    ViewLayout: View, "view-layout", "($.format, $.itemsize, $.shape, $.strides, $.contiguous)", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// A copy of a view's bytes, by its method.
    ToBytes: View, "tobytes", "$.tobytes()", [],
    { changes: Nothing, weight: 3, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
    /// The items of a view.
    ToList: View, "tolist", "$.tolist()", [],
    { changes: Nothing, weight: 4, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: true, there: Always }
    /// The bytes of a view in hexadecimal digits.
    Hex: View, "hex", "$.hex()", [],
    { changes: Nothing, weight: 2, uses: None, memory: Unforeseen, callback: Possible, hostile: false, by_item: false, there: Always }
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
