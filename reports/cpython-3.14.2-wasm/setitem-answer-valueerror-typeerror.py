# class: setitem: expected ValueError: mmap item value must be in range(0, 256), got TypeError: cannot fit 'int' into an index-sized integer
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
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

print('asked:    ' + 'm[0] = 2**31')
print('expected: ' + 'ValueError: mmap item value must be in range(0, 256)')
sys.stdout.flush()
try:
    m[0] = 2**31
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
