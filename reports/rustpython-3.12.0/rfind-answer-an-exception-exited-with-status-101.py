# death: rfind: expected TypeError: 'NoneType'  … 20 more … erpreted as an integer, got exited with status 101 … 67 more … r a verbose backtrace.
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

try:
    m = mmap.mmap(-1, 8192)
except Exception as error:
    print('m = mmap.mmap(-1, 8192)' + ' raised ' + repr(error))
try:
    m.readline()
except Exception as error:
    print('m.readline()' + ' raised ' + repr(error))

print('asked:    ' + 'm.rfind(b\'a\', None, 0)')
print('expected: ' + 'TypeError: \'NoneType\' object cannot be interpreted as an integer')
sys.stdout.flush()
try:
    got = m.rfind(b'a', None, 0)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
