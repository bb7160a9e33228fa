# class: mmap: expected OSError: [Errno 9] Bad file descriptor, got OSError: [Errno 8] Bad file descriptor
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())


print('asked:    ' + 'm = mmap.mmap(9999, 0)')
print('expected: ' + 'OSError: [Errno 9] Bad file descriptor')
sys.stdout.flush()
try:
    m = mmap.mmap(9999, 0)
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
