# class: view-setitem with mmap inside: expected PermissionError: [Errno 13] Permission denied, got PermissionError: [Errno 2] Permission denied
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
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

f = open('f', 'wb', buffering=0)
f.write(b'a')
try:
    m = mmap.mmap(-1, 1)
except Exception as error:
    print('m = mmap.mmap(-1, 1)' + ' raised ' + repr(error))
try:
    v = memoryview(m)
except Exception as error:
    print('v = memoryview(m)' + ' raised ' + repr(error))
def callback():
    global m
    m = mmap.mmap(f.fileno(), 0)


print('asked:    ' + 'v[0] = IndexAfter(0, callback)')
print('expected: ' + 'PermissionError: [Errno 13] Permission denied')
sys.stdout.flush()
try:
    v[0] = IndexAfter(0, callback)
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
