"""Planted bug: a search without a match reads one byte past the end of the map."""
import ctypes
import mmap as real


class mmap(real.mmap):
    def find(self, *args):
        found = super().find(*args)
        if found == -1 and len(self):
            try:
                start = ctypes.c_char.from_buffer(self)
            except TypeError:  # The map is read-only.
                return found
            ctypes.string_at(ctypes.addressof(start) + len(self), 1)
        return found
