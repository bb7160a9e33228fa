# value: write with resize inside: map bytes: expected b'', got b'bccbabbbbaaab\nbccba … 4346 more … ccbabbbbaaab\nbccbabb'
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
f.write(b'bccbabbbbaaab\n' * 292 + b'bccbabb')
try:
    m = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE)' + ' raised ' + repr(error))
try:
    m2 = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m2 = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
try:
    m.seek(10, 0)
except Exception as error:
    print('m.seek(10, 0)' + ' raised ' + repr(error))
def callback():
    m2.resize(0)

try:
    m2.write(BufferAfter(b'', callback))
except Exception as error:
    pass
try:
    int(mmap.MAP_DENYWRITE)
except Exception as error:
    print('int(mmap.MAP_DENYWRITE)' + ' raised ' + repr(error))
try:
    m2[None]
except Exception as error:
    pass
try:
    m2[9:8:4098] = b'YZ01'
except Exception as error:
    pass
try:
    m.__enter__() is m
except Exception as error:
    print('m.__enter__() is m' + ' raised ' + repr(error))
def callback():
    m2.resize(4093)

try:
    del m2[11:4091:IndexAfter(9, callback)]
except Exception as error:
    pass
try:
    m.seek(7)
except Exception as error:
    print('m.seek(7)' + ' raised ' + repr(error))
def callback():
    m.move(2, 5, 2)

try:
    m.move(IndexAfter(6, callback), 4094, 5)
except Exception as error:
    pass
try:
    m2.madvise(mmap.MADV_DODUMP, 8192)
except Exception as error:
    pass
try:
    struct.pack_into('<H', m2, 2, 97)
except Exception as error:
    print('struct.pack_into(\'<H\', m2, 2, 97)' + ' raised ' + repr(error))
def callback():
    m[5:7] = b'zX'

try:
    m.write(BufferAfter(b'zX', callback))
except Exception as error:
    print('m.write(BufferAfter(b\'zX\', callback))' + ' raised ' + repr(error))
try:
    m.write_byte(True)
except Exception as error:
    print('m.write_byte(True)' + ' raised ' + repr(error))
def callback():
    f.write(b'a\na\n')

try:
    m2.write(BufferAfter(b'Z0123', callback))
except Exception as error:
    print('m2.write(BufferAfter(b\'Z0123\', callback))' + ' raised ' + repr(error))
try:
    m2.move(8, 2, 6)
except Exception as error:
    print('m2.move(8, 2, 6)' + ' raised ' + repr(error))
try:
    f.truncate(8192)
except Exception as error:
    print('f.truncate(8192)' + ' raised ' + repr(error))
try:
    m.write(b'Z0123')
except Exception as error:
    print('m.write(b\'Z0123\')' + ' raised ' + repr(error))
try:
    m.seek(8)
except Exception as error:
    print('m.seek(8)' + ' raised ' + repr(error))
try:
    m.write(b'')
except Exception as error:
    print('m.write(b\'\')' + ' raised ' + repr(error))
try:
    m2.write_byte(10)
except Exception as error:
    print('m2.write_byte(10)' + ' raised ' + repr(error))
try:
    m[11:13] = b'zX'
except Exception as error:
    print('m[11:13] = b\'zX\'' + ' raised ' + repr(error))

print('asked:    ' + 'm[4:7:2] = b\'01\'')
print('expected: ' + 'nothing')
sys.stdout.flush()
try:
    m[4:7:2] = b'01'
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
