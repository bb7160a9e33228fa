# death: readline: expected b'\x00\x00\x00\x00\x00 … 32727 more … 0\x00\x00\x00\x00\x00', got sent a malformed reply … 107 more … \u0000\\u0000\\u00"...
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
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
f.write(b'bbaba\n\x00acaabbaba\n\x00acaabbaba\n\x00acaabbab')
try:
    m = mmap.mmap(-1, 8192, mmap.MAP_PRIVATE)
except Exception as error:
    print('m = mmap.mmap(-1, 8192, mmap.MAP_PRIVATE)' + ' raised ' + repr(error))
try:
    m.readline()
except Exception as error:
    print('m.readline()' + ' raised ' + repr(error))
try:
    m[32767] = Index(125)
except Exception as error:
    pass
try:
    m.rfind(b'ab', 8188)
except Exception as error:
    print('m.rfind(b\'ab\', 8188)' + ' raised ' + repr(error))
try:
    m < f
except Exception as error:
    pass
try:
    v = memoryview(m)
except Exception as error:
    print('v = memoryview(m)' + ' raised ' + repr(error))
try:
    m.readline()
except Exception as error:
    print('m.readline()' + ' raised ' + repr(error))
try:
    m.move(0, 2, 2)
except Exception as error:
    print('m.move(0, 2, 2)' + ' raised ' + repr(error))
try:
    m.tell()
except Exception as error:
    print('m.tell()' + ' raised ' + repr(error))
try:
    m.read(8196)
except Exception as error:
    print('m.read(8196)' + ' raised ' + repr(error))
try:
    m.write_byte(10)
except Exception as error:
    pass
try:
    m[11:4099:-4]
except Exception as error:
    print('m[11:4099:-4]' + ' raised ' + repr(error))
try:
    m.write(b'')
except Exception as error:
    print('m.write(b\'\')' + ' raised ' + repr(error))
try:
    m.readline()
except Exception as error:
    print('m.readline()' + ' raised ' + repr(error))

print('asked:    ' + 'm.rfind(b\'\\x00a\\x00\')')
print('expected: ' + '-1')
sys.stdout.flush()
try:
    got = m.rfind(b'\x00a\x00')
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
