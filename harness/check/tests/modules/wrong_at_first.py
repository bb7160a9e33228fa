"""Planted bug: the first call of `rfind` in a process is wrong."""
import mmap as real

calls = 0


class mmap(real.mmap):
    def rfind(self, *args):
        global calls
        calls += 1
        return super().rfind(*args) if calls > 1 else -1000
