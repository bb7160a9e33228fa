# death: setslice: expected TypeError: mmap can't modify a readonly memory map., got died of signal 7 (SIGBUS)
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import importlib, os, sys, tempfile
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
f.write(b'\nbb\x00aabbabab' * 4 + b'\nbb\x00a')
try:
    m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)' + ' raised ' + repr(error))
try:
    m.read(0)
except Exception as error:
    print('m.read(0)' + ' raised ' + repr(error))
try:
    f = open('f', 'w+b', buffering=0)
except Exception as error:
    print('f = open(\'f\', \'w+b\', buffering=0)' + ' raised ' + repr(error))
try:
    m.move(7, 5, Index(10))
except Exception as error:
    pass
try:
    m[1:1] = b''
except Exception as error:
    pass

print('asked:    ' + 'm[54:3] = m')
print('expected: ' + 'TypeError: mmap can\'t modify a readonly memory map.')
sys.stdout.flush()
try:
    m[54:3] = m
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
