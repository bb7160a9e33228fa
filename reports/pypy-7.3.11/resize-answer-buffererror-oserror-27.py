# class: resize: expected BufferError: mmap can't resize with extant buffers exported., got OSError: [Errno 27] File too large
# Found in PyPy 7.3.11 (Python 3.9.16), module mmap, judged as other-3.9.16-linux.
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
try:
    v = memoryview(m)
except Exception as error:
    print('v = memoryview(m)' + ' raised ' + repr(error))

print('asked:    ' + 'm.resize(2**31 - 1)')
print('expected: ' + 'BufferError: mmap can\'t resize with extant buffers exported.')
sys.stdout.flush()
try:
    got = m.resize(2**31 - 1)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
