"""An mmap with a planted bug: `find` ignores its end."""

from mmap import *
from mmap import mmap as own


class mmap(own):
    def find(self, sub, *bounds):
        return super().find(sub, *bounds[:1])


class Nested:
    class Map(own):
        pass
