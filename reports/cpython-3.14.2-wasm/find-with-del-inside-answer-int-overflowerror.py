# value: find with del inside: expected -1, got OverflowError: Python int too large to convert to C ssize_t
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

f = open('f', 'w+b', buffering=0)
f.write(b'baa\nbaacbaa\nbaacbaa\nb')
f2 = open('f2', 'w+b', buffering=0)
f2.write(b'acaca\n\x00ab\x00bbcaa' * 3 + b'acaca\n\x00ab\x00bbca')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
def callback():
    global m
    del m


print('asked:    ' + 'm.find(b\'\\n\\n\', -2152565494, IndexAfter(0, callback))')
print('expected: ' + '-1')
sys.stdout.flush()
try:
    got = m.find(b'\n\n', -2152565494, IndexAfter(0, callback))
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
