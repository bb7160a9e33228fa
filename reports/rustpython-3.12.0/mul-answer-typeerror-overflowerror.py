# class: mul: expected TypeError: unsupported … 23 more …  'mmap.mmap' and 'int', got OverflowError: repeated bytes are too long
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
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

print('asked:    ' + 'm * (2**63)')
print('expected: ' + 'TypeError: unsupported operand type(s) for *: \'mmap.mmap\' and \'int\'')
sys.stdout.flush()
try:
    got = m * (2**63)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
