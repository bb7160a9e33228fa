"""A slow map without a bug, so that a test can kill the process in the middle of a step."""
import mmap as real
import time


class mmap(real.mmap):
    def tell(self):
        time.sleep(0.002)
        return super().tell()
