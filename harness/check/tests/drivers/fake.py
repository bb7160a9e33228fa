"""The driver script, made to do harm (see harms.py).

It does what the real driver does, but for one thing: how it answers `readline`, or how it introduces itself.
"""

import io
import os
import sys
import time

from harms import HARM, NUMBER, harms, once, record

driver = {"__name__": "__main__"}
with io.open(sys.argv[1], encoding="utf-8") as script:
    exec(compile(script.read().replace("\nmain()\n", "\n"), "driver.py", "exec"), driver)
out = driver["private_output"]()
driver["private_output"] = lambda: out
Target = driver["Target"]
HARMS = harms(out.write)


def do_harm():
    record()
    HARMS.get(HARM, lambda: None)()


INTRODUCTIONS = {
    "version": lambda ready: dict(ready, protocol=1),
    "platform": lambda ready: dict(ready, platform="plan9"),
    "python-4": lambda ready: dict(ready, version=[4, 0, 0]),
    "no-introduction": lambda ready: {"id": 1},
    "no-json": lambda ready: out.write(b"Python 3 at your service\n") and None,
    "name": lambda ready: dict(ready, implementation=os.environ["NAME"]),
    "pages": lambda ready: dict(ready, page=16384),
    "silent": lambda ready: time.sleep(3600),
}


def due(case):
    """Whether the harm is to be done in this case."""
    return once(case["id"]) if NUMBER else True


run, answer, ready = Target.run, Target.answer, Target.ready


def harmful_run(self, case, tell):
    self.due = due(case)
    if self.due and NUMBER:
        do_harm()
    if HARM == "nothing":
        nothing = [None, [[], []]]
        return {"id": case["id"], "steps": [nothing] * len(case["steps"]), "last": [[], []], "closing": [], "files": [
            [0, 0, None] for _ in case["files"]], "leaks": None}
    reads = any(self.operations[step[0]].form == "$.readline($*)" for step in case["steps"])
    reply = run(self, case, tell)
    if HARM == "no-leaks":
        reply["leaks"] = None
    if self.due and (reads or NUMBER):
        if HARM == "another-case":
            reply["id"] += 1
        if HARM == "no-files":
            reply["files"] = []
        if HARM == "short":
            del reply["steps"][-1]
    return reply


def harmful_answer(self, operation, step):
    # The probe that tells whether the driver does anything passes in each of these.
    if HARM == "declines" or (HARM == "declines-methods" and operation.form.startswith("$.")):
        return ["?", "not implemented"]
    if self.due and not NUMBER and operation.form == "$.readline($*)":
        do_harm()
    return answer(self, operation, step)


Target.run, Target.answer = harmful_run, harmful_answer
if HARM in INTRODUCTIONS:
    Target.ready = lambda self: INTRODUCTIONS[HARM](ready(self))
driver["main"]()
