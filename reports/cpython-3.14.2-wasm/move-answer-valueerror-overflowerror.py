# class: move: expected ValueError, got OverflowError
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
f.write(b'bab\naa\n' * 2303 + b'bab')
try:
    m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY)' + ' raised ' + repr(error))
try:
    m[16127]
except Exception as error:
    pass
try:
    m[16124:24]
except Exception as error:
    print('m[16124:24]' + ' raised ' + repr(error))
try:
    m.find(b'aa', 4, 10)
except Exception as error:
    print('m.find(b\'aa\', 4, 10)' + ' raised ' + repr(error))
try:
    m[6:10] = b'YZ01'
except Exception as error:
    print('m[6:10] = b\'YZ01\'' + ' raised ' + repr(error))
try:
    m.find(b'b\x00')
except Exception as error:
    print('m.find(b\'b\\x00\')' + ' raised ' + repr(error))
try:
    m[True:1]
except Exception as error:
    print('m[True:1]' + ' raised ' + repr(error))
try:
    del m[16123]
except Exception as error:
    pass
try:
    m.seek(5)
except Exception as error:
    print('m.seek(5)' + ' raised ' + repr(error))
try:
    m.seek(2)
except Exception as error:
    print('m.seek(2)' + ' raised ' + repr(error))
try:
    m.write(memoryview(b'XYZ'))
except Exception as error:
    print('m.write(memoryview(b\'XYZ\'))' + ' raised ' + repr(error))
try:
    m[10:11] = b'y'
except Exception as error:
    print('m[10:11] = b\'y\'' + ' raised ' + repr(error))
try:
    m.find(b'bbb', 1, 4)
except Exception as error:
    print('m.find(b\'bbb\', 1, 4)' + ' raised ' + repr(error))
try:
    m[16126:11]
except Exception as error:
    print('m[16126:11]' + ' raised ' + repr(error))
try:
    m.flush()
except Exception as error:
    print('m.flush()' + ' raised ' + repr(error))
try:
    m == b''
except Exception as error:
    print('m == b\'\'' + ' raised ' + repr(error))
try:
    m.move(Index(5), -3, -2**32 - 1)
except Exception as error:
    pass
try:
    m.seek(11)
except Exception as error:
    print('m.seek(11)' + ' raised ' + repr(error))
try:
    m.tell()
except Exception as error:
    print('m.tell()' + ' raised ' + repr(error))
try:
    m.resize(23)
except Exception as error:
    pass
try:
    m.seek(4)
except Exception as error:
    print('m.seek(4)' + ' raised ' + repr(error))
try:
    m.seek(7, 1)
except Exception as error:
    print('m.seek(7, 1)' + ' raised ' + repr(error))
try:
    m.write_byte(0)
except Exception as error:
    print('m.write_byte(0)' + ' raised ' + repr(error))
try:
    m.tell()
except Exception as error:
    print('m.tell()' + ' raised ' + repr(error))
try:
    m.write(b'zX')
except Exception as error:
    print('m.write(b\'zX\')' + ' raised ' + repr(error))
try:
    m[10]
except Exception as error:
    print('m[10]' + ' raised ' + repr(error))
try:
    m.find(f)
except Exception as error:
    pass
try:
    m.find(m)
except Exception as error:
    print('m.find(m)' + ' raised ' + repr(error))
try:
    m[2]
except Exception as error:
    print('m[2]' + ' raised ' + repr(error))

print('asked:    ' + 'm.rfind(b\'\')')
print('expected: ' + '16124')
sys.stdout.flush()
try:
    got = m.rfind(b'')
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
