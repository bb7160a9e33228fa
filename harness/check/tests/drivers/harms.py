"""Harms that a process can do to its supervisor. The fake driver and the hostile module both do them.

FAKE names the harm. `harm@number` does it only once: in the case of that number, or at that call. MARK is a path: the file
of this name says that the harm was done, and each process that does harm leaves a file `MARK-pid`.
"""

import os
import signal
import time

HARM, _, NUMBER = os.environ["FAKE"].partition("@")
MARK = os.environ["MARK"]


def record():
    with open("%s-%d" % (MARK, os.getpid()), "w"):
        pass


def once(number):
    """Whether the harm that is to be done once is to be done at this number."""
    if number != int(NUMBER) or os.path.exists(MARK):
        return False
    with open(MARK, "w"):
        return True


def write_for_ever(write, data):
    while True:
        write(data)


def flood(descriptor):
    # As a program that is not Python's does.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    write_for_ever(lambda data: os.write(descriptor, data), b"all is well\n" * 10000)


def eat():
    # Memory that is asked for and not touched costs the machine nothing.
    eaten = []
    while True:
        eaten.append(bytes(1 << 28))


def leave_child():
    """Leaves a child that holds every pipe and is in a process group of its own."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        record()
        time.sleep(3600)
        os._exit(0)
    while not os.path.exists("%s-%d" % (MARK, child)):
        time.sleep(0.001)


def leave_child_and_exit():
    leave_child()
    os._exit(3)


def close_all():
    os.closerange(0, 1 << 16)
    time.sleep(3600)


def harms(write):
    """Each harm by its name. `write` writes bytes where replies are written."""
    return {
        "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
        "exit": lambda: os._exit(3),
        "hang": lambda: time.sleep(3600),
        "garbage": lambda: write(b"Hello!\n"),
        "half-line": lambda: write(b"Hello, "),
        "endless-line": lambda: write_for_ever(write, b"x" * 65536),
        "endless-lines": lambda: write_for_ever(write, b"x\n" * 32768),
        "nesting": lambda: write(b'{"id":' * 200000 + b"\n"),
        "errors": lambda: flood(2),
        "output": lambda: flood(1),
        "memory": eat,
        "close": close_all,
        "child": leave_child_and_exit,
        "another-request": lambda: write(b'{"id":999,"message":{"Failed":"no"}}\n'),
    }
