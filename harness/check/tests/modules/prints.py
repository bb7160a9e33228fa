"""Prints at every call of `tell`, and has no fault."""
import mmap as real
import sys


class mmap(real.mmap):
    def tell(self):
        print("the position was asked for", flush=True)
        print("the position was asked for", file=sys.stderr)
        return super().tell()
