# value: constant: expected 64, got AttributeError: module 'mmap' has no attribute 'MAP_32BIT'
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())


print('asked:    ' + 'int(mmap.MAP_32BIT)')
print('expected: ' + '64')
sys.stdout.flush()
try:
    got = int(mmap.MAP_32BIT)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
