# bytes: write: file bytes: expected b'a', got b'\x00'
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'w+b', buffering=0)
f.write(b'\x00')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
try:
    m.write(b'a')
except Exception as error:
    print('m.write(b\'a\')' + ' raised ' + repr(error))

print('asked:    ' + 'open(\'f\', \'rb\').read()')
print('expected: ' + 'b\'a\'')
sys.stdout.flush()
try:
    got = open('f', 'rb').read()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
