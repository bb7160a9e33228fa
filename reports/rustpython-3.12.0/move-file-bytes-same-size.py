# bytes: move: file bytes: expected b'ab', got b'aa'
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'w+b', buffering=0)
f.write(b'ab')
try:
    m = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE)' + ' raised ' + repr(error))
try:
    m.move(1, 0, 1)
except Exception as error:
    print('m.move(1, 0, 1)' + ' raised ' + repr(error))

print('asked:    ' + 'open(\'f\', \'rb\').read()')
print('expected: ' + 'b\'ab\'')
sys.stdout.flush()
try:
    got = open('f', 'rb').read()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
