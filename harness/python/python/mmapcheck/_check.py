"""A check of one class, as a function."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, Optional, Union

from ._program import CheckError, run
from ._report import Report, report_of

Target = Union[str, type]


def check(
    target: Target = "mmap",
    *,
    time: float = 10.0,
    seed: Optional[int] = None,
    known: Union[str, os.PathLike[str], None] = None,
    jobs: Optional[int] = None,
    folder: Union[str, os.PathLike[str]] = "mmapcheck-found",
) -> Report:
    """Checks a class with the examples of the specification and with random cases.

    target -- a class, or its name as `module` (its `mmap`) or `module:Class`; a process of this interpreter imports it
    time -- seconds of random cases; with 0, only the examples run
    seed -- seed of the random cases; by default a new one, which the report holds
    known -- file of known divergences, instead of the list built in for the target
    jobs -- number of processes; by default one for each processor
    folder -- folder that divergences are saved in, which is created where there are any

    Raises `ValueError` for a class that another process cannot import or a negative time, and `CheckError` if the check could
    not run, or could compare nothing.
    """
    if time < 0:
        raise ValueError(f"time is {time}: expected 0 or more seconds")
    words = ["--pages-only"] if time == 0 else ["--time", f"{time}s"]
    for option, value in (("--seed", seed), ("--known", known), ("--jobs", jobs)):
        if value is not None:
            words += [option, os.fspath(value) if isinstance(value, os.PathLike) else str(value)]
    return run_check([*words, "--report", os.fspath(folder)], target)


def run_check(words: Sequence[str], target: Target, first: Sequence[str] = ()) -> Report:
    """Runs `check` with these options on a class. Errors as in `check`.

    first -- folders that the target looks for modules in before all others
    """
    done = run(["check", "--module", name_of(target), *words, "--format", "json"], first)
    if done.returncode not in (0, 1):
        lines = done.stderr.strip().splitlines() or [f"the program ended with status {done.returncode}"]
        raise CheckError(lines[-1].replace("mmapcheck: ", "", 1))
    return report_of(json.loads(done.stdout), agrees=done.returncode == 0)


def name_of(target: Target) -> str:
    """The name of a class, as `module:Class`.

    Raises `ValueError` for a class that another process cannot import by that name.
    """
    if isinstance(target, str):
        return target
    module, name = target.__module__, target.__qualname__
    if module == "__main__":
        raise ValueError(
            f"the class {name} is defined in __main__, a notebook or a script, which no other process can import: "
            "put it in a module, and pass the class of that module or its name"
        )
    found: Any = getattr(sys.modules.get(module), name, None)
    if found is not target:
        raise ValueError(f"the class is not the attribute {name} of its module {module}: pass its name as module:Class")
    return f"{module}:{name}"
