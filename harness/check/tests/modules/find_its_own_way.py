"""A search that differs in several ways at once: each hides a part of the others."""
import mmap as real


class mmap(real.mmap):
    def find(self, *args):
        if len(args) not in (1, 2, 3):
            raise TypeError("find() takes from 1 to 3 arguments")
        self.tell()  # raises if the map is closed
        found = super().find(*args)
        start, end = self.bounds(*args[1:])
        if start >= end:
            return -1
        return 0 if len(memoryview(args[0])) == 0 else found

    def bounds(self, start=None, end=None):
        size = len(self)
        start = self.tell() if start is None else int(start.__index__())
        end = size if end is None else int(end.__index__())
        return [max(0, min(size, bound + size if bound < 0 else bound)) for bound in (start, end)]


for constant in filter(str.isupper, dir(real)):
    globals()[constant] = getattr(real, constant)
error = real.error
