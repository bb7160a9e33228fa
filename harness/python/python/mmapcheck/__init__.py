"""mmapcheck: whether an `mmap` behaves like Python's `mmap`, and where it does not.

`check` runs the examples of the specification and random cases on a class, and returns a `Report`.
`suite` makes the same check a group of pytest tests.
`mmapcheck.reference` is the reference implementation as a module, if the package `mmapcheck-reference` is installed.
"""

from ._check import check
from ._program import CheckError
from ._report import Cause, Example, Failure, Finding, Model, Report, StaleEntry
from ._suite import Suite, suite

__all__ = [
    "Cause",
    "CheckError",
    "Example",
    "Failure",
    "Finding",
    "Model",
    "Report",
    "StaleEntry",
    "Suite",
    "check",
    "suite",
]
