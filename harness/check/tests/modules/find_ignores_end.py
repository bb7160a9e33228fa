"""Planted bug: find ignores its end."""
import mmap as real


class mmap(real.mmap):
    def find(self, sub, start=None, end=None):
        return super().find(sub, self.tell() if start is None else start)
