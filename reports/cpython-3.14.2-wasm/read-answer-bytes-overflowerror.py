# value: read: expected b'\x00abbaa\x00bc\x00abb', got OverflowError: cannot fit 'int' into an index-sized integer
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'wb', buffering=0)
f.write(b'\x00abbaa\x00bc\x00abb')
f.close()
f = open('f', 'rb', buffering=0)
try:
    m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY)' + ' raised ' + repr(error))

print('asked:    ' + 'm.read(-2152565474)')
print('expected: ' + 'b\'\\x00abbaa\\x00bc\\x00abb\'')
sys.stdout.flush()
try:
    got = m.read(-2152565474)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
