"""Planted bug: a map of a file grows only within its last page, as if `mremap` might not move it: the file grows, and the call
fails."""
import errno
import mmap as real
import os

PAGE = real.PAGESIZE


class mmap(real.mmap):
    def __new__(cls, fileno, *args, **keywords):
        made = super().__new__(cls, fileno, *args, **keywords)
        made.fileno = fileno
        return made

    def resize(self, size):
        if isinstance(size, int) and self.fileno >= 0 and (size - 1) // PAGE > (len(self) - 1) // PAGE:
            os.ftruncate(self.fileno, size)
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        return super().resize(size)
