# class: mmap: expected OverflowError: signed integer is greater than maximum, got TypeError: __new__() m … 25 more … nal argument: 'length'
# Found in PyPy 7.3.11 (Python 3.9.16), module mmap, judged as other-3.9.16-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())


print('asked:    ' + 'm = mmap.mmap(2**31)')
print('expected: ' + 'OverflowError: signed integer is greater than maximum')
sys.stdout.flush()
try:
    m = mmap.mmap(2**31)
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
