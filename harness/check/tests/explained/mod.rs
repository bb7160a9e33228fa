//! The mutants that a variation explains. Each sentence was read beside the bug.

/// The name of a mutant, and the sentence of the diagnosis.
pub const EXPLAINED: &[(&str, &str)] = &[
    ("find ignores end", "`find` ignores `end`"),
    ("find starts at 0, not at the position", "`find` takes a missing `start` for 0"),
    ("rfind starts at 0, not at the position", "`rfind` takes a missing `start` for 0"),
    ("find of an empty needle returns -1", "`find` returns `-1`, if `sub` is empty"),
    ("rfind finds the first", "`rfind` does what `find` does"),
    ("read leaves the position", "`read` leaves the position where it was"),
    ("read(None) reads nothing", "`read` takes `n` for 0, if `n` is `None`"),
    (
        "read of a negative count reads nothing",
        "`read` takes `n` for 0, if `n` is negative and `n` is an `int` and `n` is within 2**63",
    ),
    ("readline leaves out the newline", "`readline` returns the line without its newline"),
    ("readline ends at a zero byte", "`readline` returns the bytes before the first zero"),
    ("read_byte is signed", "`read_byte` returns bytes above 127 as negative numbers"),
    (
        "a read-only map takes a write",
        "`write` returns `None`, not `TypeError: mmap can't modify a readonly memory map.`",
    ),
    (
        "a write that does not fit is cut",
        "`write` cuts `bytes` to the room behind the position, not `ValueError: data out of range`",
    ),
    ("write_byte wraps around", "`write_byte` takes `byte` modulo 2**8, if `byte` is an `int`"),
    ("ACCESS_COPY reaches the file", "`mmap` takes `ACCESS_COPY` for `ACCESS_DEFAULT`"),
    ("MAP_PRIVATE is shared", "`mmap` takes `MAP_PRIVATE` for `MAP_SHARED`"),
    ("the offset is ignored", "`mmap` ignores `offset`"),
    ("the length is ignored", "`mmap` takes `length` for 0, if `length` is positive and `length` is an `int`"),
    ("move past the end is cut", "`move` returns `None`, not `ValueError: source, destination, or count out of range`"),
    ("release does nothing", "`release` does nothing"),
    ("a view of a read-only map claims to be writable", "`view-readonly` returns `False`"),
    (
        "a slice of another size is taken",
        "`setslice` returns `None`, not `IndexError: mmap slice assignment is wrong size`",
    ),
    ("the step of a slice is ignored", "`getslice-step` takes `step` for 1"),
    (
        "a negative index is refused",
        "`getitem` raises `IndexError: mmap index out of range`, if `index` is negative and `index` is an `int`",
    ),
    ("a byte can be set from bytes", "`setitem` returns `None`, not `TypeError: mmap item value must be an int`"),
    ("items can be deleted", "`delitem` returns `None`, not `TypeError: mmap doesn't support item deletion`"),
    ("seek(x, 1) counts from 0", "`seek` takes `whence` for 0, if `whence` is 1 and `whence` is an `int`"),
    ("seek(x, 2) counts from 0", "`seek` takes `whence` for 0, if `whence` is 2 and `whence` is an `int`"),
    ("seek past the end goes to the end", "`seek` returns `None`, not `ValueError: seek out of range`"),
    ("resize goes back to the start", "`resize` moves the position to the start"),
    ("flush checks no range", "`flush` returns `None`, not `ValueError: flush values out of range`"),
    ("madvise checks no start", "`madvise` returns `None`, not `ValueError: madvise start out of bounds`"),
    ("iteration gives numbers", "`list` returns numbers in place of bytes"),
    ("next gives numbers", "`next` returns numbers in place of bytes"),
    (
        "repr is the one of before 3.9",
        "a rule of CPython (since 3.9) does not hold: `repr()` shows the state of a map, not its address",
    ),
    ("closed is always False", "`closed` returns `False`"),
    ("a closed map can tell", "`tell` returns `0`, not `ValueError: mmap closed or invalid`"),
    ("leaving a with statement does not close", "`with` does nothing and returns `None`"),
    ("a with statement swallows the exception", "`with-raise` returns `None`, not `KeyError`"),
    (
        "the text of a closed map's error is short",
        "`rfind` raises an exception with the message `mmap closed`, not `ValueError: mmap closed or invalid`",
    ),
    (
        "find(x, None) starts at 0",
        "`find` takes `start` for 0, not `TypeError: 'NoneType' object cannot be interpreted as an integer`",
    ),
    (
        "rfind takes a negative end as the end of the map",
        "`rfind` ignores `end`, if `end` is negative and `end` is an `int`",
    ),
    (
        "read from beyond the end raises",
        "`read` raises `ValueError: read out of range`, if the position is beyond the end",
    ),
    (
        "seek(0, 1) beyond the end is allowed",
        "`seek` returns `None`, not `ValueError: seek out of range`, if the position is beyond the end",
    ),
    (
        "a position is 32 bits wide",
        "`seek` takes `pos` modulo 2**32, not `ValueError: seek out of range`, if `pos` is positive and `pos` is an `int`",
    ),
    (
        "a failed write moves the position to the end",
        "`write` moves the position to the end, not `ValueError: data out of range`",
    ),
    (
        "resize to the same length does nothing",
        "`resize` does nothing, if `newsize` is the length of the map and `newsize` is an `int`",
    ),
    (
        "resize(0) leaves the file alone",
        "`resize` does nothing, not `OSError: [Errno #] Invalid argument`, if `newsize` is an `int`",
    ),
    (
        "resize ignores exported views",
        "`resize` returns `None`, not `BufferError: mmap can't resize with extant buffers exported.`",
    ),
    (
        "a read-only map can be resized",
        "`resize` returns `None`, not `TypeError: mmap can't resize a readonly or copy-on-write memory map.`",
    ),
    (
        "a slice bound of 2**63 overflows",
        "`getslice` raises `OverflowError: too large`, if `stop` is 2**63 or more and `stop` is an `int`",
    ),
    (
        "objects with __index__ are refused",
        "`getitem` raises `TypeError: mmap indices must be integers`, if `index` is an object with `__index__`",
    ),
    (
        "a slice assigned backwards is written forwards",
        "`setslice-step` takes the bytes of `value` in reverse, if `step` is an `int`",
    ),
    (
        "a read-only view can be written",
        "`view-setitem` returns `None`, not `TypeError: cannot modify read-only memory`",
    ),
    ("an exhausted iterator starts again", "`next` returns `b'\\x00'`, not `StopIteration`"),
    (
        "an iterator of a closed map is exhausted",
        "`next` raises `StopIteration`, not `ValueError: mmap closed or invalid`",
    ),
    ("a closed map can be flushed", "`flush` returns `None`, not `ValueError: mmap closed or invalid`"),
    (
        "a map is used after a callback argument closed it",
        "`getslice` returns `None`, not `ValueError: mmap closed or invalid`, if an argument closes the map",
    ),
    (
        "a byte is written past the end after its value shrank the map",
        "`setitem` returns `None`, not `IndexError: mmap index out of range`, if an argument resizes the map",
    ),
    ("a callback argument is never called", "`seek` does not call the method that converts its argument"),
];
