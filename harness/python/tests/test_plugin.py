"""The pytest plugin, on a module that is right and on one with a planted bug."""

import platform
import sys
import xml.etree.ElementTree

import pytest

IS_CPYTHON = platform.python_implementation() == "CPython"
# Another interpreter's own mmap differs as well, and a short run may explain only some of all differences.
SENTENCE = "`find` ignores `end`" if IS_CPYTHON else "causes in"


def counts(done):
    """The numbers of tests by outcome in the last line of pytest."""
    words = done.stdout.strip().splitlines()[-1].replace(",", "").split()
    return {words[i + 1]: int(words[i]) for i in range(len(words) - 1) if words[i].isdigit()}


def test_the_interpreters_own_mmap_is_judged(folder):
    done = folder.pytest("--mmapcheck", "mmap", "-k", "READ-")
    assert done.returncode == 0, done.stdout
    assert counts(done)["passed"] > 10, done.stdout


@pytest.mark.skipif(not IS_CPYTHON, reason="PyPy's own mmap differs")
def test_a_right_module_passes(folder):
    # In a short run, not every fault of an older CPython itself is recognised as inherited.
    chosen = [] if sys.version_info >= (3, 11) else ["-k", "not random"]
    done = folder.pytest("--mmapcheck", "right", *chosen)
    found = counts(done)
    assert done.returncode == 0, done.stdout
    assert found["passed"] > 400 and "failed" not in found
    assert chosen or "PASSED mmapcheck:right::random" in done.stdout


@pytest.mark.skipif(IS_CPYTHON, reason="CPython's own mmap agrees")
def test_the_divergences_of_this_interpreters_own_mmap_are_shown(folder):
    done = folder.pytest("--mmapcheck", "mmap", "-k", "BUFFER-9 or random")
    assert done.returncode == 1, done.stdout
    assert f"{platform.python_implementation()} " in done.stdout and "causes in" in done.stdout


def test_a_bug_is_shown_with_its_session_both_sides_and_its_cause(folder):
    done = folder.pytest("--mmapcheck", "find_ignores_end", "-k", "FIND-5 or random")
    assert done.returncode == 1, done.stdout
    for text in (
        "FAILED mmapcheck:find_ignores_end::FIND-5",
        'm.find(b"two", 0, 6)\n  expected: -1\n  actual:   4',
        SENTENCE,
        ">>> m = mmap.mmap(f.fileno(), 0)",
        "seed 1",
    ):
        assert text in done.stdout, done.stdout
    assert (folder.path / "mmapcheck-found/find_ignores_end/report.json").is_file()


SUITE = """
import mmapcheck
test_map = mmapcheck.suite("find_ignores_end", {})
not_collected = mmapcheck.suite("find_ignores_end")
"""


def test_a_suite_in_a_test_file_is_a_test_for_each_clause(folder):
    folder.write("test_it.py", SUITE.format(""))
    done = folder.pytest("test_it.py", "-k", "FIND-5 or FIND-1")
    assert "FAILED test_it.py::test_map::FIND-5" in done.stdout
    assert "PASSED test_it.py::test_map::FIND-1" in done.stdout and "not_collected" not in done.stdout
    one = folder.pytest("test_it.py::test_map::FIND-1")
    assert one.returncode == 0 and counts(one) == {"passed": 1}


def test_an_expected_failure_must_fail(folder):
    folder.write("test_it.py", SUITE.format("xfail={'FIND-5': 'later', 'FIND-1': 'wrong'}"))
    done = folder.pytest("test_it.py", "-k", "FIND-5 or FIND-1")
    assert "XFAIL test_it.py::test_map::FIND-5 - later" in done.stdout
    assert "[XPASS(strict)] wrong" in done.stdout
    folder.write("test_it.py", SUITE.format("xfail={'FIND-999': 'no'}"))
    assert "xfail names no clause: FIND-999" in folder.pytest("test_it.py").stdout


def test_a_marker_of_a_conftest_works_on_a_clause(folder):
    folder.write(
        "conftest.py",
        "import pytest\ndef pytest_collection_modifyitems(items):\n"
        "    [one.add_marker(pytest.mark.xfail) for one in items if one.name == 'FIND-5']\n",
    )
    done = folder.pytest("--mmapcheck", "find_ignores_end", "-k", "FIND-5")
    assert done.returncode == 0 and counts(done)["xfailed"] == 1, done.stdout


def test_a_known_divergence_is_an_expected_failure_and_a_stale_entry_fails(folder):
    folder.write("test_it.py", SUITE.format("known='known.toml'"))
    done = folder.pytest("test_it.py", "-k", "FIND-5 or known")
    assert done.returncode == 0, done.stdout
    assert "XFAIL test_it.py::test_map::FIND-5" in done.stdout and "PASSED test_it.py::test_map::known" in done.stdout
    folder.write("test_it.py", SUITE.format("known='known.toml'").replace("find_ignores_end", "right"))
    done = folder.pytest("test_it.py", "-k", "known")
    assert done.returncode == 1, done.stdout
    assert "known.toml:2: find-ignores-its-end is stale" in done.stdout


def test_two_processes_and_a_junit_file(folder):
    done = folder.pytest(
        "--mmapcheck", "find_ignores_end", "-n", "2", "--junitxml", "result.xml", "-k", "FIND- or random"
    )
    assert done.returncode == 1, done.stdout
    cases = xml.etree.ElementTree.parse(folder.path / "result.xml").findall(".//testcase")
    failed = {case.get("name"): case.find("failure").text for case in cases if case.find("failure") is not None}
    assert "FIND-5" in failed and SENTENCE in failed["random"]
    random = next(case for case in cases if case.get("name") == "random")
    assert random.find(".//property[@name='seed']").get("value") == "1"


def test_the_first_failure_ends_the_run(folder):
    done = folder.pytest("--mmapcheck", "find_ignores_end", "-x", "-k", "FIND- or random")
    assert done.returncode == 1 and counts(done)["failed"] == 1, done.stdout


def test_a_module_that_cannot_be_imported_is_one_error(folder):
    done = folder.pytest("--mmapcheck", "absent", "-k", "FIND-")
    assert done.returncode == 1 and counts(done)["failed"] == 1, done.stdout
    assert "mmapcheck could not run: " in done.stdout and "No module named 'absent'" in done.stdout


def test_a_target_that_dies_fails_a_test_and_not_the_run(folder):
    folder.write(
        "dies.py",
        "import os, signal\nfrom mmap import *\nfrom mmap import mmap as own\n"
        "class mmap(own):\n    def rfind(self, *bounds):\n        os.kill(os.getpid(), signal.SIGSEGV)\n",
    )
    done = folder.pytest("--mmapcheck", "dies", "-k", "FIND-")
    assert "FAILED mmapcheck:dies::FIND-5" in done.stdout and "died of signal 11" in done.stdout, done.stdout
    assert counts(done)["passed"] > 0
