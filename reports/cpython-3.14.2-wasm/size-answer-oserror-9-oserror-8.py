# class: size: expected OSError: [Errno 9] Bad file descriptor, got OSError: [Errno 8] Bad file descriptor
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

try:
    m = mmap.mmap(-1, 1)
except Exception as error:
    print('m = mmap.mmap(-1, 1)' + ' raised ' + repr(error))

print('asked:    ' + 'm.size()')
print('expected: ' + 'OSError: [Errno 9] Bad file descriptor')
sys.stdout.flush()
try:
    got = m.size()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
