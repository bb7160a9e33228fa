"""The driver script, made to do harm: FAKE says how.

It does what the real driver does, but for one thing: what it is at when it meets `readline`, or how it introduces itself.
FAKE is the harm, and `harm@number` does it only in the case of that number, and only once, which MARK notes.
"""

import io
import json
import os
import signal
import sys
import time

HARM, _, NUMBER = os.environ["FAKE"].partition("@")
driver = {"__name__": "__main__"}
with io.open(sys.argv[1], encoding="utf-8") as script:
    exec(compile(script.read().replace("\nmain()\n", "\n"), "driver.py", "exec"), driver)
out = driver["private_output"]()
driver["private_output"] = lambda: out
Target = driver["Target"]


def write_for_ever(data):
    while True:
        out.write(data)


def flood_errors():
    # As a program that is not Python's does.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    while True:
        os.write(2, b"all is well\n" * 10000)


def eat():
    # Memory that is asked for and not touched costs the machine nothing.
    eaten = []
    while True:
        eaten.append(bytes(1 << 28))


def close_output():
    out.close()
    time.sleep(3600)


HARMS = {
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "exit": lambda: os._exit(3),
    "hang": lambda: time.sleep(3600),
    "garbage": lambda: out.write(b"Hello!\n"),
    "endless-line": lambda: write_for_ever(b"x" * 65536),
    "endless-lines": lambda: write_for_ever(b"x\n" * 32768),
    "errors": flood_errors,
    "memory": eat,
    "close": close_output,
}
INTRODUCTIONS = {
    "version": lambda ready: dict(ready, protocol=1),
    "platform": lambda ready: dict(ready, platform="plan9"),
    "python-4": lambda ready: dict(ready, version=[4, 0, 0]),
    "no-introduction": lambda ready: {"id": 1},
    "no-json": lambda ready: out.write(b"Python 3 at your service\n") and None,
    "silent": lambda ready: time.sleep(3600),
}


def due(case):
    """Whether the harm is to be done in this case."""
    if not NUMBER:
        return True
    if case["id"] != int(NUMBER) or os.path.exists(os.environ["MARK"]):
        return False
    with open(os.environ["MARK"], "w"):
        return True


run, answer, ready = Target.run, Target.answer, Target.ready


def harmful_run(self, case, tell):
    self.due = due(case)
    if self.due and NUMBER:
        HARMS.get(HARM, lambda: None)()
    if HARM == "nothing":
        nothing = [None, [[], []]]
        return {"id": case["id"], "steps": [nothing] * len(case["steps"]), "last": [[], []], "closing": [], "files": [
            [0, 0, None] for _ in case["files"]], "leaks": None}
    reads = any(self.operations[step[0]].form == "$.readline($*)" for step in case["steps"])
    reply = run(self, case, tell)
    if self.due and (reads or NUMBER):
        if HARM == "another-case":
            reply["id"] += 1
        if HARM == "no-files":
            reply["files"] = []
        if HARM == "short":
            del reply["steps"][-1]
    return reply


def harmful_answer(self, operation, step):
    if self.due and not NUMBER and operation.form == "$.readline($*)":
        HARMS.get(HARM, lambda: None)()
    return answer(self, operation, step)


Target.run, Target.answer = harmful_run, harmful_answer
if HARM in INTRODUCTIONS:
    Target.ready = lambda self: INTRODUCTIONS[HARM](ready(self))
driver["main"]()
