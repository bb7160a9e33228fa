# death: read_byte: expected a value, got answered nonsense
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

import mmap, re
class Index:
    def __init__(self, value):
        self.value = value
    def __index__(self):
        return self.value

f = open('f', 'w+b', buffering=0)
f.write(b'baa\x00\x00b\n' * 5 + b'baa\x00\x00b')
try:
    m = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE)' + ' raised ' + repr(error))
try:
    re.findall(b'', m)
except Exception as error:
    print('re.findall(b\'\', m)' + ' raised ' + repr(error))
try:
    bool(m)
except Exception as error:
    print('bool(m)' + ' raised ' + repr(error))
try:
    m.seek(1)
except Exception as error:
    print('m.seek(1)' + ' raised ' + repr(error))
try:
    m.read_byte()
except Exception as error:
    print('m.read_byte()' + ' raised ' + repr(error))
try:
    m[6:4]
except Exception as error:
    print('m[6:4]' + ' raised ' + repr(error))
try:
    m[2:9:3] = b'012'
except Exception as error:
    print('m[2:9:3] = b\'012\'' + ' raised ' + repr(error))
try:
    m[19]
except Exception as error:
    print('m[19]' + ' raised ' + repr(error))
try:
    m[Index(12):4:2**32 - 1]
except Exception as error:
    print('m[Index(12):4:2**32 - 1]' + ' raised ' + repr(error))
try:
    m.read_byte()
except Exception as error:
    print('m.read_byte()' + ' raised ' + repr(error))
try:
    m.tell()
except Exception as error:
    print('m.tell()' + ' raised ' + repr(error))
try:
    m.rfind(b'b\n')
except Exception as error:
    print('m.rfind(b\'b\\n\')' + ' raised ' + repr(error))
try:
    m.write_byte(b'a')
except Exception as error:
    pass
try:
    m.readline()
except Exception as error:
    print('m.readline()' + ' raised ' + repr(error))
try:
    m.rfind(b'aa', False)
except Exception as error:
    print('m.rfind(b\'aa\', False)' + ' raised ' + repr(error))
try:
    f.truncate(12289)
except Exception as error:
    print('f.truncate(12289)' + ' raised ' + repr(error))
try:
    m[None:True]
except Exception as error:
    print('m[None:True]' + ' raised ' + repr(error))
try:
    m[10:38] = b''
except Exception as error:
    pass
try:
    m.read_byte()
except Exception as error:
    print('m.read_byte()' + ' raised ' + repr(error))
try:
    f.write(b'c\nbaabbc')
except Exception as error:
    print('f.write(b\'c\\nbaabbc\')' + ' raised ' + repr(error))
try:
    m[4094]
except Exception as error:
    pass
try:
    m.readline()
except Exception as error:
    print('m.readline()' + ' raised ' + repr(error))
try:
    m[5:8:1] = b'012'
except Exception as error:
    print('m[5:8:1] = b\'012\'' + ' raised ' + repr(error))
try:
    m[6:39]
except Exception as error:
    print('m[6:39]' + ' raised ' + repr(error))
try:
    f.read()
except Exception as error:
    print('f.read()' + ' raised ' + repr(error))
try:
    v = memoryview(m)
except Exception as error:
    print('v = memoryview(m)' + ' raised ' + repr(error))
try:
    open('f', 'rb').read()
except Exception as error:
    print('open(\'f\', \'rb\').read()' + ' raised ' + repr(error))
try:
    m.move(8, 7, 6)
except Exception as error:
    print('m.move(8, 7, 6)' + ' raised ' + repr(error))
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))

print('asked:    ' + 'm.readline()')
print('expected: ' + 'b\'\'')
sys.stdout.flush()
try:
    got = m.readline()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
