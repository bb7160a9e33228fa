"""The description of a group of pytest tests that check one class. It needs no pytest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional, Union

from ._check import Target


@dataclass(frozen=True)
class Suite:
    """A check of one class as pytest tests: one for each clause, `known` and `random`."""

    target: Target
    known: Union[str, os.PathLike[str], None] = None
    time: Optional[float] = None
    seed: Optional[int] = None
    xfail: Mapping[str, str] = field(default_factory=dict)

    # With this attribute set to false, pytest does not take the object itself for a test.
    __test__ = False


def suite(
    target: Target = "mmap",
    *,
    known: Union[str, os.PathLike[str], None] = None,
    time: Optional[float] = None,
    seed: Optional[int] = None,
    xfail: Optional[Mapping[str, str]] = None,
) -> Suite:
    """The pytest tests of one class, collected where the result is assigned to a name that begins with `test`.

    target -- a class, or its name as `module` (its `mmap`) or `module:Class`
    known -- file of known divergences, relative to the test file, instead of the list built in for the target
    time, seed -- seconds and seed of the random cases; by default those of `--mmapcheck-time` and `--mmapcheck-seed`
    xfail -- ids of tests that must fail, such as `READ-3` or `random`, each with the reason
    """
    return Suite(target, known, time, seed, dict(xfail or {}))
