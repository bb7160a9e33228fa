"""Runs CPython's test_mmap.py on the mmap of a module, in the working folder, and prints the outcome of each test as JSON.

Usage: run_test_mmap.py MODULE
"""

import importlib
import json
import sys
import unittest


class Outcomes(unittest.TestResult):
    """The outcome of each test, by its class and method: passed, failed, skipped."""

    def __init__(self):
        super().__init__()
        self.all = {}

    def note(self, test, outcome):
        name = ".".join(test.id().split(".")[-2:])
        if self.all.get(name) != "failed":
            self.all[name] = outcome

    def addSuccess(self, test):
        self.note(test, "passed")

    def addSkip(self, test, reason):
        self.note(test, "skipped")

    def addError(self, test, error):
        super().addError(test, error)
        self.note(test, "failed")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.note(test, "failed")

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.note(test, "failed")


sys.path.insert(0, ".")
module = importlib.import_module(sys.argv[1])
sys.modules["mmap"] = module
tests = importlib.import_module("test.test_mmap")
assert tests.mmap is module, "the tests have imported another mmap"
outcomes = Outcomes()
unittest.defaultTestLoader.loadTestsFromModule(tests).run(outcomes)
for _, text in outcomes.errors + outcomes.failures:
    sys.stderr.write(text)
print(json.dumps(outcomes.all))
