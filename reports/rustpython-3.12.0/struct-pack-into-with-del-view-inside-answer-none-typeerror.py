# value: struct.pack_into with del-view inside: expected None, got TypeError: buffer is not a read-write bytes-like object
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

import mmap, struct
class IndexAfter:
    def __init__(self, value, callback):
        self.value = value
        self.callback = callback
    def __index__(self):
        self.callback()
        return self.value

try:
    m = mmap.mmap(-1, 2)
except Exception as error:
    print('m = mmap.mmap(-1, 2)' + ' raised ' + repr(error))
try:
    v = memoryview(m)
except Exception as error:
    print('v = memoryview(m)' + ' raised ' + repr(error))
def callback():
    global v
    del v


print('asked:    ' + 'struct.pack_into(\'<H\', m, 0, IndexAfter(0, callback))')
print('expected: ' + 'nothing')
sys.stdout.flush()
try:
    got = struct.pack_into('<H', m, 0, IndexAfter(0, callback))
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
