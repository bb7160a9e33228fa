# class: madvise: expected OverflowError: Python int too large to convert to C ssize_t, got TypeError: Expected type 'int' but 'Index' found
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

class Index:
    def __init__(self, value):
        self.value = value
    def __index__(self):
        return self.value

f = open('f', 'w+b', buffering=0)
f.write(b'a')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))

print('asked:    ' + 'm.madvise(Index(0), 2**63)')
print('expected: ' + 'OverflowError: Python int too large to convert to C ssize_t')
sys.stdout.flush()
try:
    got = m.madvise(Index(0), 2**63)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
