# death: at the end of the case: close at the end: expected , got hung
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

import mmap, zlib
f = open('f', 'wb', buffering=0)
f.write(b'\x00c\na\nabaaaba\nb\x00' * 3 + b'\x00c\n')
f.close()
f = open('f', 'r+b', buffering=0)
try:
    m = mmap.mmap(f.fileno(), 48)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 48)' + ' raised ' + repr(error))
try:
    f = open('f', 'r+b', buffering=0)
except Exception as error:
    print('f = open(\'f\', \'r+b\', buffering=0)' + ' raised ' + repr(error))
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))
try:
    m.readline()
except Exception as error:
    print('m.readline()' + ' raised ' + repr(error))
try:
    m.write()
except Exception as error:
    pass
try:
    m.write_byte(2**31 + 1)
except Exception as error:
    pass
try:
    m.find(b'b', 4092, 3)
except Exception as error:
    print('m.find(b\'b\', 4092, 3)' + ' raised ' + repr(error))
try:
    zlib.crc32(m)
except Exception as error:
    print('zlib.crc32(m)' + ' raised ' + repr(error))
try:
    m.write(b'', b'aba')
except Exception as error:
    pass
try:
    m[52]
except Exception as error:
    pass
try:
    m.closed
except Exception as error:
    print('m.closed' + ' raised ' + repr(error))
try:
    f.close()
except Exception as error:
    print('f.close()' + ' raised ' + repr(error))
try:
    m.write_byte(True)
except Exception as error:
    pass
try:
    m.resize(8190)
except Exception as error:
    print('m.resize(8190)' + ' raised ' + repr(error))
try:
    m == b'\na'
except Exception as error:
    print('m == b\'\\na\'' + ' raised ' + repr(error))
try:
    m == b'b'
except Exception as error:
    print('m == b\'b\'' + ' raised ' + repr(error))
try:
    m[3:6:1] = b'012'
except Exception as error:
    print('m[3:6:1] = b\'012\'' + ' raised ' + repr(error))
try:
    m.write_byte(255)
except Exception as error:
    print('m.write_byte(255)' + ' raised ' + repr(error))
try:
    m.readline()
except Exception as error:
    print('m.readline()' + ' raised ' + repr(error))
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))
try:
    zlib.crc32(m)
except Exception as error:
    print('zlib.crc32(m)' + ' raised ' + repr(error))
try:
    bytes(m)
except Exception as error:
    print('bytes(m)' + ' raised ' + repr(error))
try:
    m.madvise(mmap.MADV_DONTDUMP, 10)
except Exception as error:
    pass
try:
    m.write(m)
except Exception as error:
    pass
try:
    m.closed
except Exception as error:
    print('m.closed' + ' raised ' + repr(error))
try:
    m.write(b'XYZ')
except Exception as error:
    pass

print('asked:    ' + 'm.readline()')
print('expected: ' + 'b\'\'')
sys.stdout.flush()
try:
    got = m.readline()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
