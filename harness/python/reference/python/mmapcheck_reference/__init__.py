"""The reference implementation of Python's `mmap` as a module, in place of `mmap`.

`mmapcheck_reference.mmap` follows the rules of the running CPython; `profile("cpython-3.13")` returns a module that follows
those of another one. An access that kills a process raises `MemoryFault`, and an operation that no rule covers raises
`Unsupported`. `session(m)` returns what was done with a map, in the notation of mmapcheck.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Iterator
from typing import Any

from . import _native
from ._native import MemoryFault, Unsupported

__all__ = ["MemoryFault", "Unsupported", "error", "mmap", "profile", "session"]

error = OSError


class _Map(_native.Core):
    """A map: its operations by the names of mmapcheck's table."""

    _profile = ""

    def __new__(cls, *args: Any, **keywords: Any) -> _Map:
        new: _Map = super().__new__(cls, cls._profile)  # type: ignore[assignment]
        new.construct(args, keywords)
        return new

    def __len__(self) -> int:
        return int(self.perform_named("len", ()))

    def __getitem__(self, key: Any) -> Any:
        return self.perform_named(*_bracket("get", key))

    def __setitem__(self, key: Any, value: Any) -> None:
        operation, parts = _bracket("set", key)
        self.perform_named(operation, (*parts, value))

    def __delitem__(self, key: Any) -> None:
        self.perform_named(*_bracket("del", key))

    def __iter__(self) -> Iterator[bytes]:
        return _Items(self, 0, 1)

    def __reversed__(self) -> Iterator[bytes]:
        return _Items(self, len(self) - 1, -1)

    def __bytes__(self) -> bytes:
        content: bytes = self.perform_named("bytes", ())
        return content

    def __enter__(self) -> _Map:
        self.perform_named("__enter__", ())
        return self

    def __repr__(self) -> str:
        return str(self.perform_named("repr", ()))

    @property
    def closed(self) -> bool:
        """Whether the map is closed."""
        return bool(self.perform_named("closed", ()))


class _Items:
    """An iterator over a map: each byte as a `bytes` object, as the sequence protocol of C returns them."""

    def __init__(self, map: _Map, index: int, step: int) -> None:
        self._map, self._index, self._step = map, index, step

    def __iter__(self) -> _Items:
        return self

    def __next__(self) -> bytes:
        if self._index < 0:
            raise StopIteration
        try:
            item = bytes([self._map[self._index]])
        except IndexError:
            self._index = -1
            raise StopIteration from None
        self._index += self._step
        return item


def _bracket(verb: str, key: Any) -> tuple[str, tuple[Any, ...]]:
    """The operation of `m[key]` and its arguments."""
    if not isinstance(key, slice):
        return f"{verb}item", (key,)
    if key.step is None:
        return f"{verb}slice", (key.start, key.stop)
    return f"{verb}slice-step", (key.start, key.stop, key.step)


def _method(name: str) -> Any:
    def method(self: _Map, *args: Any, **keywords: Any) -> Any:
        return self.perform_named(name, args, keywords)

    method.__name__, method.__qualname__ = name, f"mmap.{name}"
    return method


def session(map: _Map) -> str:
    """The operations on a map so far, with their answers, as a session that `mmapcheck replay` runs.

    Raises `Unsupported` for a map of more steps, or a file of more bytes, than are kept.
    """
    return map.session()


class Module(types.ModuleType):
    """A module in place of `mmap`: the class, `error` and the constants of one profile."""

    mmap: type[_Map]
    error: type[OSError]


@functools.cache
def profile(name: str) -> Module:
    """A module in place of `mmap` that follows a profile, such as `cpython-3.13`.

    Raises `ValueError` for an unknown profile.
    """
    module = Module("mmap", f"The reference implementation of the mmap of {name}.")
    methods = {method: _method(method) for method in _native.methods(name)}
    module.mmap = type("mmap", (_Map,), {**methods, "_profile": name, "__module__": "mmap"})
    module.error = error
    for constant, value in _native.module_constants(name):
        setattr(module, constant, value)
    return module


def _own_profile() -> str:
    major, minor, micro = sys.version_info[:3]
    return f"{sys.implementation.name}-{major}.{minor}.{micro}"


_own = profile(_own_profile())
mmap = _own.mmap
for _name in dir(_own):
    if _name.isupper():
        globals()[_name] = getattr(_own, _name)
        __all__.append(_name)
