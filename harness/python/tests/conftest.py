"""Folders of the tests, and runs of pytest and of the command in them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


class Folder:
    """An empty folder with copies of the modules of these tests, and the programs that run in it."""

    def __init__(self, path):
        self.path = path
        shutil.copytree(Path(__file__).parent / "modules", path, dirs_exist_ok=True)

    def write(self, name, text):
        (self.path / name).write_text(text)

    def python(self, *words):
        """Runs this interpreter with these arguments."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.path,
            env=variables,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def pytest(self, *words):
        """Runs pytest with these arguments, two seconds of random cases and a fixed seed."""
        time = ["--mmapcheck-time", "2", "--mmapcheck-seed", "1"]
        return self.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", *time, *words)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)
