"""The examples of README.md run as they stand, on the module that README.md shows."""

import importlib.util
import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text()
MODULE, SUITE, CHECK, REFERENCE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(
    r"^((?:PYTHONPATH=\. )?(?:pytest|mmapcheck|python -m mmapcheck) .*?) *(?:#.*)?$", README, re.MULTILINE
)


@pytest.fixture
def project(folder):
    """A folder with the module of README.md, and a function that runs a command in it."""
    folder.write("mymodule.py", MODULE)

    def run(command):
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        variables["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), variables["PATH"]])
        return subprocess.run(
            command, shell=True, cwd=folder.path, env=variables, capture_output=True, encoding="utf-8", check=False
        )

    run.write = folder.write
    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(project, command):
    short = {"pytest": " --mmapcheck-time 1", "smoke": ""}
    done = project(command + next((more for word, more in short.items() if word in command), " --time 1"))
    # The module of README.md has a bug.
    assert done.returncode in ([1] if "mymodule" in command else [0, 1]), done.stdout + done.stderr


def test_every_kind_of_command_is_run():
    assert {command.split()[0] for command in COMMANDS} == {"pytest", "mmapcheck", "PYTHONPATH=.", "python"}


def test_the_suite_of_the_test_file_expects_the_failure(project):
    project.write("test_it.py", SUITE)
    done = project("pytest test_it.py -k 'FIND-5 or FIND-1' -rA")
    assert done.returncode == 0 and "XFAIL test_it.py::test_mmap::FIND-5" in done.stdout, done.stdout


def test_the_function_prints_causes(project):
    project.write("it.py", CHECK.replace("time=10", "time=2"))
    done = project("python it.py")
    assert done.returncode == 0, done.stderr
    assert "FIND-5 -1 4" in done.stdout and "run again: " in done.stdout


@pytest.mark.skipif(
    importlib.util.find_spec("mmapcheck_reference") is None, reason="mmapcheck-reference is not installed"
)
def test_the_reference_prints_a_session(project):
    project.write("it.py", REFERENCE)
    done = project("python it.py")
    assert done.returncode == 0, done.stderr
    assert ">>> m.write(b'abc')\n3\n" in done.stdout
