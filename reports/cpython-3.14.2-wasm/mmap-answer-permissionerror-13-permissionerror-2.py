# class: mmap: expected PermissionError: [Errno 13] Permission denied, got PermissionError: [Errno 2] Permission denied
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'wb', buffering=0)
f.write(b'a')
f.close()
f = open('f', 'rb', buffering=0)

print('asked:    ' + 'm = mmap.mmap(f.fileno(), 0)')
print('expected: ' + 'PermissionError: [Errno 13] Permission denied')
sys.stdout.flush()
try:
    m = mmap.mmap(f.fileno(), 0)
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
