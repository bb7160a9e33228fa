# bytes: struct.pack_into: file bytes: expected b'\x00\x00', got b'aa'
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

import mmap, struct
f = open('f', 'w+b', buffering=0)
f.write(b'aa')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
try:
    struct.pack_into('<H', m, 0, b'')
except Exception as error:
    pass

print('asked:    ' + 'open(\'f\', \'rb\').read()')
print('expected: ' + 'b\'\\x00\\x00\'')
sys.stdout.flush()
try:
    got = open('f', 'rb').read()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
