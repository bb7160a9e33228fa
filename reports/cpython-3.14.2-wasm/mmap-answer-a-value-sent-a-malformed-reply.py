# death: mmap: expected a value, got sent a malformed reply
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

import mmap, struct
f = open('f', 'w+b', buffering=0)
f.write(b'bb\n' * 4096 + b'bb')
f2 = open('f2', 'w+b', buffering=0)
f2.write(b'bbaaaab' * 585)
try:
    m = mmap.mmap(-1, 13)
except Exception as error:
    print('m = mmap.mmap(-1, 13)' + ' raised ' + repr(error))
try:
    m2 = mmap.mmap(-1, 57, mmap.MAP_PRIVATE)
except Exception as error:
    print('m2 = mmap.mmap(-1, 57, mmap.MAP_PRIVATE)' + ' raised ' + repr(error))
try:
    m3 = mmap.mmap(f2.fileno(), 0, access=mmap.ACCESS_WRITE)
except Exception as error:
    print('m3 = mmap.mmap(f2.fileno(), 0, access=mmap.ACCESS_WRITE)' + ' raised ' + repr(error))
try:
    with m:
        raise KeyError
except Exception as error:
    pass
try:
    v = memoryview(m2)
except Exception as error:
    print('v = memoryview(m2)' + ' raised ' + repr(error))
try:
    struct.pack_into('<H', m3, 2, 255)
except Exception as error:
    print('struct.pack_into(\'<H\', m3, 2, 255)' + ' raised ' + repr(error))
try:
    m3[10] = 0
except Exception as error:
    print('m3[10] = 0' + ' raised ' + repr(error))
try:
    m2.write_byte(255)
except Exception as error:
    print('m2.write_byte(255)' + ' raised ' + repr(error))
try:
    m3[11:11] = b''
except Exception as error:
    print('m3[11:11] = b\'\'' + ' raised ' + repr(error))
try:
    m2[6:10]
except Exception as error:
    print('m2[6:10]' + ' raised ' + repr(error))
try:
    f.write(b'aabaab\nb')
except Exception as error:
    print('f.write(b\'aabaab\\nb\')' + ' raised ' + repr(error))
try:
    m2[1:5:1] = b'0123'
except Exception as error:
    print('m2[1:5:1] = b\'0123\'' + ' raised ' + repr(error))
try:
    m2.move(4, 5, 2)
except Exception as error:
    print('m2.move(4, 5, 2)' + ' raised ' + repr(error))
try:
    m3.read_byte()
except Exception as error:
    print('m3.read_byte()' + ' raised ' + repr(error))
try:
    v2 = v[8:10]
except Exception as error:
    print('v2 = v[8:10]' + ' raised ' + repr(error))
try:
    m3[8:8] = b''
except Exception as error:
    print('m3[8:8] = b\'\'' + ' raised ' + repr(error))
try:
    m2.madvise(mmap.MADV_RANDOM)
except Exception as error:
    print('m2.madvise(mmap.MADV_RANDOM)' + ' raised ' + repr(error))
try:
    m2[3:11]
except Exception as error:
    print('m2[3:11]' + ' raised ' + repr(error))
try:
    v2[-2**32 - 1] = True
except Exception as error:
    pass
try:
    m[3]
except Exception as error:
    pass
try:
    struct.pack_into('<H', m3, 2**62, 99)
except Exception as error:
    pass
try:
    m3.seek(5)
except Exception as error:
    print('m3.seek(5)' + ' raised ' + repr(error))
try:
    m2[8:3]
except Exception as error:
    print('m2[8:3]' + ' raised ' + repr(error))
try:
    m.write_byte(b'a')
except Exception as error:
    pass
try:
    m.write_byte(True)
except Exception as error:
    pass
try:
    v.release()
except Exception as error:
    print('v.release()' + ' raised ' + repr(error))
try:
    m.read_byte()
except Exception as error:
    pass
try:
    m2.seek(6, 0)
except Exception as error:
    print('m2.seek(6, 0)' + ' raised ' + repr(error))
try:
    m3['xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx':7:4093] = b'Z0123'
except Exception as error:
    pass

print('asked:    ' + 'm2.read_byte()')
print('expected: ' + '0')
sys.stdout.flush()
try:
    got = m2.read_byte()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
