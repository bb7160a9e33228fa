"""The check as a function, for notebooks and scripts."""

import dataclasses
import importlib
import platform
import sys

import mmapcheck
import pytest


@pytest.fixture
def modules(folder, monkeypatch):
    """The folder of the modules, as the working folder and on the path."""
    monkeypatch.chdir(folder.path)
    monkeypatch.syspath_prepend(str(folder.path))
    yield folder.path
    for name in ("find_ignores_end", "right"):
        sys.modules.pop(name, None)


def test_a_report_has_causes(modules):
    report = mmapcheck.check("find_ignores_end", time=10, seed=1)
    assert not report.agrees and report.seed == 1 and report.cases > 0
    cause = next(one for one in report.causes if one.sentence.startswith("`find` ignores `end`"))
    # A cause has the clause of its smallest case, which is that of the cases that this run met.
    assert cause.clause.startswith("FIND-") and cause.promise and cause.level in ("documented", "cpython")
    assert cause.severity in ("class", "value") and "find" in cause.ops
    assert cause.smallest.session == cause.session and cause.smallest.expected != cause.smallest.actual
    assert any(one.id == "FIND-5" and one.expected == "-1" for one in report.failures)
    # Under load, no time may be left for fresh cases.
    assert report.model is None or report.model.with_causes > report.model.without_causes
    for text in (str(report), report._repr_html_()):
        assert "`find` ignores `end`" in text and "FIND-5" in text
    assert "<details>" in report._repr_html_() and "&gt;&gt;&gt; " in report._repr_html_()
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.agrees = True


def test_a_class_is_named_by_its_module(modules):
    module = importlib.import_module("find_ignores_end")
    report = mmapcheck.check(module.mmap, time=0)
    assert report.target.endswith("find_ignores_end") and report.cases == 0
    known = mmapcheck.check(module.mmap, time=0, known=modules / "known.toml")
    assert [one.id for one in known.failures if one.id.startswith("FIND-5")] == [] and not known.stale
    with pytest.raises(ValueError, match="not the attribute Nested.Map of its module"):
        mmapcheck.check(module.Nested.Map)


@pytest.mark.skipif(platform.python_implementation() != "CPython", reason="PyPy's own mmap differs")
def test_an_interpreters_own_mmap_agrees(modules):
    report = mmapcheck.check(time=1)
    assert report.agrees and not report.causes and report.model is None, str(report)


def test_a_class_of_main_is_refused(folder):
    source = "import mmapcheck, mmap\nclass Map(mmap.mmap): pass\nmmapcheck.check(Map)\n"
    done = folder.python("-c", source)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: the class Map is defined in __main__, a notebook or a script"), done.stderr


def test_a_check_that_cannot_run_says_why(modules):
    with pytest.raises(mmapcheck.CheckError, match="No module named 'absent'"):
        mmapcheck.check("absent", time=0)
    with pytest.raises(mmapcheck.CheckError, match="absent.toml"):
        mmapcheck.check("mmap", time=0, known="absent.toml")
    with pytest.raises(ValueError, match="0 or more seconds"):
        mmapcheck.check(time=-1)


def test_a_note_of_a_finding_is_shown():
    names = ("id", "headline", "severity", "op", "clause", "promise", "session", "replay")
    texts = dict.fromkeys(names, "-")
    finding = mmapcheck.Finding(
        **texts, step=1, expected="1", actual="2", count=1, unsteady="it showed in 3 of 10 runs", stderr="last words"
    )
    lines = str(finding).splitlines()
    assert "  note:     it showed in 3 of 10 runs" in lines and "  stderr:   last words" in lines
