# death: file-truncate: expected a value, got answered nonsense
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

class Index:
    def __init__(self, value):
        self.value = value
    def __index__(self):
        return self.value

f = open('f', 'w+b', buffering=0)
f.write(b'cbccb\x00acbccb\x00acbccb\x00acbc')
try:
    m = mmap.mmap(-1, 20)
except Exception as error:
    print('m = mmap.mmap(-1, 20)' + ' raised ' + repr(error))
try:
    m.read_byte()
except Exception as error:
    print('m.read_byte()' + ' raised ' + repr(error))
try:
    m[22:Index(1):-32767]
except Exception as error:
    print('m[22:Index(1):-32767]' + ' raised ' + repr(error))
try:
    m.read_byte()
except Exception as error:
    print('m.read_byte()' + ' raised ' + repr(error))
try:
    m[0:4:3] = b'01'
except Exception as error:
    print('m[0:4:3] = b\'01\'' + ' raised ' + repr(error))
try:
    f.read()
except Exception as error:
    print('f.read()' + ' raised ' + repr(error))
try:
    m[24:3]
except Exception as error:
    print('m[24:3]' + ' raised ' + repr(error))
try:
    m[9:11]
except Exception as error:
    print('m[9:11]' + ' raised ' + repr(error))
try:
    open('f', 'rb').read()
except Exception as error:
    print('open(\'f\', \'rb\').read()' + ' raised ' + repr(error))
try:
    m[22] = True
except Exception as error:
    pass
try:
    m.tell()
except Exception as error:
    print('m.tell()' + ' raised ' + repr(error))
try:
    m.rfind(memoryview(b'a\n')[::2])
except Exception as error:
    print('m.rfind(memoryview(b\'a\\n\')[::2])' + ' raised ' + repr(error))
try:
    m.write(b'xyzXYZ0123456789')
except Exception as error:
    print('m.write(b\'xyzXYZ0123456789\')' + ' raised ' + repr(error))
try:
    m[22:5]
except Exception as error:
    print('m[22:5]' + ' raised ' + repr(error))
try:
    m.read(4)
except Exception as error:
    print('m.read(4)' + ' raised ' + repr(error))
try:
    m[-2:19]
except Exception as error:
    print('m[-2:19]' + ' raised ' + repr(error))
try:
    f.truncate(12288)
except Exception as error:
    print('f.truncate(12288)' + ' raised ' + repr(error))
try:
    m.write_byte(97)
except Exception as error:
    pass
try:
    m.closed
except Exception as error:
    print('m.closed' + ' raised ' + repr(error))
try:
    m.read(23)
except Exception as error:
    print('m.read(23)' + ' raised ' + repr(error))
try:
    m.set_name('text')
except Exception as error:
    pass
try:
    m.read(1)
except Exception as error:
    print('m.read(1)' + ' raised ' + repr(error))
try:
    m.write(b'XYZ')
except Exception as error:
    pass
try:
    m[8:8] = memoryview(b'')
except Exception as error:
    print('m[8:8] = memoryview(b\'\')' + ' raised ' + repr(error))
try:
    m.write_byte(256)
except Exception as error:
    pass
try:
    m.read_byte()
except Exception as error:
    pass
try:
    m.write_byte(0)
except Exception as error:
    pass
try:
    m.write(b'Z0123')
except Exception as error:
    pass

print('asked:    ' + 'open(\'f\', \'rb\').read()')
print('expected: ' + 'b\'cbccb\\x00acbccb\\x00acbccb\\x00acbc\\x00\\x00\\x00\\x00\\x00\\x00\\...x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\'')
sys.stdout.flush()
try:
    got = open('f', 'rb').read()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
