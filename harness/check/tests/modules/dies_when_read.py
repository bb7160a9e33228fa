"""After a flush, the process dies when the position is asked for."""
import mmap as real
import os
import signal


class mmap(real.mmap):
    flushed = False

    def flush(self, *args):
        self.flushed = True
        return super().flush(*args)

    def tell(self):
        if self.flushed:
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().tell()
