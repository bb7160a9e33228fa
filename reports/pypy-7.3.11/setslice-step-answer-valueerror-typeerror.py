# class: setslice-step: expected ValueError: operation  … 17 more … ased memoryview object, got TypeError: expected bytes, got memoryview object
# Found in PyPy 7.3.11 (Python 3.9.16), module mmap, judged as other-3.9.16-linux.
import importlib, os, sys, tempfile
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
try:
    v.release()
except Exception as error:
    print('v.release()' + ' raised ' + repr(error))

print('asked:    ' + 'm[0:0:None] = v')
print('expected: ' + 'ValueError: operation forbidden on released memoryview object')
sys.stdout.flush()
try:
    m[0:0:None] = v
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
