"""Planted bug: move copies overlapping ranges in the wrong order."""
import mmap as real


class mmap(real.mmap):
    def move(self, dest, src, count):
        super().move(src, src, count)
        super().move(dest, dest, count)
        for i in range(count):
            self[dest + i] = self[src + i]
