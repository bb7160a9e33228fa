# death: write: expected a value, got sent a malformed reply
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'w+b', buffering=0)
f.write(b'acbb\x00' * 819 + b'a')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
try:
    m[4097:10]
except Exception as error:
    print('m[4097:10]' + ' raised ' + repr(error))
try:
    hash(m) == hash(m)
except Exception as error:
    print('hash(m) == hash(m)' + ' raised ' + repr(error))
try:
    m.closed
except Exception as error:
    print('m.closed' + ' raised ' + repr(error))
try:
    m.seek(4092)
except Exception as error:
    print('m.seek(4092)' + ' raised ' + repr(error))
try:
    f.write(b'acaacaa')
except Exception as error:
    print('f.write(b\'acaacaa\')' + ' raised ' + repr(error))
try:
    m.flush()
except Exception as error:
    print('m.flush()' + ' raised ' + repr(error))
try:
    m.rfind(b'\x00')
except Exception as error:
    print('m.rfind(b\'\\x00\')' + ' raised ' + repr(error))
try:
    m.seek(1)
except Exception as error:
    print('m.seek(1)' + ' raised ' + repr(error))
try:
    m[-3:4092:None]
except Exception as error:
    print('m[-3:4092:None]' + ' raised ' + repr(error))
try:
    m2 = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_WRITE)
except Exception as error:
    print('m2 = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_WRITE)' + ' raised ' + repr(error))
try:
    m2.read_byte()
except Exception as error:
    print('m2.read_byte()' + ' raised ' + repr(error))
try:
    m2.write(b'YZ01')
except Exception as error:
    print('m2.write(b\'YZ01\')' + ' raised ' + repr(error))
try:
    m2 = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_WRITE)
except Exception as error:
    print('m2 = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_WRITE)' + ' raised ' + repr(error))
try:
    m.readline(trackfd=None)
except Exception as error:
    pass
try:
    m2[2:True]
except Exception as error:
    print('m2[2:True]' + ' raised ' + repr(error))
try:
    m.resize(4092)
except Exception as error:
    print('m.resize(4092)' + ' raised ' + repr(error))
try:
    m.write(b'YZ01')
except Exception as error:
    print('m.write(b\'YZ01\')' + ' raised ' + repr(error))
try:
    m2.size()
except Exception as error:
    print('m2.size()' + ' raised ' + repr(error))
try:
    m2.write(b'')
except Exception as error:
    print('m2.write(b\'\')' + ' raised ' + repr(error))
try:
    m.move(2, f, 4)
except Exception as error:
    pass
try:
    m.resize(-256)
except Exception as error:
    pass
try:
    len(m)
except Exception as error:
    print('len(m)' + ' raised ' + repr(error))
try:
    f.read()
except Exception as error:
    print('f.read()' + ' raised ' + repr(error))
try:
    m.write(b'YZ01')
except Exception as error:
    print('m.write(b\'YZ01\')' + ' raised ' + repr(error))

print('asked:    ' + 'm2.write(b\'\')')
print('expected: ' + '0')
sys.stdout.flush()
try:
    got = m2.write(b'')
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
