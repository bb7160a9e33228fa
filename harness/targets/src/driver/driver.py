"""Runs cases of mmapcheck on this interpreter's mmap, and reports their traces.

It reads JSON objects from standard input and writes JSON objects to standard output, one a line; protocol.md describes them.
It imports only the standard library, and only those parts that every Python since 2.7 has: the same file runs on
CPython 2.7 and 3, PyPy, RustPython, GraalPy, and on Windows and WebAssembly. It never receives an expected outcome.
"""

import gc
import io
import json
import operator
import os
import sys
import warnings

PROTOCOL = 2
# The exit status of a child that has answered its case: one that no target would choose.
ANSWERED = 87
# A longer map is read only after operations that are meant to change bytes. In bytes.
LONG = 1024
# The bytes of a longer map or file are not reported, only their number and digest. In bytes.
KEPT = 1 << 18
# Some readers of JSON round numbers of more than 53 bits.
SAFE = 1 << 53
PYTHON_2 = sys.version_info[0] == 2
# The bits of the type of a map, and the type of private memory that Linux may drop.
MAP_TYPE, MAP_DROPPABLE = 0xF, 8

try:
    from zlib import crc32
except ImportError:
    crc32 = None
try:
    INTEGERS = (int, long)
    TEXT = unicode
except NameError:
    INTEGERS = (int,)
    TEXT = str
# Python 2 keeps the last exception, and with it every object that its frames name, until it is cleared.
forget = getattr(sys, "exc_clear", None)


def read_all(descriptor):
    """The bytes of a pipe until every writer has closed it."""
    parts = []
    while not parts or parts[-1]:
        parts.append(os.read(descriptor, 1 << 16))
    os.close(descriptor)
    return b"".join(parts)


def is_end(answer):
    """Whether this is an end in place of an outcome, so that the case ends with it."""
    return type(answer) is list and answer[0] in ("?", "died", "exited")


def give_up(reason):
    """Ends this process, which the target has damaged. The last line on standard error is the reason."""
    os.write(2, ("\n" + reason + "\n").encode("ascii"))
    os._exit(1)


class Unsupported(Exception):
    """The driver cannot run a step, for this reason."""


def no_subclass(*args, **keywords):
    raise Unsupported("the class cannot be subclassed")


def from_latin(text):
    return text.encode("latin-1")


def to_latin(data):
    return data.decode("latin-1")


def digest(data):
    """zlib's CRC-32, with and without the module zlib."""
    if crc32 is not None:
        return crc32(data) & 0xFFFFFFFF
    value = 0xFFFFFFFF
    for byte in bytearray(data):
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def content(data, whole):
    seen = digest(data) if crc32 is None or PYTHON_2 else crc32(data)
    return [len(data), seen, to_latin(data) if whole and len(data) <= KEPT else None]


def encode(value):
    """A value in the protocol: a JSON value if JSON has its type, else a list that starts with a tag."""
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if PYTHON_2 and kind is long:
        return ["L", str(value)]
    if kind in INTEGERS:
        return value if -SAFE < value < SAFE else ["i", str(value)]
    if kind is bytes:
        return ["b", to_latin(value)]
    if kind is TEXT:
        return ["s", plain_text(value)]
    if kind is list:
        return ["l"] + [encode(item) for item in value]
    if kind is tuple:
        return ["t"] + [encode(item) for item in value]
    return ["o", kind.__name__]


def plain_text(text):
    """Text without lone surrogates, which readers of JSON refuse."""
    if isinstance(text, bytes):
        return text.decode("utf-8", "replace")
    return text.encode("utf-8", "backslashreplace" if not PYTHON_2 else "replace").decode("utf-8")


def raised(error):
    """A raised exception: its class as a traceback names it, errno, text."""
    kind = type(error)
    name, module = kind.__name__, getattr(kind, "__module__", "")
    if not PYTHON_2 and module not in ("builtins", "__main__", None):
        name = module + "." + name
    errno = getattr(error, "errno", None) if isinstance(error, EnvironmentError) else None
    try:
        text = plain_text(str(error))
    except Exception as broken:
        text = "str() of it raises " + type(broken).__name__
    return ["!", name, errno if type(errno) is int else None, text]


class Operation(object):
    """A row of the table. Its form is compiled once for each shape of arguments."""

    def __init__(self, row, scope):
        self.name = row["name"]
        self.form = row["form"]
        self.on = row["on"] if row["on"] != "module" else None
        self.binds = row["binds"]
        self.changes = row["changes"]
        self.is_map = self.on == "map"
        self.is_file = self.on == "file"
        self.drops = self.form == "del $"
        self.closes_file = row["name"] == "file-close"
        self.forks = row["name"] == "fork"
        self.waits = row["name"] == "wait"
        # A file that loses pages leaves dead pages in its maps.
        self.cuts = row["name"] in ("file-truncate", "open", "resize")
        self.limits = self.form.startswith("resource.setrlimit")
        self.names_files = self.form.startswith(("open(", "os."))
        self.scope = scope
        self.made = {}

    def function(self, shape):
        """The function for a shape of arguments: their number, the keywords, and the omitted ones."""
        made = self.made.get(shape)
        if made is None:
            made = self.made[shape] = self.make(*shape) if type(shape) is tuple else self.make(shape, (), ())
        return made

    def make(self, count, keywords, omitted):
        words = [""] * (count - len(keywords)) + [word + "=" for word in keywords]
        form = self.form.replace("$*", ", ".join("%sa[%d]" % (word, i) for i, word in enumerate(words)))
        for i in range(count):
            form = form.replace("$%d" % i, "" if i in omitted else "a[%d]" % i)
        form = form.replace("$", "s")
        try:
            compile(form, "<step>", "eval")
            source = "def step(s, a): return " + form
        except SyntaxError:
            source = "def step(s, a):\n " + form
        names = {}
        exec(compile(source, "<step>", "exec"), self.scope, names)
        return names["step"]


class Census(object):
    """Counts the resources of this process, if the system reports them, and the stray files in its working folder."""

    DESCRIPTORS = "/proc/self/fd"

    def __init__(self, counted):
        self.known = set()
        # None if the resources cannot be counted: by an interpreter that collects garbage, an object may outlive its case.
        self.memory = None
        # The resources after the case before, if they were counted.
        self.last = None
        try:
            if counted and os.listdir(self.DESCRIPTORS):
                self.memory = io.open("/proc/self/statm", "rb", buffering=0)
        except (OSError, IOError):
            pass

    def take(self):
        """The numbers of open descriptors and of mapped pages; None if they cannot be counted."""
        if self.memory is None:
            return None
        # Since Linux 6.2, the size of the folder is the number of descriptors.
        descriptors = os.stat(self.DESCRIPTORS).st_size or len(os.listdir(self.DESCRIPTORS))
        self.memory.seek(0)
        return descriptors, int(self.memory.read(64).split()[0])

    def leaks(self, before):
        """The increase of the resources, and the number of stray files, which are removed so that they are counted once."""
        if before is None:
            self.last = None
            return None
        now = self.take()
        # The outcomes of a case take memory, too: memory that was already mapped after the case before is not a leak.
        if self.last is not None:
            before = before[0], max(before[1], self.last[1])
        self.last = now
        strays = [name for name in os.listdir(".") if name not in self.known]
        for name in strays:
            if not os.path.isdir(name):
                os.remove(name)
        return [now[0] - before[0], now[1] - before[1], len(strays)]


class Limits(object):
    """The resource limits that a case sets. They hold only while one of its steps runs."""

    NAMES = ["RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS"]

    def __init__(self):
        self.inside = False
        self.asked = None
        try:
            import resource

            self.resource = resource
            self.kinds = [getattr(resource, name) for name in self.NAMES]
            self.own = [resource.getrlimit(kind) for kind in self.kinds]
        except (ImportError, AttributeError):
            # No step can set a limit.
            pass

    def set(self, limits):
        for kind, limit in zip(self.kinds, limits):
            self.resource.setrlimit(kind, limit)

    def allowed(self, operation, args):
        """The arguments of a step that sets a limit: a process may set none above its hard limit."""
        for name, (_, hard) in zip(self.NAMES, self.own):
            if name in operation.form and hard != self.resource.RLIM_INFINITY and type(args[0]) is int:
                return [min(args[0], hard)] + list(args[1:])
        return args

    def call(self, operation, function, on, args):
        """Runs a step under the limits that the case has set, and records those that it sets."""
        if self.inside or (self.asked is None and not operation.limits):
            return function(on, args)
        self.inside = True
        try:
            if operation.limits:
                args = self.allowed(operation, args)
            if self.asked is not None:
                self.set(self.asked)
            return function(on, args)
        finally:
            self.inside = False
            if operation.limits:
                self.asked = [self.resource.getrlimit(kind) for kind in self.kinds]
            self.set(self.own)


class SpecialFile(object):
    """An open device, folder, pipe or socket."""

    def __init__(self, descriptor, source, mode):
        self.descriptor = descriptor
        self.source = source
        self.writes = "+" in mode or "w" in mode
        self.known = self.identity()

    def identity(self):
        try:
            seen = os.fstat(self.descriptor)
        except OSError:
            return None
        return seen.st_dev, seen.st_ino, seen.st_mode


class Map(object):
    """A map of the case, and the part of its memory that can be read."""

    def __init__(self, given, target):
        self.target = target
        self.unreadable = False
        self.file = None
        self.offset = 0
        self.pages = None
        self.data = None
        try:
            self.understand(given)
        except (TypeError, ValueError, AttributeError, KeyError):
            pass

    def understand(self, given):
        # Not int(): it would read the memory of a view, which may be dead.
        constant = self.target.constant
        prot = given.get("prot")
        if prot is not None:
            self.unreadable = not operator.index(prot) & (constant("PROT_READ", 1) | constant("PROT_WRITE", 2))
        flags = operator.index(given.get("flags", constant("MAP_SHARED", 1)))
        if self.target.platform != "linux":
            return
        anonymous = given.get("file") is None or flags & constant("MAP_ANONYMOUS", 32)
        device = given.get("special")
        if not anonymous:
            self.file = given["file"]
            self.offset = operator.index(given.get("offset", 0))
        elif device and not flags & constant("MAP_ANONYMOUS", 32) and not device.writes:
            # A map of the device of zeros that cannot become writable is private.
            pass
        elif not flags & constant("MAP_PRIVATE", 2) and flags & MAP_TYPE != MAP_DROPPABLE and given.get("access") != constant("ACCESS_COPY", 3):
            self.pages = True
            if device and not flags & constant("MAP_ANONYMOUS", 32):
                # The shared memory of the device begins where the file would.
                self.offset = operator.index(given.get("offset", 0))

    def made(self, thing):
        self.object = thing
        if self.pages:
            self.pages = max(0, self.target.whole_pages(len(thing)) - self.offset)

    def readable(self, length):
        """The number of bytes that can be read: pages beyond the end of the file are dead."""
        if self.file is not None:
            return min(length, max(0, self.target.whole_pages(self.file.seek(0, 2)) - self.offset))
        if self.pages is not None:
            return min(length, self.pages)
        return length


def text_of(points):
    """The text of code points; in Python 2 the bytes of its UTF-8."""
    escapes = "".join("\\U%08x" % point for point in points)
    text = escapes.encode("ascii").decode("unicode-escape")
    return text.encode("utf-8") if PYTHON_2 else text


class Target(object):
    """The class under test, and the case that runs on it."""

    # The modules that operations use.
    MODULES = (
        "array collections.abc copy ctypes gc hashlib io operator os pickle re resource socket struct weakref zlib"
    ).split()

    def __init__(self, hello):
        self.module = __import__(hello["module"], None, None, [hello["attr"]])
        self.kind = getattr(self.module, hello["attr"])
        if PYTHON_2:
            self.platform = sys.platform.rstrip("0123456789")
        else:
            self.platform = sys.platform
        # A class of another name does not make its module one in place of mmap.
        self.constants_module = self.module if hello["attr"] == "mmap" else self.own_module()
        # The sizes of the system: those of the module are compared with them.
        own = self.own_module()
        self.page = os.sysconf("SC_PAGESIZE") if hasattr(os, "sysconf") else own.PAGESIZE
        self.granule = self.page if os.name == "posix" else own.ALLOCATIONGRANULARITY
        self.keywords = hello["constructor"]
        scope, self.lacks = self.scope(hello["classes"])
        self.declined = self.declines(hello["operations"], scope)
        self.index = scope["Index"]
        self.classes = scope
        self.after = {"b": scope["BufferAfter"], "n": scope["IndexAfter"]}
        self.operations = [Operation(row, scope) for row in hello["operations"]]
        self.wrong_types = [eval(compile(source, "<wrong type>", "eval"), scope) for source in hello["wrong_types"]]
        self.special_files = [self.open_special(source, mode, scope) for source, mode in hello["special_files"]]
        self.array = scope.get("array")
        self.counted = self.counts_references()
        # The number of cases since the last collection.
        self.uncollected = 0
        self.decoders = {
            "b": self.carrier,
            "x": lambda arg: self.index(int(arg[1])),
            "o": lambda arg: self.classes[arg[1]](self.number(arg[2])),
            "n": lambda arg: int(arg[1]),
            "a": self.callback,
            "c": lambda arg: self.constants(arg),
            "k": lambda arg: self.own_constants(arg),
            "e": lambda arg: float(arg[1]),
            "u": lambda arg: text_of(arg[1]),
            "t": lambda arg: self.wrong_types[arg[1]],
            "fd": lambda arg: self.open_file(arg[1]).fileno(),
            "s": self.lend,
            "f": lambda arg: self.bound("file", arg[1]),
            "m": lambda arg: self.bound("map", arg[1]).object,
            "v": lambda arg: self.bound("view", arg[1]),
            "w": lambda arg: str(arg[1]),
            "p": lambda arg: arg[1] * self.page + arg[2],
            "g": lambda arg: arg[1] * self.granule + arg[2],
            "": lambda arg: None,
        }
        os.chdir(hello["folder"])
        self.folder = os.getcwd()
        self.census = Census(self.counted)
        self.limits = Limits()

    def own_module(self):
        """The module mmap of the interpreter; that of the class if there is none."""
        try:
            return __import__("mmap")
        except ImportError:
            return self.module

    def scope(self, classes):
        """The names that steps use, and the modules that cannot be imported."""
        lacks = []

        module = self.constants_module

        class Module(object):
            mmap = self.kind

            def __getattr__(self, name):
                return getattr(module, name)

        stand_in = Module()
        scope = {"mmap": stand_in, "open": io.open, "__name__": "__main__"}
        for name in self.MODULES:
            try:
                scope[name.split(".")[0]] = __import__(name)
            except ImportError:
                lacks.append(name)
        for definition in classes.split("\n\n"):
            try:
                exec(compile(definition + "\n", "<classes>", "exec"), scope)
            except Exception:
                if definition.startswith("class Sub("):
                    scope["Sub"] = no_subclass
        return scope, lacks

    def has_slots(self):
        """Whether the class has slots of C for its items. Those of a class of Python call its methods, even inherited ones."""
        names, own = ["__len__", "__getitem__", "__setitem__", "__delitem__"], getattr(self.kind, "__dict__", {})
        return all(type(own.get(name)) is type(object.__repr__) for name in names)

    def declines(self, operations, scope):
        """The operations that need slots of C, or ctypes.pythonapi, without them."""
        has = "api" in scope and self.has_slots()
        return [row["name"] for row in operations if row["form"].startswith(("api.", "Buffer.")) and not has]

    def open_special(self, source, mode, scope):
        """A special file, which stays open; None if it cannot be opened."""
        try:
            return SpecialFile(eval(compile(source, "<special file>", "eval"), scope), source, mode)
        except Exception:
            return None

    def edition(self):
        """The version of the module, if it has its own."""
        name = self.module.__name__
        edition = getattr(self.module, "__version__", None)
        if edition is None and name not in ("mmap", "_mmap"):
            try:
                from importlib.metadata import version

                edition = version(name.split(".")[0])
            except Exception:
                pass
        return edition if isinstance(edition, str) else None

    @staticmethod
    def counts_references():
        """Whether an object is destroyed with its last reference."""
        gone = []

        class Canary(object):
            def __del__(self):
                gone.append(True)

        canary = Canary()
        del canary
        return bool(gone)

    def ready(self):
        implementation = getattr(getattr(sys, "implementation", None), "name", None)
        if implementation is None:
            implementation = "pypy" if hasattr(sys, "pypy_version_info") else "cpython"
        own = getattr(sys, "pypy_version_info", None)
        if own is None and implementation != "cpython":
            own = getattr(getattr(sys, "implementation", None), "version", None)
        return {
            "protocol": PROTOCOL,
            "implementation": implementation,
            "release": ".".join(str(part) for part in own[:3]) if own else None,
            "version": list(sys.version_info[:3]),
            "platform": self.platform,
            "page": self.page,
            "granule": self.granule,
            "methods": sorted(name for name in dir(self.kind) if not name.startswith("_")),
            "constants": sorted(name for name in dir(self.constants_module) if name.isupper()),
            "lacks": self.lacks,
            "declines": {"operations": self.declined, "parameters": [], "arguments": []},
            "counted": self.counted,
            "edition": self.edition(),
            "development": getattr(sys.flags, "dev_mode", False) or hasattr(sys, "gettotalrefcount"),
        }

    # Arguments.

    def carrier(self, arg):
        data = from_latin(arg[2])
        how = arg[1]
        if how == "bytes":
            return data
        if how == "bytearray":
            return bytearray(data)
        if how == "memoryview":
            return memoryview(data)
        if how == "strided":
            return memoryview(data)[::2]
        if self.array is None:
            raise Unsupported("no module array")
        return self.array.array("B", data)

    def constant(self, name, value):
        return getattr(self.constants_module, name, value)

    def constants(self, arg):
        bits = 0
        for name, value in arg[1]:
            bits |= self.constant(name, value)
        return bits

    def own_constants(self, arg):
        bits = 0
        for name, _ in arg[1]:
            bits |= getattr(self.constants_module, name)
        return bits

    def number(self, arg):
        return self.decoders[arg[0]](arg) if type(arg) is list else arg

    def callback(self, arg):
        """A callback argument: it runs a step while it is converted. An exception of the step propagates."""
        value, step = arg[1:]
        kind = "n"
        if type(value) is list:
            kind = "b" if value[0] == "b" else "n"
            value = self.decoders[value[0]](value)
        return self.after[kind](value, lambda: self.perform(self.operations[step[0]], step))

    # Names.

    def bound(self, kind, slot):
        thing = self.names[kind].get(slot)
        if thing is None:
            raise Unsupported("the name is not bound")
        return thing

    def open_file(self, slot):
        thing = self.bound("file", slot)
        if thing.closed:
            raise Unsupported("the file is closed")
        return thing

    def lend(self, arg):
        """The descriptor of a special file."""
        special = self.special_files[arg[1]]
        if special is None:
            raise Unsupported("the interpreter cannot open this special file")
        self.lent.append(special)
        return special.descriptor

    def whole_pages(self, size):
        return (size + self.page - 1) // self.page * self.page

    # A case.

    def stay(self):
        """Ends this process if the target has left the working folder: the files of another one are not the case's."""
        try:
            folder = os.getcwd()
        except (OSError, IOError):
            folder = None
        if folder != self.folder:
            give_up("the target changed or removed the working folder")
        for special in self.lent:
            if special.identity() != special.known:
                give_up("the target closed or replaced the descriptor of " + special.source)

    def begin(self, files):
        self.lent = []
        self.stay()
        self.names = {"map": {}, "file": {}, "view": {}, "iter": {}}
        self.reach = 0
        self.shrunk = False
        self.limits.asked = None
        self.watching = []
        for slot, (name, data, mode) in enumerate(files):
            name = str(name)
            self.census.known.add(name)
            if not self.counted and os.path.exists(name):
                # A map of an earlier case may still exist: it keeps the old file.
                os.remove(name)
            opened = io.open(name, "w+b" if mode == "w+b" else "wb", buffering=0)
            if data:
                opened.write(from_latin(data))
            if mode not in ("w+b", "wb"):
                opened.close()
                opened = io.open(name, mode, buffering=0)
            self.names["file"][slot] = opened
            # Snapshots read the file by a descriptor, since a step may unlink its name.
            self.watching.append(io.open(name, "rb", buffering=0))

    def run(self, case, out):
        """Runs a case. `out`, if given, receives a line for each step as soon as it has run."""
        self.whole = case["detail"] == "full"
        self.every = case["detail"] != "quick"
        held = self.census.take() if self.every else None
        self.begin(case["files"])
        steps, tell = [], None
        if out is not None:

            def tell(step):
                out({"id": case["id"], "looks": True} if step is None else {"id": case["id"], "step": step})

        self.do(case["steps"], steps, tell)
        last = self.look(True)
        closing = [self.close(slot) for slot in range(self.reach)]
        self.end()
        files = self.files()
        for watch in self.watching:
            watch.close()
        self.stay()
        leaks = self.census.leaks(held)
        return {"id": case["id"], "steps": steps, "last": last, "closing": closing, "files": files, "leaks": leaks}

    def do(self, steps, done, tell):
        """Runs steps until one has an end in place of an outcome, and appends their outcomes and snapshots to `done`."""
        before, at, count, operations = None, 0, len(steps), self.operations
        while at < count:
            step = steps[at]
            operation = operations[step[0]]
            if operation.forks:
                end = at + 1
                while end < count and not operations[steps[end][0]].waits:
                    end += 1
                self.fork(steps[at:end], done, tell)
                before, at = None, end
            else:
                answer = self.answer(operation, step)
                if tell is not None:
                    # A death while the state is read does not happen in the step.
                    tell(None)
                left = self.look(operation.changes)
                if left == before:
                    done.append((answer, 0))
                else:
                    done.append((answer, left))
                    before = left
                if tell is not None:
                    self.stay()
                    tell(done[-1])
                at += 1
            if is_end(done[-1][0]):
                break

    def fork(self, steps, done, tell):
        """Forks, and runs the steps after the fork in the child."""
        # The child may truncate files, so that the maps of the parent get dead pages.
        self.shrunk = True
        try:
            reads, writes = os.pipe()
            child = os.fork()
        except Exception as error:
            done.append((["?", "no child process: " + str(error)], self.look(False)))
            return
        if child == 0:
            self.be_child(steps[1:], writes, tell)
        os.close(writes)
        told = [json.loads(line) for line in read_all(reads).decode("ascii").splitlines()]
        done.extend(told)
        if len(told) < len(steps) and not (told and is_end(told[-1][0])):
            status = os.waitpid(child, 0)[1]
            end = ["died", os.WTERMSIG(status)] if os.WIFSIGNALED(status) else ["exited", os.WEXITSTATUS(status)]
            done.append((end, self.look(False)))
            if tell is not None:
                tell(done[-1])

    def be_child(self, steps, writes, tell):
        """Runs the steps, reports each, and exits."""
        try:

            def told(step):
                if step is None:
                    return
                line = (json.dumps(step) + "\n").encode("ascii")
                while line:
                    line = line[os.write(writes, line) :]
                if tell is not None:
                    tell(step)

            told((None, self.look(False)))
            self.do(steps, [], told)
        finally:
            os._exit(0)

    def answer(self, operation, step):
        try:
            return encode(self.perform(operation, step))
        except Unsupported as error:
            return ["?", str(error)]
        except Exception as error:
            return self.failed(error)
        finally:
            # The last exception of Python 2 would keep objects that the case drops.
            if forget:
                forget()

    def perform(self, operation, step):
        """Runs a step, perhaps during the conversion of another one's arguments. An exception is its outcome."""
        args = step[3]
        on = None
        try:
            if operation.on is not None:
                on = self.names[operation.on].get(step[1])
                if on is None:
                    raise Unsupported("the name is not bound")
                if operation.drops:
                    on = None
                    return self.drop(operation.on, step[1])
                if operation.is_map:
                    on = on.object
                elif operation.is_file and on.closed and not operation.closes_file:
                    raise Unsupported("the file is closed")
            if operation.name in self.declined:
                raise Unsupported("no slots of C, or no ctypes.pythonapi")
            if operation.cuts:
                self.shrunk = True
            if operation.names_files:
                self.stay()
            if operation.binds is None:
                return self.limits.call(operation, self.compiled(operation, step, args), on, args)
            if operation.binds == "map":
                return self.construct(operation, step)
            function = self.compiled(operation, step, args)
            return self.name(operation.binds, step[2], self.limits.call(operation, function, on, args))
        finally:
            # The frames of an exception that propagates must not keep the objects of this step.
            on = None
            del args[:]

    def failed(self, error):
        if self.lacks and type(error) is NameError:
            for name in self.lacks:
                if repr(name.split(".")[0]) in str(error):
                    return ["?", "no module " + name]
        return raised(error)

    def compiled(self, operation, step, args):
        """The function of a step. The objects that the arguments stand for replace them."""
        shape, omitted = len(args), None
        for i, arg in enumerate(args):
            if type(arg) is list:
                if arg[0] == "":
                    omitted = (omitted or ()) + (i,)
                args[i] = self.decoders[arg[0]](arg)
        if omitted or len(step) > 4:
            shape = (shape, tuple(step[4]) if len(step) > 4 else (), omitted or ())
        return operation.made.get(shape) or operation.function(shape)

    def construct(self, operation, step):
        args, keywords = step[3], list(step[4]) if len(step) > 4 else []
        names = self.keywords[: len(args) - len(keywords)] + keywords
        passed = [arg for name, arg in zip(names, args) if name == "fileno" and type(arg) is list]
        files = [arg[1] for arg in passed if arg[0] == "fd"]
        function = self.compiled(operation, step, args)
        # Only the map may run a callback argument, so that its plain value is kept here.
        given = dict((name, getattr(arg, "value", arg)) for name, arg in zip(names, args))
        given["file"] = self.watch(files[0]) if files else None
        special = [arg[1] for arg in passed if arg[0] == "s"]
        given["special"] = self.special_files[special[0]] if special else None
        if special:
            # A map of the device of zeros at an offset has dead pages from the start.
            self.shrunk = True
        made = Map(given, self)
        made.made(self.limits.call(operation, function, None, args))
        given.clear()
        self.reach = max(self.reach, step[2] + 1)
        return self.name("map", step[2], made)

    def name(self, kind, slot, thing):
        again = slot in self.names[kind]
        self.names[kind][slot] = thing
        if again:
            self.collect(kind)

    def drop(self, kind, slot):
        del self.names[kind][slot]
        self.collect(kind)

    def collect(self, kind):
        """Destroys unreferenced objects, as reference counting would have done, where that can be seen: a view stops others from
        closing its map, and Windows keeps a mapped file as long as it is."""
        if not self.counted and (kind == "view" or self.platform != "linux"):
            gc.collect()

    def let_go(self):
        """Does what the destruction of the objects of the case does that can be seen. A collection takes longer than most cases, so
        that many cases share one."""
        closing = [view.release for view in self.names["view"].values() if hasattr(view, "release")]
        closing += [made.object.close for made in self.names["map"].values() if hasattr(made.object, "close")]
        for close in closing:
            try:
                close()
            except Exception:
                pass
        self.uncollected += 1
        # What is left takes descriptors, which a limit counts.
        if self.uncollected == 16 or self.limits.asked is not None or self.platform != "linux":
            self.uncollected = 0
            gc.collect()

    def close(self, slot):
        made = self.names["map"].get(slot)
        if made is None:
            return None
        try:
            return [encode(made.object.close())]
        except Exception as error:
            return [raised(error)]
        finally:
            made = None
            if forget:
                forget()

    def end(self):
        if not self.counted:
            self.let_go()
        for kind in ("iter", "view", "map"):
            self.names[kind].clear()
        for opened in self.names["file"].values():
            opened.close()
        self.names["file"].clear()

    # Snapshots.

    def look(self, closely):
        named, maps = self.names["map"], []
        for slot in range(self.reach):
            maps.append(self.state(named[slot], closely) if slot in named else None)
        return [maps, self.files() if self.every else []]

    def state(self, made, closely):
        thing = made.object
        length = None
        try:
            pos = thing.tell()
            length = -1
            length = len(thing)
        except Exception as error:
            shown = self.closed(thing, "tell()" if length is None else "len()", error)
            if forget:
                forget()
            return shown
        if type(pos) not in INTEGERS:
            return ["?", "tell() is " + type(pos).__name__]
        if made.unreadable or not (closely or length <= LONG or self.every):
            return [pos, length, None]
        try:
            data = thing[0 : made.readable(length) if self.shrunk else length]
        except Exception as error:
            return ["?", "its bytes raise " + raised(error)[1]]
        if type(data) is not bytes:
            return [pos, length, None]
        # A comparison with the bytes of the last snapshot takes a tenth of the time of a digest.
        if data != made.data:
            made.data, made.content = data, content(data, self.whole)
        return [pos, length, made.content]

    def closed(self, thing, what, error):
        """The state of a map of which tell() or len() raises: closed, if two of tell(), len() and `closed` say so, or if `closed`
        does not exist. The third may be wrong, and then shows that where a step asks it."""
        try:
            closed = thing.closed
        except AttributeError:
            closed = PYTHON_2 and isinstance(error, ValueError)
        except Exception as other:
            return ["?", "closed raises " + type(other).__name__]
        if type(closed) is not bool:
            return ["?", "closed is " + type(closed).__name__]
        if closed or what == "tell()" and self.lacks_length(thing):
            return 0
        shown = raised(error)
        return ["?", what + " raises " + shown[1] + ": " + shown[3]]

    def lacks_length(self, thing):
        try:
            len(thing)
        except Exception:
            return True
        return False

    def watch(self, slot):
        """The object by which snapshots read the file of a file object, whose name may be another file's by now."""
        if self.platform == "linux":
            descriptor = self.names["file"][slot].fileno()
            for watch in self.watching:
                if os.path.sameopenfile(watch.fileno(), descriptor):
                    return watch

    def files(self):
        states = []
        for watch in self.watching:
            watch.seek(0)
            states.append(content(watch.read(), self.whole))
        return states


def private_output():
    """Keeps standard output for replies: output of the target goes to standard error."""
    try:
        ours = os.dup(1)
        os.dup2(2, 1)
        return io.open(ours, "wb", buffering=0)
    except (AttributeError, OSError):
        return getattr(sys.stdout, "buffer", sys.stdout)


def in_a_child(target, case, send):
    """Runs a case in a child, so that this process survives the death of the case. False if there is no fork."""
    try:
        child = os.fork()
    except (AttributeError, OSError):
        return False
    if child == 0:
        send(target.run(case, send))
        os._exit(ANSWERED)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        send({"id": case["id"], "died": os.WTERMSIG(status)})
    elif os.WEXITSTATUS(status) != ANSWERED:
        os._exit(os.WEXITSTATUS(status))
    return True


def main():
    out = private_output()
    # A module that mmapcheck made stands beside this script. Python looks there by itself, but not with -P.
    sys.path.append(os.path.dirname(os.path.abspath(sys.argv[0])))

    write = json.JSONEncoder(separators=(",", ":")).encode

    def send(reply):
        out.write((write(reply) + "\n").encode("ascii"))
        out.flush()

    receive = io.open(0, "rb", closefd=False).readline
    try:
        target = Target(json.loads(receive().decode("utf-8")))
    except Exception as error:
        send({"failed": ": ".join(raised(error)[1::2])})
        return
    send(target.ready())
    # A warning is not an outcome of a step, even if the user asked to make exceptions of warnings (-W error, -bb).
    warnings.simplefilter("ignore")
    # Cases consist of many small lists, which the garbage collector would traverse again and again.
    try:
        gc.set_threshold(20000)
    except (AttributeError, NotImplementedError):
        pass
    while True:
        line = receive()
        if not line:
            return
        case = json.loads(line.decode("utf-8"))
        if not (case["isolate"] and in_a_child(target, case, send)):
            send(target.run(case, send if case["tell"] else None))


main()
