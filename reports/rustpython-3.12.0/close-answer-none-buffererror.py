# value: close: expected None, got BufferError: cannot close exported pointers exist.
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

try:
    m = mmap.mmap(-1, 1)
except Exception as error:
    print('m = mmap.mmap(-1, 1)' + ' raised ' + repr(error))
try:
    v = memoryview(m)
except Exception as error:
    print('v = memoryview(m)' + ' raised ' + repr(error))
try:
    v[0:0] = b''
except Exception as error:
    print('v[0:0] = b\'\'' + ' raised ' + repr(error))
try:
    del v
except Exception as error:
    print('del v' + ' raised ' + repr(error))

print('asked:    ' + 'm.close()')
print('expected: ' + 'nothing')
sys.stdout.flush()
try:
    got = m.close()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
