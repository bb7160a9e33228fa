# class: setslice: expected BufferError: memoryvie … 18 more … er is not C-contiguous, got IndexError: mmap slice assignment is wrong size
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
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

print('asked:    ' + 'm[0:0] = memoryview(b\'aaa\')[::2]')
print('expected: ' + 'BufferError: memoryview: underlying buffer is not C-contiguous')
sys.stdout.flush()
try:
    m[0:0] = memoryview(b'aaa')[::2]
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
