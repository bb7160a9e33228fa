# value: rfind with memoryview inside: expected 1, got TypeError: an integer is required
# Found in CPython 3.11.7, module fmmap 2.0.0, judged as cpython-3.11.7-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

class IndexAfter:
    def __init__(self, value, callback):
        self.value = value
        self.callback = callback
    def __index__(self):
        self.callback()
        return self.value

try:
    m = mmap.mmap(-1, 1)
except Exception as error:
    print('m = mmap.mmap(-1, 1)' + ' raised ' + repr(error))
def callback():
    global v
    v = memoryview(m)


print('asked:    ' + 'm.rfind(b\'\', IndexAfter(0, callback))')
print('expected: ' + '1')
sys.stdout.flush()
try:
    got = m.rfind(b'', IndexAfter(0, callback))
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
