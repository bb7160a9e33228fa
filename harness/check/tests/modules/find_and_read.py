"""Two planted bugs: find ignores its end, and read does not advance the position."""
import mmap as real


class mmap(real.mmap):
    def find(self, sub, start=None, end=None):
        return super().find(sub, self.tell() if start is None else start)

    def read(self, *args):
        position = self.tell()
        data = super().read(*args)
        self.seek(position)
        return data
