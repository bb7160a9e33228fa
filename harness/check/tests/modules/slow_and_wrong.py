"""A planted bug in a slow map: `size` is one too many."""
import mmap as real
import time


class mmap(real.mmap):
    def tell(self):
        time.sleep(0.03)
        return super().tell()

    def size(self):
        return super().size() + 1
