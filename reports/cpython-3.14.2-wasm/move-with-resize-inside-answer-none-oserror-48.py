# value: move with resize inside: expected None, got OSError: [Errno 48] Out of memory
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

import mmap, struct
class IndexAfter:
    def __init__(self, value, callback):
        self.value = value
        self.callback = callback
    def __index__(self):
        self.callback()
        return self.value

class BufferAfter:
    def __init__(self, value, callback):
        self.value = value
        self.callback = callback
    def __buffer__(self, flags):
        self.callback()
        return memoryview(self.value)

f = open('f', 'w+b', buffering=0)
f.write(b'bc\x00abc\x00abc\x00abc\x00abc\x00abc\x00abc\x00abc\x00ab')
try:
    m = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE)' + ' raised ' + repr(error))
try:
    m[2:3] = b'y'
except Exception as error:
    print('m[2:3] = b\'y\'' + ' raised ' + repr(error))
try:
    m.read(1, b'aca')
except Exception as error:
    pass
try:
    f.seek(77)
except Exception as error:
    print('f.seek(77)' + ' raised ' + repr(error))
try:
    repr(m)
except Exception as error:
    print('repr(m)' + ' raised ' + repr(error))
try:
    m.write(b'zX')
except Exception as error:
    print('m.write(b\'zX\')' + ' raised ' + repr(error))
try:
    m.seekable()
except Exception as error:
    print('m.seekable()' + ' raised ' + repr(error))
try:
    struct.pack_into('<H', m, 8, 98)
except Exception as error:
    print('struct.pack_into(\'<H\', m, 8, 98)' + ' raised ' + repr(error))
try:
    m.write(b'XYZ')
except Exception as error:
    print('m.write(b\'XYZ\')' + ' raised ' + repr(error))
try:
    m.readline()
except Exception as error:
    print('m.readline()' + ' raised ' + repr(error))
try:
    m.tell()
except Exception as error:
    print('m.tell()' + ' raised ' + repr(error))
try:
    it = iter(m)
except Exception as error:
    print('it = iter(m)' + ' raised ' + repr(error))
try:
    m.seekable()
except Exception as error:
    print('m.seekable()' + ' raised ' + repr(error))
try:
    m.write(b'YZ01')
except Exception as error:
    pass
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))
try:
    m.find(b'aaa')
except Exception as error:
    print('m.find(b\'aaa\')' + ' raised ' + repr(error))
try:
    m[4:30] = b''
except Exception as error:
    pass
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))
try:
    m.find(b'aab', 8)
except Exception as error:
    print('m.find(b\'aab\', 8)' + ' raised ' + repr(error))
try:
    next(it)
except Exception as error:
    print('next(it)' + ' raised ' + repr(error))
try:
    m[10:12] = b'zX'
except Exception as error:
    print('m[10:12] = b\'zX\'' + ' raised ' + repr(error))
def callback():
    m.resize(30)

try:
    m.move(IndexAfter(1, callback), 6, 3)
except Exception as error:
    print('m.move(IndexAfter(1, callback), 6, 3)' + ' raised ' + repr(error))
try:
    m.move(5, 3, 3)
except Exception as error:
    print('m.move(5, 3, 3)' + ' raised ' + repr(error))
try:
    m.resize(28)
except Exception as error:
    print('m.resize(28)' + ' raised ' + repr(error))
try:
    m.move(6, 0, 3)
except Exception as error:
    print('m.move(6, 0, 3)' + ' raised ' + repr(error))
try:
    f.truncate(8194)
except Exception as error:
    print('f.truncate(8194)' + ' raised ' + repr(error))
try:
    m.move(2, 4, 2)
except Exception as error:
    print('m.move(2, 4, 2)' + ' raised ' + repr(error))
def callback():
    m[4099] = 2**31

try:
    m.rfind(BufferAfter(b'', callback))
except Exception as error:
    pass
try:
    m.read(0)
except Exception as error:
    print('m.read(0)' + ' raised ' + repr(error))

print('asked:    ' + 'm.read(24)')
print('expected: ' + 'b\'\'')
sys.stdout.flush()
try:
    got = m.read(24)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
