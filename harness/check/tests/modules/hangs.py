"""Planted bug: readline hangs if no newline follows."""
import mmap as real


class mmap(real.mmap):
    def readline(self):
        while self.find(b"\n") < 0 and self.tell() < len(self):
            pass
        return super().readline()
