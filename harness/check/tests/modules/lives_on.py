"""Planted bug, as some would call it: a byte of a file that was emptied is zero, where CPython dies."""
import mmap as real


class mmap(real.mmap):
    def read_byte(self):
        try:
            emptied = self.size() == 0
        except (OSError, ValueError):
            emptied = False
        return 0 if emptied and self.tell() < len(self) else super().read_byte()
