"""Planted bugs, one class each: a descriptor, memory or a file leaks."""
import mmap as real
import os

KEPT = []


class Descriptor(real.mmap):
    def close(self):
        os.open(os.devnull, os.O_RDONLY)
        super().close()


class Memory(real.mmap):
    def find(self, *args):
        KEPT.append(real.mmap(-1, 4096))
        return super().find(*args)


class File(real.mmap):
    def resize(self, size):
        open("scratch", "wb").close()
        super().resize(size)
