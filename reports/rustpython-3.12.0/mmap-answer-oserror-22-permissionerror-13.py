# class: mmap: expected OSError: [Errno 22] Invalid argument, got PermissionError: [Errn … 23 more …  (os error 13): 'None'
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
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

print('asked:    ' + 'm = mmap.mmap(f.fileno(), 0, mmap.MAP_ANON)')
print('expected: ' + 'OSError: [Errno 22] Invalid argument')
sys.stdout.flush()
try:
    m = mmap.mmap(f.fileno(), 0, mmap.MAP_ANON)
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
