"""Planted harms to the process that runs the target, one class each. Each is done by `readline`."""
import ctypes
import mmap as real
import operator
import os
import resource
import shutil
import signal

KEPT = []


class Map(real.mmap):
    """A map that knows the descriptor that it was given; -1 for none."""

    def __new__(cls, fileno, *args, **keywords):
        self = super().__new__(cls, fileno, *args, **keywords)
        self.given = operator.index(fileno)
        return self

    def readline(self):
        self.harm()
        return super().readline()


class CloseDescriptor(Map):
    def harm(self):
        if self.given >= 0:
            os.close(self.given)
            self.given = -1


class ReplaceDescriptor(Map):
    def harm(self):
        if self.given >= 0:
            other = os.open(os.devnull, os.O_RDWR)
            os.dup2(other, self.given)
            os.close(other)


class KeepDescriptors(real.mmap):
    def __new__(cls, *args, **keywords):
        KEPT.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(20))
        return super().__new__(cls, *args, **keywords)


class ChangeFolder(Map):
    def harm(self):
        os.chdir(os.environ["ANOTHER_FOLDER"])


class HandleSignals(Map):
    def harm(self):
        signal.signal(signal.SIGTERM, lambda *_: None)


class LimitFiles(Map):
    def harm(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


class LimitSizes(Map):
    def harm(self):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


class RemoveFiles(Map):
    def harm(self):
        for name in os.listdir("."):
            os.remove(name)


class RemoveFolder(Map):
    def harm(self):
        shutil.rmtree(os.path.dirname(os.getcwd()), ignore_errors=True)


class UnmapMarks(Map):
    """Unmaps the page on which a worker marks its steps."""

    def harm(self):
        with open("/proc/self/maps") as maps:
            for line in maps:
                if line.rstrip().endswith("/progress"):
                    start, end = (int(part, 16) for part in line.split()[0].split("-"))
                    ctypes.CDLL(None).munmap(ctypes.c_void_p(start), ctypes.c_size_t(end - start))


class TruncateMarks(Map):
    """Truncates the file of that page, which the campaign reads."""

    def harm(self):
        os.truncate("../progress", 0)
