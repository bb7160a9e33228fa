# class: setslice: expected TypeError: mmap can't modify a readonly memory map., got IndexError: mmap slice assignment is wrong size
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

class Index:
    def __init__(self, value):
        self.value = value
    def __index__(self):
        return self.value

f = open('f', 'w+b', buffering=0)
f.write(b'bb\x00ca' * 2904 + b'bb\x00')
try:
    m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)' + ' raised ' + repr(error))

print('asked:    ' + 'm[Index(21):0] = b\'a\'')
print('expected: ' + 'TypeError: mmap can\'t modify a readonly memory map.')
sys.stdout.flush()
try:
    m[Index(21):0] = b'a'
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
