# death: find: expected TypeError: 'NoneType'  … 20 more … erpreted as an integer, got exited with status 101 … 67 more … r a verbose backtrace.
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

f = open('f', 'wb', buffering=0)
f.write(b'accbc' * 8 + b'acc')
f.close()
f = open('f', 'rb', buffering=0)
f2 = open('f2', 'w+b', buffering=0)
f2.write(b'cabbab\x00aa\x00\x00acabbab\x00aa\x00\x00')
try:
    m = mmap.mmap(f2.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f2.fileno(), 0)' + ' raised ' + repr(error))
try:
    m.read()
except Exception as error:
    print('m.read()' + ' raised ' + repr(error))
try:
    m.write_byte(99)
except Exception as error:
    pass

print('asked:    ' + 'm.find(memoryview(b\'a\'), None, 11)')
print('expected: ' + 'TypeError: \'NoneType\' object cannot be interpreted as an integer')
sys.stdout.flush()
try:
    got = m.find(memoryview(b'a'), None, 11)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
