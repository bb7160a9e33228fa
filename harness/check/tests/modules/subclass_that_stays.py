"""Planted bug: read does not advance the position. Everything else is the interpreter's own."""
import mmap as real
from mmap import *


class mmap(real.mmap):
    def read(self, *args):
        position = self.tell()
        data = real.mmap.read(self, *args)
        self.seek(position)
        return data
