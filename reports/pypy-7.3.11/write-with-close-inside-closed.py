# value: write with close inside: closed: expected open, got closed
# Found in PyPy 7.3.11 (Python 3.9.16), module mmap, judged as other-3.9.16-linux.
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
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
try:
    m.read_byte()
except Exception as error:
    print('m.read_byte()' + ' raised ' + repr(error))
def callback():
    m.close()

try:
    m.write(BufferAfter(b'', callback))
except Exception as error:
    pass

print('asked:    ' + 'm.closed')
print('expected: ' + 'False')
sys.stdout.flush()
try:
    got = m.closed
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
