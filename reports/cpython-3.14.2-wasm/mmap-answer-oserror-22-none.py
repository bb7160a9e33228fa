# value: mmap: expected OSError: [Errno 22] Invalid argument, got None
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'w+b', buffering=0)
f.write(b'a')

print('asked:    ' + 'm = mmap.mmap(f.fileno(), 0, mmap.MAP_STACK)')
print('expected: ' + 'OSError: [Errno 22] Invalid argument')
sys.stdout.flush()
try:
    m = mmap.mmap(f.fileno(), 0, mmap.MAP_STACK)
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
