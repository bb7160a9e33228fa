# class: write: expected BufferError: memoryvie … 18 more … er is not C-contiguous, got TypeError: non-contiguous buffer is not a bytes-like object
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'w+b', buffering=0)
f.write(b'a')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))

print('asked:    ' + 'm.write(memoryview(b\'aaa\')[::2])')
print('expected: ' + 'BufferError: memoryview: underlying buffer is not C-contiguous')
sys.stdout.flush()
try:
    got = m.write(memoryview(b'aaa')[::2])
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
