"""Planted bug: a search reads one byte past the end of its needle."""
import ctypes
import mmap as real


class Buffer(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("owner", ctypes.py_object), ("rest", ctypes.c_ssize_t * 9)]


class mmap(real.mmap):
    def find(self, *args):
        found = super().find(*args)
        buffer = Buffer()
        ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(args[0]), ctypes.byref(buffer), 0)
        size = buffer.rest[0]
        ctypes.string_at(buffer.start + size, 1)
        ctypes.pythonapi.PyBuffer_Release(ctypes.byref(buffer))
        return found
