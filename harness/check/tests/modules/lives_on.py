"""Planted bug: a byte beyond the end of a truncated file reads as zero, where CPython dies of SIGBUS."""
import mmap as real


class mmap(real.mmap):
    def read_byte(self):
        try:
            emptied = self.size() == 0
        except (OSError, ValueError):
            emptied = False
        return 0 if emptied and self.tell() < len(self) else super().read_byte()
