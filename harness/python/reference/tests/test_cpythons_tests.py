"""CPython's own test_mmap.py on the reference: each test passes, or stands in a list with the reason."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("test") is None or importlib.util.find_spec("test.test_mmap") is None,
    reason="this Python is installed without test.test_mmap",
)


def outcomes(module, folder):
    """The outcome of each test on the mmap of a module, and the tracebacks of those that fail."""
    shutil.copytree(HERE / "modules", folder, dirs_exist_ok=True)
    command = [sys.executable, str(HERE / "run_test_mmap.py"), module]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def with_outcome(outcome, all_outcomes):
    return {name for name, found in all_outcomes.items() if found == outcome}


def listed():
    lines = (HERE / "not_passed.txt").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if not line.startswith("#"))


def test_each_test_passes_or_is_listed_with_its_reason(tmp_path):
    found, tracebacks = outcomes("mmapcheck_reference", tmp_path)
    known = {name for name in listed() if found.get(name) not in (None, "skipped")}
    assert with_outcome("failed", found) == known, tracebacks
    assert len(with_outcome("passed", found)) > 25


def test_no_test_is_skipped_because_of_the_reference(tmp_path):
    found, _ = outcomes("mmapcheck_reference", tmp_path / "reference")
    own, _ = outcomes("mmap", tmp_path / "own")
    assert found.keys() == own.keys()
    assert with_outcome("skipped", found) == with_outcome("skipped", own)


def test_a_planted_bug_makes_them_fail(tmp_path):
    found, _ = outcomes("finds_nothing", tmp_path)
    assert "MmapTests.test_find_end" in with_outcome("failed", found)
