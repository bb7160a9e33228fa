# value: setslice with resize inside: expected None, got SystemError: mmap: resizing not available--no mremap()
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

class IndexAfter:
    def __init__(self, value, callback):
        self.value = value
        self.callback = callback
    def __index__(self):
        self.callback()
        return self.value

f = open('f', 'w+b', buffering=0)
f.write(b'a')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
def callback():
    m.resize(64)


print('asked:    ' + 'm[4:IndexAfter(6, callback)] = b\'aa\'')
print('expected: ' + 'nothing')
sys.stdout.flush()
try:
    m[4:IndexAfter(6, callback)] = b'aa'
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
