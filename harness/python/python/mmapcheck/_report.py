"""The result of a check as values: the fields are those of the program's JSON report."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Optional, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Example:
    """The result of one example of the specification."""

    #: Id, such as `READ-3.2`: the second example of the clause `READ-3`.
    id: str
    #: `passed`, `failed`, `known`, `inherited`, `skipped` or `unsupported`.
    result: str
    #: The reason, if it was skipped or is unsupported.
    reason: Optional[str] = None

    @property
    def clause(self) -> str:
        """Id of the clause."""
        return self.id.split(".")[0]


@dataclass(frozen=True)
class Failure:
    """An example of the specification that failed."""

    id: str
    #: The promise of the clause, as a sentence.
    promise: str
    #: Page and line of the expected answer.
    place: str
    #: The whole example, with the answers of the page.
    session: str
    #: The statement with the wrong answer.
    statement: str
    expected: str
    actual: str
    #: Whether the target died or hung.
    died: bool
    #: Shell command that runs the example again.
    replay: str

    def __str__(self) -> str:
        session = _indented(self.session)
        statement = self.statement.replace("\n", "\n           ")
        return (
            f"{self.id}: {self.promise}\n{self.place}\n\n{session}\n\n  statement: {statement}\n"
            f"  expected: {self.expected}\n  actual:   {self.actual}\n  run again: {self.replay}"
        )


@dataclass(frozen=True)
class Finding:
    """A divergence of a random case, made small."""

    id: str
    #: The divergence on one line.
    headline: str
    #: `message`, `class`, `value`, `death` or `bytes`.
    severity: str
    #: Name of the operation; none at the end of the case.
    op: Optional[str]
    #: Id and promise of the clause that it breaks, if there is one.
    clause: Optional[str]
    promise: Optional[str]
    #: Index of the step, counted from 0.
    step: int
    expected: str
    actual: str
    #: Number of cases that showed it.
    count: int
    #: Why it may not show again, or may be inherited all the same; none of a divergence that showed each time.
    unsteady: Optional[str]
    #: The last lines that the target wrote before it died, if it wrote any.
    stderr: Optional[str]
    #: The smallest case, with the expected answers.
    session: str
    #: Shell command that runs the case again.
    replay: str

    def __str__(self) -> str:
        notes = {"note:     ": self.unsteady, "stderr:   ": self.stderr}
        words = "".join(f"\n  {name}{text}" for name, text in notes.items() if text is not None)
        return (
            f"{_indented(self.session)}\n\n  expected: {self.expected}\n  actual:   {self.actual}{words}\n"
            f"  run again: {self.replay}"
        )


@dataclass(frozen=True)
class Cause:
    """One way in which the target differs, and the findings that it explains."""

    id: str
    #: The difference as a sentence, without a full stop.
    sentence: str
    #: `documented`, `cpython` or `free`: the level of the clause that it breaks; none without a clause.
    level: Optional[str]
    #: Severity of its worst finding: `message`, `class`, `value`, `death` or `bytes`.
    severity: str
    #: Names of the operations in which it shows.
    ops: list[str]
    #: Id and promise of the clause that its smallest case breaks.
    clause: Optional[str]
    promise: Optional[str]
    #: Number of random cases that met it.
    count: int
    #: Whether the interpreter's own `mmap`, or an empty subclass of it, differs in the same way. Such a cause does not count.
    inherited: bool
    #: The smallest case, with the expected answers.
    session: str
    #: Shell command that runs that case again.
    replay: str
    #: The finding with the smallest case, which has both sides.
    smallest: Optional[Finding] = None

    def __str__(self) -> str:
        rest = self.smallest or f"{_indented(self.session)}\n  run again: {self.replay}"
        return f"{self.sentence} ({', '.join(_facts(self))})\n\n{rest}"


@dataclass(frozen=True)
class Model:
    """How many fresh random cases the causes account for."""

    #: Number of fresh cases.
    cases: int
    #: Share of them, from 0 to 1, in which the target does what the reference with the causes does.
    with_causes: float
    #: Share of them, from 0 to 1, in which the target does what the reference does.
    without_causes: float


@dataclass(frozen=True)
class StaleEntry:
    """A known divergence that no longer holds."""

    id: str
    #: File and line of the entry.
    place: str
    reason: str


@dataclass(frozen=True)
class Report:
    """The result of a check."""

    #: Name and version of the target.
    target: str
    #: The profile that it was judged by, such as `cpython-3.11.7-linux`.
    profile: str
    #: Whether every divergence is a known or an inherited one, and each known one still holds.
    agrees: bool
    #: Seed, number and duration in seconds of the random cases, and number of compared steps in them.
    seed: int
    cases: int
    steps: int
    seconds: float
    #: Whether the check ended before its time.
    interrupted: bool
    #: The result of every example of the specification.
    examples: list[Example]
    #: The examples that failed, without known and inherited failures.
    failures: list[Failure]
    #: The causes, the promises of the documentation first.
    causes: list[Cause]
    #: The divergences of random cases, most severe first, without known and inherited ones.
    divergences: list[Finding]
    #: Share of random cases that the causes explain; none without divergences.
    model: Optional[Model]
    #: Number of divergences that each known entry matched, by the id of the entry.
    known: dict[str, int]
    #: Known entries that no longer hold.
    stale: list[StaleEntry]
    #: Number of steps that were not compared, by reason.
    left_out: dict[str, int]
    #: The JSON report as it was read, with all other fields.
    data: Mapping[str, Any] = field(repr=False, compare=False)

    def __str__(self) -> str:
        lines = [self._headline(), *(f"  example {one.id} fails: {one.promise}" for one in self.failures)]
        lines += [f"  {number}. {one.sentence} ({', '.join(_facts(one))})" for number, one in enumerate(self.causes, 1)]
        lines += [f"  stale: {one.place}: {one.id}: {one.reason}" for one in self.stale]
        return "\n".join(lines)

    def _headline(self) -> str:
        ran = sum(one.result != "skipped" for one in self.examples)
        verdict = "agrees" if self.agrees else "differs"
        return (
            f"{self.target} {verdict}: {len(self.failures)} of {ran} examples fail, "
            f"{len(self.divergences)} kinds of divergence in {self.cases} random cases (seed {self.seed})"
        )

    def _repr_html_(self) -> str:
        """The report for a notebook."""
        rows = [(one.sentence, ", ".join(_facts(one)), str(one)) for one in self.causes]
        rows += [(one.promise, f"example {one.id}", str(one)) for one in self.failures]
        body = "".join(
            f"<details><summary>{html.escape(title)} <small>({html.escape(facts)})</small></summary>"
            f"<pre>{html.escape(text)}</pre></details>"
            for title, facts, text in rows
        )
        return f"<p>{html.escape(self._headline())}</p>{body}"


def report_of(data: Mapping[str, Any], *, agrees: bool) -> Report:
    """The report of the program as values. `agrees`: the program ended with status 0."""
    findings = [_of(Finding, one) for one in data["divergences"]]
    by_session = {one.session: one for one in [*findings, *(_of(Finding, one) for one in data["inherited"])]}
    causes = [_of(Cause, one, smallest=by_session.get(one["session"])) for one in data["causes"]]
    model = data["model"]
    return _of(
        Report,
        data,
        agrees=agrees,
        examples=[_of(Example, one) for one in data["pages"]["examples"]],
        failures=[_of(Failure, one) for one in data["pages"]["failures"]],
        causes=causes,
        divergences=findings,
        model=model and Model(model["cases"], model["with"], model["without"]),
        stale=[_of(StaleEntry, one) for one in data["stale"]],
        data=data,
    )


def _of(kind: type[T], record: Mapping[str, Any], **others: Any) -> T:
    """A value of a data class: its fields are those of `others`, or else of the record."""
    names = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    return kind(**{**{name: value for name, value in record.items() if name in names}, **others})


def _facts(cause: Cause) -> list[str]:
    facts = [cause.level or "", cause.severity, cause.clause or "", "inherited" if cause.inherited else ""]
    return [fact for fact in facts if fact]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.rstrip().splitlines())
