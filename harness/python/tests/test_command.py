"""The command of the wheel: its target is the interpreter that it is installed in."""

import platform
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from mmapcheck import _program


def test_the_command_and_the_module_are_the_same_program(folder):
    command = Path(sysconfig.get_path("scripts"), "mmapcheck")
    version = subprocess.check_output([command, "--version"], encoding="utf-8")
    assert re.fullmatch(r"mmapcheck \d+\.\d+\.\d+\n", version)
    assert folder.python("-m", "mmapcheck", "--version").stdout == version


def test_the_target_is_this_interpreter_unless_the_user_names_one(folder):
    options = ["--pages-only", "--filter", "READ-1", "--no-known"]
    for words in (["check", *options], options):
        done = folder.python("-m", "mmapcheck", *words)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"{platform.python_implementation()} "), done.stdout
        release = sys.pypy_version_info[:3] if hasattr(sys, "pypy_version_info") else sys.version_info[:3]
        assert ".".join(map(str, release)) in done.stdout.splitlines()[0]
    named = folder.python("-m", "mmapcheck", "check", "--python", "/nonexistent/python", *options)
    assert named.returncode == 2 and "/nonexistent/python" in named.stderr


def test_each_command_that_runs_a_target_gets_this_interpreter(folder):
    words = folder.python("-m", "mmapcheck", "--help").stdout.split("Commands:")[1].split("Options:")[0]
    commands = re.findall(r"^  (\w+)", words, re.MULTILINE)
    assert "check" in commands and "profile" in commands
    helps = {name: folder.python("-m", "mmapcheck", name, "--help").stdout for name in commands if name != "help"}
    # `--reference` tells them from `bisect`, which takes several interpreters.
    found = {name for name, text in helps.items() if "--python" in text and "--reference" in text}
    assert found == set(_program.TARGET_COMMANDS)


def test_a_printed_command_runs_as_it_stands(folder):
    done = folder.python(
        "-m", "mmapcheck", "check", "--module", "find_ignores_end", "--pages-only", "--filter", "FIND-5"
    )
    assert done.returncode == 2 and "find_ignores_end" in done.stderr, "only PYTHONPATH names the folder"
    # The findings of random cases on another interpreter's own mmap may depend on its garbage collector.
    chosen = "FIND-5 or FIND-8 or random" if platform.python_implementation() == "CPython" else "FIND-5 or FIND-8"
    words = ["-m", "pytest", "-q", "--mmapcheck", "find_ignores_end", "-k", chosen, "--mmapcheck-time", "2"]
    commands = re.findall("run again: (.*)", folder.python(*words).stdout)
    assert len(commands) >= 2
    for command in commands:
        done = subprocess.run(command, shell=True, capture_output=True, check=False)
        assert done.returncode == 1, (command, done.stderr)
