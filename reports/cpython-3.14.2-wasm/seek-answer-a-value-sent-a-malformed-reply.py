# death: seek: expected a value, got sent a malformed reply
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

import mmap, zlib
f = open('f', 'w+b', buffering=0)
f.write(b'\n\nbbab\x00ab' * 6 + b'\n')
try:
    m = mmap.mmap(-1, 8191, mmap.MAP_PRIVATE)
except Exception as error:
    print('m = mmap.mmap(-1, 8191, mmap.MAP_PRIVATE)' + ' raised ' + repr(error))
try:
    f.write(b'bac\x00')
except Exception as error:
    print('f.write(b\'bac\\x00\')' + ' raised ' + repr(error))
try:
    v = memoryview(m)
except Exception as error:
    print('v = memoryview(m)' + ' raised ' + repr(error))
try:
    m[5] = 10
except Exception as error:
    print('m[5] = 10' + ' raised ' + repr(error))
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))
try:
    m.resize(8193)
except Exception as error:
    pass
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))
try:
    m[4] = 0
except Exception as error:
    print('m[4] = 0' + ' raised ' + repr(error))
try:
    m.write_byte(97)
except Exception as error:
    pass
try:
    m.write_byte(98)
except Exception as error:
    pass
try:
    m[False:11]
except Exception as error:
    print('m[False:11]' + ' raised ' + repr(error))
try:
    m.move(None, 4, 7)
except Exception as error:
    pass
try:
    v.release()
except Exception as error:
    print('v.release()' + ' raised ' + repr(error))
try:
    m[4]
except Exception as error:
    print('m[4]' + ' raised ' + repr(error))
try:
    m[10] = 0
except Exception as error:
    print('m[10] = 0' + ' raised ' + repr(error))
try:
    v[-1]
except Exception as error:
    pass
try:
    m[5:4]
except Exception as error:
    print('m[5:4]' + ' raised ' + repr(error))
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))
try:
    m.seek(5, 0)
except Exception as error:
    print('m.seek(5, 0)' + ' raised ' + repr(error))
try:
    m.seek(1)
except Exception as error:
    print('m.seek(1)' + ' raised ' + repr(error))
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))
try:
    v.readonly
except Exception as error:
    pass
try:
    m[False:7]
except Exception as error:
    print('m[False:7]' + ' raised ' + repr(error))
try:
    v[2]
except Exception as error:
    pass
try:
    m.find(b'a', 9)
except Exception as error:
    print('m.find(b\'a\', 9)' + ' raised ' + repr(error))
try:
    zlib.crc32(m)
except Exception as error:
    print('zlib.crc32(m)' + ' raised ' + repr(error))
try:
    m[2]
except Exception as error:
    print('m[2]' + ' raised ' + repr(error))
try:
    m.seek(9)
except Exception as error:
    print('m.seek(9)' + ' raised ' + repr(error))

print('asked:    ' + 'del m[11]')
print('expected: ' + 'TypeError: mmap doesn\'t support item deletion')
sys.stdout.flush()
try:
    del m[11]
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
