"""Planted bug: read does not advance the position."""
import mmap as real


class mmap(real.mmap):
    def read(self, *args):
        position = self.tell()
        data = super().read(*args)
        self.seek(position)
        return data
