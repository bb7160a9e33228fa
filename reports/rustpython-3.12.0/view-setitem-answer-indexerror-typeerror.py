# class: view-setitem: expected IndexError: index out of bounds on dimension 1, got TypeError: cannot modify read-only memory
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'w+b', buffering=0)
f.write(b'\x00bba\x00cbacc\x00a\na' * 3 + b'\x00bba\x00cbacc\x00')
f2 = open('f2', 'w+b', buffering=0)
f2.write(b'\na\ncacbba\na\nc')
try:
    m = mmap.mmap(f2.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f2.fileno(), 0)' + ' raised ' + repr(error))
try:
    m[5:6:3] = b'0'
except Exception as error:
    print('m[5:6:3] = b\'0\'' + ' raised ' + repr(error))
try:
    m[10:4]
except Exception as error:
    print('m[10:4]' + ' raised ' + repr(error))
try:
    v = memoryview(m)
except Exception as error:
    print('v = memoryview(m)' + ' raised ' + repr(error))
try:
    m[True:10]
except Exception as error:
    print('m[True:10]' + ' raised ' + repr(error))
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))
try:
    bool(m)
except Exception as error:
    print('bool(m)' + ' raised ' + repr(error))
try:
    m[13:4:None]
except Exception as error:
    print('m[13:4:None]' + ' raised ' + repr(error))
try:
    m.write(b'XYZ')
except Exception as error:
    pass
try:
    v[15] = 255
except Exception as error:
    pass
try:
    m[4098:2:6] = b'c'
except Exception as error:
    pass
try:
    m.seek(14)
except Exception as error:
    pass
try:
    m.find(memoryview(b'\x00\x00'), 17, 2)
except Exception as error:
    print('m.find(memoryview(b\'\\x00\\x00\'), 17, 2)' + ' raised ' + repr(error))
try:
    m.tell()
except Exception as error:
    print('m.tell()' + ' raised ' + repr(error))
try:
    m[3:8]
except Exception as error:
    print('m[3:8]' + ' raised ' + repr(error))

print('asked:    ' + 'm.readline()')
print('expected: ' + 'b\'\'')
sys.stdout.flush()
try:
    got = m.readline()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
