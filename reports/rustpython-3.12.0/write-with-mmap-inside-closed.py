# value: write with mmap inside: closed: expected open, got not bound
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

class BufferAfter:
    def __init__(self, value, callback):
        self.value = value
        self.callback = callback
    def __buffer__(self, flags):
        self.callback()
        return memoryview(self.value)

f = open('f', 'w+b', buffering=0)
f.write(b'a')
try:
    m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)' + ' raised ' + repr(error))
def callback():
    global m2
    m2 = mmap.mmap(f.fileno(), 0)

try:
    m.write(BufferAfter(b'', callback))
except Exception as error:
    pass

print('asked:    ' + 'm2.closed')
print('expected: ' + 'False')
sys.stdout.flush()
try:
    got = m2.closed
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
