"""Planted bug: readline hangs if no newline follows."""
import mmap as real
import time


class mmap(real.mmap):
    def readline(self):
        while self.find(b"\n") < 0 and self.tell() < len(self):
            time.sleep(0.01)
        return super().readline()
