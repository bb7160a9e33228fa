# death: setslice-step: expected None, got sent a malformed reply … 104 more … 06143600,\"bb\\u00"...
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'w+b', buffering=0)
f.write(b'bb\x00ca' * 2904 + b'bb\x00')
try:
    m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_WRITE)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_WRITE)' + ' raised ' + repr(error))
try:
    m[13:3:-3] = b'0123'
except Exception as error:
    print('m[13:3:-3] = b\'0123\'' + ' raised ' + repr(error))
try:
    m[1:8:2] = b'0123'
except Exception as error:
    print('m[1:8:2] = b\'0123\'' + ' raised ' + repr(error))
try:
    m.write(b'')
except Exception as error:
    print('m.write(b\'\')' + ' raised ' + repr(error))
try:
    len(m)
except Exception as error:
    print('len(m)' + ' raised ' + repr(error))
try:
    hash(m) == hash(m)
except Exception as error:
    print('hash(m) == hash(m)' + ' raised ' + repr(error))
try:
    m[2]
except Exception as error:
    print('m[2]' + ' raised ' + repr(error))
try:
    m.read_byte()
except Exception as error:
    print('m.read_byte()' + ' raised ' + repr(error))
try:
    m.write(b'XYZ')
except Exception as error:
    print('m.write(b\'XYZ\')' + ' raised ' + repr(error))
try:
    m[14521]
except Exception as error:
    print('m[14521]' + ' raised ' + repr(error))
try:
    m.move(8, 3, 4)
except Exception as error:
    print('m.move(8, 3, 4)' + ' raised ' + repr(error))
try:
    m[5]
except Exception as error:
    print('m[5]' + ' raised ' + repr(error))
try:
    m[11:3]
except Exception as error:
    print('m[11:3]' + ' raised ' + repr(error))
try:
    m.write_byte(97, b'aa')
except Exception as error:
    pass

print('asked:    ' + 'm[10:10] = b\'Z0123\'')
print('expected: ' + 'IndexError: mmap slice assignment is wrong size')
sys.stdout.flush()
try:
    m[10:10] = b'Z0123'
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
