"""Planted bug: write succeeds on an ACCESS_READ map."""
import mmap as real
import os


class mmap(real.mmap):
    def __new__(cls, fileno, length, *args, **keywords):
        self = super().__new__(cls, fileno, length, *args, **keywords)
        self.path = os.readlink(f"/proc/self/fd/{fileno}") if fileno >= 0 else None
        return self

    def write(self, data):
        try:
            return super().write(data)
        except TypeError:
            if "ACCESS_READ" not in repr(self):
                raise
            with open(self.path, "r+b") as file:
                file.seek(self.tell())
                count = file.write(data)
            self.seek(count, 1)
            return count
