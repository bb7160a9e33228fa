# value: constant: expected 131072, got AttributeError: module 'mmap' has no attribute 'MAP_STACK'
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())


print('asked:    ' + 'int(mmap.MAP_STACK)')
print('expected: ' + '131072')
sys.stdout.flush()
try:
    got = int(mmap.MAP_STACK)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
