"""The native program: its place, its environment, and runs of it."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

NAME = "mmapcheck-native"

# The commands that run a target: without a target of the user's choice, it is the interpreter that this package is in.
TARGET_COMMANDS = ("check", "replay", "shrink", "smoke", "bench")


class CheckError(Exception):
    """A check that could not run, or that could not compare anything. The text says why, in one line."""


@functools.cache
def program() -> str:
    """The path of the native program.

    Raises `CheckError` if it is not installed with this package.
    """
    for place in _places():
        if place.is_file():
            return str(place)
    raise CheckError(f"the program {NAME} is not installed beside this package: install mmapcheck again")


def _places() -> Iterator[Path]:
    try:
        for file in importlib.metadata.files("mmapcheck") or ():
            if file.name == NAME:
                yield Path(os.path.abspath(str(file.locate())))
    except importlib.metadata.PackageNotFoundError:
        pass
    yield Path(sysconfig.get_path("scripts"), NAME)
    # `pip install --target` keeps programs in a folder beside the packages.
    yield Path(__file__).parent.parent / "bin" / NAME


def arguments(words: Sequence[str]) -> list[str]:
    """The arguments of the program, with this interpreter as the target unless they name one."""
    # As in the program: options without a command are those of `check`.
    is_check = not words or (words[0].startswith("-") and words[0] not in ("-h", "--help", "-V", "--version"))
    words = ["check", *words] if is_check else list(words)
    names_target = any(word.split("=")[0] in ("--python", "--reference", "-h", "--help") for word in words[1:])
    if words[0] not in TARGET_COMMANDS or names_target:
        return words
    return [words[0], "--python", sys.executable, *words[1:]]


def environment(first: Sequence[str] = ()) -> dict[str, str]:
    """The environment in which a new process of this interpreter finds the modules that this process finds.

    first -- folders that it looks for modules in before all others
    """
    variables = dict(os.environ)
    given = [os.path.abspath(entry) for entry in variables.pop("PYTHONPATH", "").split(os.pathsep) if entry]
    # A script such as `pytest` has its own folder on the path.
    own = _own_path() | {sysconfig.get_path("scripts")}
    present = [entry for entry in map(os.path.abspath, sys.path) if entry not in own]
    wanted = list(dict.fromkeys([*map(os.path.abspath, first), *present, *given]))
    if wanted:
        variables["PYTHONPATH"] = os.pathsep.join(wanted)
    return variables


@functools.cache
def _own_path() -> frozenset[str]:
    """The entries of `sys.path` that each process of this interpreter has."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    source = "import json, sys; print(json.dumps([entry for entry in sys.path if entry]))"
    # In the root folder: the first entry of the path is the working folder.
    done = subprocess.run([sys.executable, "-c", source], env=variables, cwd="/", stdout=subprocess.PIPE, check=True)
    return frozenset(os.path.abspath(entry) for entry in json.loads(done.stdout))


def command() -> str:
    """The command of this package, as it is printed for a user to run again."""
    started = sys.argv[0] if sys.argv else ""
    beside = Path(program()).with_name("mmapcheck")
    return started if Path(started).name == "mmapcheck" else str(beside)


def run(words: Sequence[str], first: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Runs the program on this interpreter and its modules, and returns its output.

    first -- folders that the target looks for modules in before all others

    Raises `CheckError` if the program is not installed.
    """
    return subprocess.run(
        [command(), *arguments(words)],
        executable=program(),
        env=environment(first),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
    )
