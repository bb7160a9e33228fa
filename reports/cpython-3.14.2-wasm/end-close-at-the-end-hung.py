# death: at the end of the case: close at the end: expected the end of the case, got hung
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
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

class IndexAfter:
    def __init__(self, value, callback):
        self.value = value
        self.callback = callback
    def __index__(self):
        self.callback()
        return self.value

f = open('f', 'w+b', buffering=0)
f.write(b'c\n\naba\nac\n\na\x00' * 469 + b'c\n\naba\nac')
try:
    m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)' + ' raised ' + repr(error))
try:
    m.write(b'')
except Exception as error:
    print('m.write(b\'\')' + ' raised ' + repr(error))
try:
    m.read_byte()
except Exception as error:
    print('m.read_byte()' + ' raised ' + repr(error))
def callback():
    m.resize(4095)

try:
    m.read(IndexAfter(-2, callback))
except Exception as error:
    print('m.read(IndexAfter(-2, callback))' + ' raised ' + repr(error))
try:
    m == m
except Exception as error:
    print('m == m' + ' raised ' + repr(error))
try:
    m.seek(3)
except Exception as error:
    print('m.seek(3)' + ' raised ' + repr(error))
try:
    m[4:7] = b''
except Exception as error:
    pass
try:
    m.close()
except Exception as error:
    print('m.close()' + ' raised ' + repr(error))
def callback():
    f.write(b'acbaa')

try:
    m[8:IndexAfter(4096, callback)]
except Exception as error:
    pass
try:
    m.madvise(mmap.MADV_DONTFORK)
except Exception as error:
    pass
try:
    m[3:Index(2**63 - 1)]
except Exception as error:
    pass
try:
    m[None]
except Exception as error:
    pass
try:
    m.read()
except Exception as error:
    pass
try:
    m in m
except Exception as error:
    pass
try:
    m[5:6]
except Exception as error:
    pass
try:
    m.rfind(memoryview(b'\x00')[::2])
except Exception as error:
    pass
try:
    m.rfind(b'', 6)
except Exception as error:
    pass
try:
    hash(m) == hash(m)
except Exception as error:
    print('hash(m) == hash(m)' + ' raised ' + repr(error))
def callback():
    m.close()

try:
    m[0:IndexAfter(0, callback)]
except Exception as error:
    pass
try:
    m[3]
except Exception as error:
    pass

print('asked:    ' + 'm.find(b\'\', 3, 8)')
print('expected: ' + 'ValueError: mmap closed or invalid')
sys.stdout.flush()
try:
    got = m.find(b'', 3, 8)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
