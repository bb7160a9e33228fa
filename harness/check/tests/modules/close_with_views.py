"""Planted bug: close is allowed while a memoryview is alive."""
import mmap as real


class mmap(real.mmap):
    def close(self):
        try:
            super().close()
        except BufferError:
            pass
