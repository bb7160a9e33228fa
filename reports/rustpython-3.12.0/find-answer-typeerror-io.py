# class: find: expected TypeError: a bytes-like object is required, not '_io.FileIO', got io.: File or stream is not readable
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'wb', buffering=0)
try:
    m = mmap.mmap(-1, 1)
except Exception as error:
    print('m = mmap.mmap(-1, 1)' + ' raised ' + repr(error))

print('asked:    ' + 'm.find(f)')
print('expected: ' + 'TypeError: a bytes-like object is required, not \'_io.FileIO\'')
sys.stdout.flush()
try:
    got = m.find(f)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
