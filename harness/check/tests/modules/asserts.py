"""A planted bug: a search dies as a failed assertion of C does, which says its reason on standard error before."""
import mmap as real
import os


class mmap(real.mmap):
    def find(self, *args):
        os.write(2, b"a line before\nmodule.c:123: find: Assertion `str_len >= 0' failed.\n\n")
        os.abort()
