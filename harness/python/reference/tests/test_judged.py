"""The reference as a module, judged by mmapcheck like any other module: it does what the reference does."""

import subprocess
import sys
from pathlib import Path

import mmapcheck_reference
import pytest

pytest.importorskip("mmapcheck", reason="the package mmapcheck is not installed")

# Not random: limits on descriptors, of which a map of the reference needs more; a buffer of dead memory, which the reference
# refuses to export; and files that are cut short while another map, read before the step, is an argument.
LEFT_OUT = ("limit-", "view", "memoryview", "release", "struct.", "zlib.", "re.", "file-truncate", "open")


def check(module, tmp_path):
    command = [sys.executable, "-m", "mmapcheck", "check"]
    names = subprocess.run([*command, "--ops", "-"], stderr=subprocess.PIPE, encoding="utf-8", check=False).stderr
    operations = names.split("Expected one of ")[1].split(";")[0].split()
    chosen = [name for name in operations if not any(part in name for part in LEFT_OUT)]
    assert 40 < len(chosen) < len(operations)
    options = ["--random-only", "--cases", "3000", "--seed", "2", "--no-reentrancy", "--ops", ",".join(chosen)]
    return subprocess.run(
        [*command, "--module", module, *options, "--report", str(tmp_path)],
        env={"PYTHONPATH": str(Path(__file__).parent / "modules")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def test_random_cases_show_no_difference(tmp_path):
    done = check("dies_where_the_reference_raises", tmp_path)
    assert done.returncode == 0 and "no divergence: 3,000 cases" in done.stdout, done.stdout
    assert "expected deaths: " in done.stdout


def test_a_planted_bug_is_found(tmp_path):
    done = check("finds_nothing", tmp_path)
    assert done.returncode == 1 and "`find`" in done.stdout, done.stdout


def test_a_session_of_the_reference_replays_on_this_pythons_own_mmap(tmp_path):
    with open(tmp_path / "f", "w+b", buffering=0) as file:
        file.write(b"hello world")
        m = mmapcheck_reference.mmap(file.fileno(), 0)
        m.find(b"o", 5)
        m[0:3] = b"abc"
        m.write(bytearray(b"zz"))
        with pytest.raises(OverflowError):
            m.write_byte(256)
        with pytest.raises(ValueError):
            m.write(m)
        m.resize(5000)
    (tmp_path / "session.pycon").write_text(mmapcheck_reference.session(m))
    command = [sys.executable, "-m", "mmapcheck", "replay", str(tmp_path / "session.pycon")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0 and "agree: 7 of 7 steps compared" in done.stdout, done.stdout + done.stderr
