"""Planted bug: the process ends when a map is resized to less than it was."""
import mmap as real
import os


class mmap(real.mmap):
    def resize(self, size):
        if isinstance(size, int) and 0 < size < len(self):
            os._exit(3)
        super().resize(size)
