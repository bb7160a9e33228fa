"""The interpreter's own mmap with the bugs that the environment variable PLANTED names, joined by plus signs.

Each bug is a function that derives a class with it from another class. Arguments that a bug does not concern are passed on as
they are, so that the class has no other difference.
"""
import os

import mmap as _mmap
from mmap import *

BUGS = {}


def bug(function):
    BUGS[function.__name__] = function
    return function


# A bug asks the base, so that it does not meet the others.
tell = _mmap.mmap.tell
length = _mmap.mmap.__len__
is_closed = _mmap.mmap.closed.__get__


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def method(name, body):
    """A bug that replaces a method by `body(own, self, args, keywords)`, where `own` is the method of the base."""

    def plant(base):
        def replaced(self, *args, **keywords):
            return body(getattr(super(planted, self), name), self, args, keywords)

        planted = type(base)(base.__name__, (base,), {name: replaced})
        return planted

    return plant


def stay(own, self, args, keywords):
    at = None if is_closed(self) else tell(self)
    result = own(*args, **keywords)
    if at is not None and not is_closed(self) and at <= length(self):
        _mmap.mmap.seek(self, at)
    return result


def bug_in(name):
    def register(body):
        BUGS[body.__name__] = method(name, body)
        return body

    return register


@bug_in("write_byte")
def write_byte_wraps(own, self, args, keywords):
    return own(*[arg & 255 if is_int(arg) else arg for arg in args], **keywords)


@bug_in("write_byte")
def write_byte_takes_bytes(own, self, args, keywords):
    return own(*[arg[0] if isinstance(arg, bytes) and arg else arg for arg in args], **keywords)


@bug_in("write_byte")
def write_byte_stays(own, self, args, keywords):
    return stay(own, self, args, keywords)


@bug_in("read_byte")
def read_byte_is_signed(own, self, args, keywords):
    byte = own(*args, **keywords)
    return byte - 256 if byte > 127 else byte


@bug_in("read_byte")
def read_byte_stays(own, self, args, keywords):
    byte = own(*args, **keywords)
    _mmap.mmap.seek(self, -1, 1)
    return byte


@bug_in("find")
def find_ignores_end(own, self, args, keywords):
    return own(*args[:2], **keywords) if len(args) == 3 else own(*args, **keywords)


@bug_in("find")
def find_starts_at_zero(own, self, args, keywords):
    return own(args[0], 0, **keywords) if len(args) == 1 else own(*args, **keywords)


@bug_in("find")
def find_returns_none(own, self, args, keywords):
    found = own(*args, **keywords)
    return None if found == -1 else found


@bug_in("find")
def find_takes_a_number(own, self, args, keywords):
    args = list(args)
    if args and is_int(args[0]) and 0 <= args[0] < 256:
        args[0] = bytes([args[0]])
    return own(*args, **keywords)


@bug_in("rfind")
def rfind_is_find(own, self, args, keywords):
    return _mmap.mmap.find(self, *args, **keywords)


@bug_in("rfind")
def rfind_ignores_end(own, self, args, keywords):
    return own(*args[:2], **keywords) if len(args) == 3 else own(*args, **keywords)


@bug_in("read")
def read_stays(own, self, args, keywords):
    return stay(own, self, args, keywords)


@bug_in("read")
def read_takes_all(own, self, args, keywords):
    return own(*[-1 if is_int(arg) else arg for arg in args], **keywords)


@bug_in("read")
def read_refuses_none(own, self, args, keywords):
    if args == (None,):
        raise TypeError("an integer is required")
    return own(*args, **keywords)


@bug_in("read")
def read_of_a_negative_is_empty(own, self, args, keywords):
    return own(*[0 if is_int(arg) and arg < 0 else arg for arg in args], **keywords)


@bug_in("readline")
def readline_drops_the_newline(own, self, args, keywords):
    line = own(*args, **keywords)
    return line[:-1] if line.endswith(b"\n") else line


@bug_in("readline")
def readline_stays(own, self, args, keywords):
    return stay(own, self, args, keywords)


@bug_in("seek")
def seek_ignores_whence(own, self, args, keywords):
    return own(*args[:1], **keywords) if len(args) == 2 and is_int(args[1]) else own(*args, **keywords)


@bug_in("seek")
def seek_clamps_a_negative(own, self, args, keywords):
    args = (0,) if len(args) == 1 and is_int(args[0]) and args[0] < 0 else args
    return own(*args, **keywords)


@bug_in("seek")
def seek_stops_at_the_end(own, self, args, keywords):
    if len(args) == 1 and is_int(args[0]) and not is_closed(self) and args[0] > length(self):
        args = (length(self),)
    return own(*args, **keywords)


@bug_in("seek")
def seek_returns_the_position(own, self, args, keywords):
    own(*args, **keywords)
    return None if is_closed(self) else tell(self)


@bug_in("tell")
def tell_of_a_closed_map_is_zero(own, self, args, keywords):
    return 0 if is_closed(self) and not args and not keywords else own(*args, **keywords)


@bug_in("size")
def size_is_the_length(own, self, args, keywords):
    own(*args, **keywords)
    return length(self)


@bug_in("size")
def size_refuses(own, self, args, keywords):
    own(*args, **keywords)
    raise OSError(22, "Invalid argument")


@bug_in("flush")
def flush_returns_zero(own, self, args, keywords):
    own(*args, **keywords)
    return 0


@bug_in("write")
def write_returns_none(own, self, args, keywords):
    own(*args, **keywords)


@bug_in("write")
def write_stays(own, self, args, keywords):
    return stay(own, self, args, keywords)


@bug_in("write")
def write_cuts(own, self, args, keywords):
    if len(args) == 1 and isinstance(args[0], bytes) and not is_closed(self) and tell(self) <= length(self):
        args = (args[0][: length(self) - tell(self)],)
    return own(*args, **keywords)


@bug_in("write")
def write_takes_text(own, self, args, keywords):
    args = (args[0].encode(),) if len(args) == 1 and isinstance(args[0], str) else args
    return own(*args, **keywords)


@bug_in("move")
def move_does_nothing(own, self, args, keywords):
    return None if len(args) == 3 and all(map(is_int, args)) and not keywords else own(*args, **keywords)


@bug_in("move")
def move_swaps_its_arguments(own, self, args, keywords):
    return own(args[1], args[0], args[2], **keywords) if len(args) == 3 else own(*args, **keywords)


@bug_in("close")
def close_does_nothing(own, self, args, keywords):
    return None if not args and not keywords else own(*args, **keywords)


@bug_in("resize")
def resize_does_nothing(own, self, args, keywords):
    return None if len(args) == 1 and is_int(args[0]) and not keywords else own(*args, **keywords)


@bug_in("resize")
def resize_is_refused(own, self, args, keywords):
    raise SystemError("resizing is not available")


@bug_in("madvise")
def madvise_does_not_look(own, self, args, keywords):
    return None


@bug_in("__getitem__")
def getitem_refuses_a_negative(own, self, args, keywords):
    if is_int(args[0]) and args[0] < 0 and not is_closed(self):
        raise IndexError("mmap index out of range")
    return own(*args, **keywords)


@bug_in("__getitem__")
def getitem_returns_bytes(own, self, args, keywords):
    got = own(*args, **keywords)
    return bytes([got]) if isinstance(got, int) else got


@bug_in("__setitem__")
def setitem_wraps(own, self, args, keywords):
    key, value = args
    return own(key, value & 255 if is_int(value) and is_int(key) else value)


@bug_in("__setitem__")
def setitem_takes_bytes(own, self, args, keywords):
    key, value = args
    return own(key, value[0] if is_int(key) and isinstance(value, bytes) and len(value) == 1 else value)


@bug_in("__len__")
def len_of_a_closed_map_is_zero(own, self, args, keywords):
    return 0 if is_closed(self) else own()


@bug_in("__delitem__")
def delitem_is_ignored(own, self, args, keywords):
    return None


@bug_in("__enter__")
def enter_returns_none(own, self, args, keywords):
    own(*args, **keywords)


@bug_in("__exit__")
def exit_does_not_close(own, self, args, keywords):
    return None


def at_creation(body):
    def plant(base):
        def new(cls, *args, **keywords):
            args, keywords = body(args, keywords)
            return super(planted, cls).__new__(cls, *args, **keywords)

        planted = type(base)(base.__name__, (base,), {"__new__": new})
        return planted

    BUGS[body.__name__] = plant
    return body


@at_creation
def new_ignores_the_offset(args, keywords):
    return args, {name: value for name, value in keywords.items() if name != "offset" or not is_int(value) or value < 0}


@at_creation
def new_copies_nothing(args, keywords):
    write = {name: ACCESS_WRITE for name, value in keywords.items() if name == "access" and value == ACCESS_COPY}
    return args, dict(keywords, **write)


@bug
def closed_is_never_true(base):
    return type(base)(base.__name__, (base,), {"closed": property(lambda self: False)})


mmap = _mmap.mmap
for name in filter(None, os.environ.get("PLANTED", "").split("+")):
    mmap = BUGS[name](mmap)
