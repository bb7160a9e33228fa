"""Planted bug: three calls of `find` in ten are wrong."""
import mmap as real
import random

chance = random.Random()


class mmap(real.mmap):
    def find(self, *args):
        return super().find(*args) + (1000 if chance.random() < 0.3 else 0)
