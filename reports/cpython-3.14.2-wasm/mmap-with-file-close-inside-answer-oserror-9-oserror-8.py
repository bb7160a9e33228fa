# class: mmap with file-close inside: expected OSError: [Errno 9] Bad file descriptor, got OSError: [Errno 8] Bad file descriptor
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
def callback():
    f.close()


print('asked:    ' + 'm = mmap.mmap(f.fileno(), IndexAfter(0, callback))')
print('expected: ' + 'OSError: [Errno 9] Bad file descriptor')
sys.stdout.flush()
try:
    m = mmap.mmap(f.fileno(), IndexAfter(0, callback))
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
