"""No bug, but time enough to be killed in the middle of a step."""
import mmap as real
import time


class mmap(real.mmap):
    def tell(self):
        time.sleep(0.002)
        return super().tell()
