# death: eq: expected False, got died of signal 7 (SIGBUS)
# Found in PyPy 7.3.11 (Python 3.9.16), module mmap, judged as other-3.9.16-linux.
import gc, importlib, os, sys, tempfile
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
    m.resize(8177)
except Exception as error:
    print('m.resize(8177)' + ' raised ' + repr(error))

print('asked:    ' + 'm == memoryview(b\'\')')
print('expected: ' + 'False')
sys.stdout.flush()
try:
    got = m == memoryview(b'')
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
