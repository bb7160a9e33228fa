"""Planted harms to the worker process: at `readline`, or, where the harm is named `import-...`, at the import."""
import ctypes
import fcntl
import mmap as real
import os

from harms import HARM, NUMBER, harms, once, record


def replies():
    """The descriptor that replies are written to: the only pipe besides standard output and error that can be written."""
    for name in os.listdir("/proc/self/fd"):
        try:
            is_pipe = os.readlink("/proc/self/fd/" + name).startswith("pipe:")
            writes = fcntl.fcntl(int(name), fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
        except OSError:
            continue
        if is_pipe and writes and int(name) > 2:
            return int(name)


HARMS = harms(lambda data: os.write(replies(), data))
# A fault of memory; `segfault` is a signal that is sent.
HARMS["fault"] = lambda: ctypes.string_at(8)
calls = 0


class mmap(real.mmap):
    def readline(self):
        global calls
        calls += 1
        if HARM in HARMS and (not NUMBER or once(calls)):
            record()
            HARMS[HARM]()
        return super().readline()


if HARM.startswith("import-"):
    record()
    HARMS[HARM.partition("-")[2]]()
