"""The reference as a module in place of `mmap`."""

import mmap as own
import os
import weakref

import mmapcheck_reference as reference
import pytest

PAGE = reference.PAGESIZE


@pytest.fixture
def file(tmp_path):
    with open(tmp_path / "f", "w+b", buffering=0) as file:
        file.write(b"abc" * PAGE)
        yield file


def test_it_has_the_names_of_this_pythons_mmap():
    constants = {name: int(getattr(own, name)) for name in dir(own) if name.isupper()}
    assert {name: getattr(reference, name) for name in dir(reference) if name.isupper()} == constants
    assert set(dir(own.mmap)) <= set(dir(reference.mmap))
    assert reference.error is own.error


def test_a_map_and_its_file_share_bytes(file):
    with reference.mmap(file.fileno(), 0) as m:
        assert isinstance(m, reference.mmap) and len(m) == 3 * PAGE
        m[:2] = b"xy"
        assert m.find(b"y") == 1
        file.seek(0)
        assert file.read(3) == b"xyc"
        file.seek(2)
        file.write(b"z")
        assert m[2] == ord("z") and list(m)[:3] == [b"x", b"y", b"z"]
    assert m.closed
    with pytest.raises(ValueError, match="mmap closed or invalid"):
        m.read(1)


def test_a_buffer_is_the_memory_itself(file):
    m = reference.mmap(file.fileno(), 0)
    view = memoryview(m)
    assert view.nbytes == len(m) and not view.readonly
    with pytest.raises(BufferError, match="exported pointers exist"):
        m.close()
    view[0] = ord("B")
    assert m[0] == ord("B")
    view.release()
    m.close()
    read_only = reference.mmap(file.fileno(), 0, access=reference.ACCESS_READ)
    with memoryview(read_only) as view, pytest.raises(TypeError):
        view[0] = 1


def test_a_death_is_an_exception_with_page_and_file(file):
    m = reference.mmap(file.fileno(), 0)
    file.truncate(PAGE + 1)
    assert m[2 * PAGE - 1] == 0
    message = rf"died of signal 7 \(SIGBUS\): page 2 of '.*/f', from byte {2 * PAGE} on, lies beyond its end"
    for access in (
        lambda: m[2 * PAGE],
        lambda: bytes(m),
        lambda: memoryview(m),
        lambda: m.read(),
        lambda: m.find(b"-"),
    ):
        with pytest.raises(reference.MemoryFault, match=message):
            access()
    file.truncate(3 * PAGE)
    assert m[2 * PAGE] == 0


def test_a_system_error_has_its_number(tmp_path):
    (tmp_path / "empty").touch()
    with open(tmp_path / "empty", "rb") as empty, pytest.raises(ValueError, match="cannot mmap an empty file"):
        reference.mmap(empty.fileno(), 0, access=reference.ACCESS_READ)
    with pytest.raises(OSError) as refused:
        reference.mmap(9999, 1)
    assert refused.value.errno == 9 and str(refused.value) == "[Errno 9] Bad file descriptor"


def test_an_operation_without_a_rule_says_so():
    with pytest.raises(reference.Unsupported, match="not specified"):
        reference.mmap(-1, 1 << 40)
    reading, writing = os.pipe()
    with open(reading, "rb"), open(writing, "wb"), pytest.raises(reference.Unsupported, match="regular file"):
        reference.mmap(reading, 1)


def test_a_message_names_the_type_that_was_passed():
    m = reference.mmap(-1, 10)
    with pytest.raises(TypeError, match="not 'set'"):
        m.write(set())
    with pytest.raises(TypeError, match="'complex'"):
        m.seek(1j)
    for sequence in ([], [1]):
        with pytest.raises(TypeError, match="'list'"):
            m.seek(sequence)


def test_a_subclass_and_a_weak_reference():
    class Map(reference.mmap):
        def __new__(cls, *args, **keywords):
            return super().__new__(cls, -1, *args, **keywords)

    m = Map(10)
    assert type(m) is Map and len(m) == 10
    seen = weakref.ref(m)
    del m
    assert seen() is None


def test_an_argument_may_use_the_map_while_it_is_converted():
    m = reference.mmap(-1, 10)

    class Closes:
        def __index__(self):
            m.close()
            return 1

    with pytest.raises(ValueError, match="mmap closed or invalid"):
        m.read(Closes())


def test_another_profile_has_its_own_rules():
    older, newer = reference.profile("cpython-3.9"), reference.profile("cpython-3.15")
    assert not hasattr(older, "MAP_STACK") and hasattr(newer, "MAP_STACK")
    assert not hasattr(older.mmap, "set_name") and hasattr(newer.mmap, "set_name")
    assert older.mmap(-1, 5).seek(1) is None and newer.mmap(-1, 5).seek(1) == 1
    with pytest.raises(ValueError, match="cpython-9.9"):
        reference.profile("cpython-9.9")


def test_a_session_tells_what_was_done(tmp_path):
    with open(tmp_path / "f", "w+b", buffering=0) as file:
        file.write(b"abc")
        m = reference.mmap(file.fileno(), 0)
    m.read(2)
    with pytest.raises(IndexError):
        m[3]
    lines = reference.session(m).splitlines()
    assert lines[-7:-3] == [">>> m = mmap.mmap(f.fileno(), 0)", ">>> m.read(2)", "b'ab'", ">>> m[3]"]
    assert lines[-1] == "IndexError: mmap index out of range"
    for _ in range(10_000):
        m.tell()
    with pytest.raises(reference.Unsupported, match="a record keeps 10000 steps"):
        reference.session(m)
