# value: rfind: expected OverflowError: Python int too large to convert to C ssize_t, got -1
# Found in PyPy 7.3.11 (Python 3.9.16), module mmap, judged as other-3.9.16-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'wb', buffering=0)
f.write(b'aabaca\naa\x00aabaca\naa\x00aabaca\naa\x00aab')
try:
    m = mmap.mmap(-1, 1)
except Exception as error:
    print('m = mmap.mmap(-1, 1)' + ' raised ' + repr(error))

print('asked:    ' + 'm.rfind(b\'\\nb\', -9245200247839548634)')
print('expected: ' + 'OverflowError: Python int too large to convert to C ssize_t')
sys.stdout.flush()
try:
    got = m.rfind(b'\nb', -9245200247839548634)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
