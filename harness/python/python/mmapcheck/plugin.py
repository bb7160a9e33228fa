"""The pytest plugin: a check of a class as tests, one for each clause of the specification, and one for random cases."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Optional

import pytest

from ._check import name_of, run_check
from ._program import CheckError, run
from ._report import Example, Report
from ._suite import Suite


class Diverges(Exception):
    """A failed test. The text is the whole message: no traceback helps."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mmapcheck", "checks of a class that replaces mmap")
    group.addoption(
        "--mmapcheck",
        metavar="NAME[:ATTR]",
        action="append",
        default=[],
        help="check this module's mmap, or the class ATTR of it; may be repeated",
    )
    group.addoption(
        "--mmapcheck-time",
        metavar="SECONDS",
        type=float,
        default=10.0,
        help="time of random cases in seconds (default: 10)",
    )
    group.addoption(
        "--mmapcheck-seed", metavar="N", type=int, help="seed of the random cases (default: a new one for each run)"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Adds the tests of `--mmapcheck`, before `-k` and `-m` choose among all."""
    for target in config.getoption("mmapcheck"):
        name = f"mmapcheck:{target}"
        folders = [config.invocation_params.dir]
        group = Group.from_parent(session, name=name, nodeid=name, suite=Suite(target), folders=folders)
        items.extend(group.collect())


def pytest_pycollect_makeitem(collector: Any, name: str, obj: object) -> Optional[Group]:
    """Makes a group of tests of `test_name = mmapcheck.suite(...)`."""
    if not isinstance(obj, Suite) or not collector.funcnamefilter(name):
        return None
    return Group.from_parent(collector, name=name, suite=obj)


class Group(pytest.Collector):
    """The tests of one class. Those of the clauses share one run of the examples."""

    def __init__(self, *, suite: Suite, folders: Sequence[Path] = (), **others: Any) -> None:
        super().__init__(**others)
        self.suite = suite
        self.folders = folders
        self._examples: Optional[Report] = None
        self._error: Optional[CheckError] = None

    def collect(self) -> Iterator[pytest.Item]:
        tests: dict[str, type[Test]] = {name: ClauseTest for name in clauses()}
        tests |= {"known": KnownTest, "random": RandomTest}
        unknown = [name for name in self.suite.xfail if name not in tests]
        if unknown:
            raise self.CollectError(f"{self.name}: xfail names no clause: {', '.join(unknown)}")
        for name, kind in tests.items():
            test = kind.from_parent(self, name=name)
            if name in self.suite.xfail:
                test.add_marker(pytest.mark.xfail(reason=self.suite.xfail[name], strict=True))
            yield test

    def examples(self) -> Report:
        """The result of all examples, from a run that the first test starts. If it cannot run, the first test says why."""
        if self._error is not None:
            pytest.skip("the check could not run: see the first error")
        if self._examples is None:
            try:
                with tempfile.TemporaryDirectory() as folder:
                    self._examples = self.check(["--pages-only", "--report", folder])
            except (CheckError, ValueError) as error:
                self._error = CheckError(error)
                raise Diverges(f"mmapcheck could not run: {error}") from None
        return self._examples

    def check(self, words: list[str]) -> Report:
        """Runs a check with these options, and with the known list of the suite."""
        if self.suite.known is not None:
            words = [*words, "--known", str(self.path.parent / self.suite.known)]
        return run_check(words, self.suite.target, [str(folder) for folder in self.folders])


def clauses() -> list[str]:
    """The ids of all clauses, in the order of the specification."""
    done = run(["pages", "--list"])
    if done.returncode != 0:
        raise CheckError(done.stderr.strip())
    return [line.split()[0] for line in done.stdout.splitlines()]


class Test(pytest.Item):
    """A test of a group."""

    __test__ = False
    group: Group

    def __init__(self, **others: Any) -> None:
        super().__init__(**others)
        assert isinstance(self.parent, Group)
        self.group = self.parent

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Diverges):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, Optional[int], str]:
        return self.path, None, f"{self.group.name}::{self.name}"


class ClauseTest(Test):
    """The examples of one clause."""

    def runtest(self) -> None:
        report = self.group.examples()
        failures = [str(one) for one in report.failures if one.id.split(".")[0] == self.name]
        if failures:
            raise Diverges("\n\n".join(failures))
        examples = [one for one in report.examples if one.clause == self.name]
        for result in ("known", "inherited"):
            if any(one.result == result for one in examples):
                pytest.xfail("a known divergence" if result == "known" else "inherited from the interpreter's own mmap")
        if not any(one.result == "passed" for one in examples):
            pytest.skip(not_run(examples))


def not_run(examples: list[Example]) -> str:
    """The reasons why none of these examples was run."""
    reasons = dict.fromkeys(one.reason or one.result for one in examples)
    return "; ".join(reasons) or "the check ended before this clause"


class KnownTest(Test):
    """Each entry of the known list still holds."""

    def runtest(self) -> None:
        report = self.group.examples()
        if report.stale:
            raise Diverges("\n".join(f"{one.place}: {one.id} is stale: {one.reason}" for one in report.stale))
        if not report.data["known_entries"]:
            pytest.skip("no known list")


class RandomTest(Test):
    """Random cases, for a time, from a seed."""

    def runtest(self) -> None:
        suite, config = self.group.suite, self.config
        time = config.getoption("mmapcheck_time") if suite.time is None else suite.time
        seed = config.getoption("mmapcheck_seed") if suite.seed is None else suite.seed
        words = ["--random-only", "--time", f"{time}s", "--report", str(self.folder())]
        try:
            report = self.group.check(words if seed is None else [*words, "--seed", str(seed)])
        except (CheckError, ValueError) as error:
            raise Diverges(f"mmapcheck could not run: {error}") from None
        self.user_properties += [("seed", report.seed), ("cases", report.cases), ("steps", report.steps)]
        if report.divergences:
            raise Diverges(message(report))

    def folder(self) -> Path:
        """The folder that divergences of this class are saved in."""
        name = re.sub(r"[^\w.]+", "-", name_of(self.group.suite.target))
        return self.config.rootpath / "mmapcheck-found" / name


def message(report: Report) -> str:
    """The causes of the divergences of random cases, each with its smallest case and both sides."""
    own = [one for one in report.causes if not one.inherited]
    head = f"{report.target}: {len(own)} causes in {report.cases} random cases, seed {report.seed}"
    body = [f"{number}. {cause}" for number, cause in enumerate(own, 1)] or [str(one) for one in report.divergences]
    return "\n\n".join([head, *body])
