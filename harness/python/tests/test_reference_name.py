"""The name `mmapcheck.reference`, with and without the package behind it."""

import importlib.util
import mmap

import pytest


def test_the_reference_is_there_or_says_what_to_install():
    if importlib.util.find_spec("mmapcheck_reference") is None:
        with pytest.raises(ImportError, match="needs the package mmapcheck-reference, an extension module"):
            importlib.import_module("mmapcheck.reference")
        return
    reference = importlib.import_module("mmapcheck.reference")
    assert reference.mmap is not mmap.mmap and reference.mmap(-1, 5).read() == bytes(5)
    assert reference.PAGESIZE == mmap.PAGESIZE
