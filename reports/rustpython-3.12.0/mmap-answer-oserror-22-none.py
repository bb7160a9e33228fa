# value: mmap: expected OSError: [Errno 22] Invalid argument, got None
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

print('asked:    ' + 'm = mmap.mmap(f.fileno(), 0, mmap.MAP_DENYWRITE)')
print('expected: ' + 'OSError: [Errno 22] Invalid argument')
sys.stdout.flush()
try:
    m = mmap.mmap(f.fileno(), 0, mmap.MAP_DENYWRITE)
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
