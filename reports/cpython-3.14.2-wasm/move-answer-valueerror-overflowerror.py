# class: move: expected ValueError: source, destination, or count out of range, got OverflowError: Python int too large to convert to C ssize_t
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
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

print('asked:    ' + 'm.move(2**31, 0, 0)')
print('expected: ' + 'ValueError: source, destination, or count out of range')
sys.stdout.flush()
try:
    got = m.move(2**31, 0, 0)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
