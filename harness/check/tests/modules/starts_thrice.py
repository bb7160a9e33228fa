"""A planted bug: `read` stays where it is, `resize` kills the process, and the module can be imported three times only.

The file named by STARTS has a byte for each import.
"""
import mmap as real
import os

with open(os.environ["STARTS"], "ab") as starts:
    starts.write(b"x")
    if starts.tell() > 3:
        raise ImportError("no more starts")


class mmap(real.mmap):
    def read(self, *args):
        position = self.tell()
        try:
            return super().read(*args)
        finally:
            self.seek(position)

    def resize(self, size):
        os.abort()
