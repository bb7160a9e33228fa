# class: size: expected OSError: [Errno 9] Bad file descriptor, got OSError: [Errno 8] Bad file descriptor
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

import mmap, os, struct
f = open('f', 'w+b', buffering=0)
f2 = open('f2', 'w+b', buffering=0)
f2.write(b'\naaa\nbbb\naaa')
try:
    m = mmap.mmap(-1, 4095)
except Exception as error:
    print('m = mmap.mmap(-1, 4095)' + ' raised ' + repr(error))
try:
    m.rfind(b'')
except Exception as error:
    print('m.rfind(b\'\')' + ' raised ' + repr(error))
try:
    m.write_byte(98)
except Exception as error:
    print('m.write_byte(98)' + ' raised ' + repr(error))
try:
    m[10:10]
except Exception as error:
    print('m[10:10]' + ' raised ' + repr(error))
try:
    m.size()
except Exception as error:
    pass
try:
    m.seek(None)
except Exception as error:
    pass
try:
    f.close()
except Exception as error:
    print('f.close()' + ' raised ' + repr(error))
try:
    m.readline()
except Exception as error:
    print('m.readline()' + ' raised ' + repr(error))
try:
    m[11:4:-3] = b'012'
except Exception as error:
    print('m[11:4:-3] = b\'012\'' + ' raised ' + repr(error))
try:
    m[11:11] = b''
except Exception as error:
    print('m[11:11] = b\'\'' + ' raised ' + repr(error))
try:
    m[6:10]
except Exception as error:
    print('m[6:10]' + ' raised ' + repr(error))
try:
    m[1:5:1] = b'0123'
except Exception as error:
    print('m[1:5:1] = b\'0123\'' + ' raised ' + repr(error))
try:
    m.move(4, 5, 2)
except Exception as error:
    print('m.move(4, 5, 2)' + ' raised ' + repr(error))
try:
    m.read_byte()
except Exception as error:
    pass
try:
    m.set_name('é')
except Exception as error:
    pass
try:
    m.set_name('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')
except Exception as error:
    pass
try:
    m[8:8] = b''
except Exception as error:
    print('m[8:8] = b\'\'' + ' raised ' + repr(error))
try:
    m.madvise(mmap.MADV_RANDOM)
except Exception as error:
    print('m.madvise(mmap.MADV_RANDOM)' + ' raised ' + repr(error))
try:
    m[3:11]
except Exception as error:
    print('m[3:11]' + ' raised ' + repr(error))
try:
    m[8:4092:3]
except Exception as error:
    print('m[8:4092:3]' + ' raised ' + repr(error))
try:
    struct.pack_into('<H', m, 2**62, 99)
except Exception as error:
    pass
try:
    m.seek(5)
except Exception as error:
    print('m.seek(5)' + ' raised ' + repr(error))
try:
    m[8:3]
except Exception as error:
    print('m[8:3]' + ' raised ' + repr(error))
try:
    m.write_byte(b'a')
except Exception as error:
    pass
try:
    m.write_byte(True)
except Exception as error:
    print('m.write_byte(True)' + ' raised ' + repr(error))
try:
    m.read_byte()
except Exception as error:
    print('m.read_byte()' + ' raised ' + repr(error))
try:
    m[2:9:2] = b'0123'
except Exception as error:
    print('m[2:9:2] = b\'0123\'' + ' raised ' + repr(error))
try:
    os.path.getsize('f')
except Exception as error:
    print('os.path.getsize(\'f\')' + ' raised ' + repr(error))

print('asked:    ' + 'struct.pack_into(\'<H\', m, 4093, 10)')
print('expected: ' + 'nothing')
sys.stdout.flush()
try:
    got = struct.pack_into('<H', m, 4093, 10)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
