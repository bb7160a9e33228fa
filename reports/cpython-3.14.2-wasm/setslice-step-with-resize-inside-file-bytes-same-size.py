# bytes: setslice-step with resize inside: file bytes: expected b'aa\x00a3210\x00aa\x0 … 16248 more … 0\x00\x00\x00\x00\x00', got b'aa\x00aa\x00aa\x00aa … 16251 more … 0\x00\x00\x00\x00\x00'
# Found in CPython 3.14.2 on wasm, module mmap, judged as cpython-3.14.2-wasm.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

class IndexAfter:
    def __init__(self, value, callback):
        self.value = value
        self.callback = callback
    def __index__(self):
        self.callback()
        return self.value

class BufferAfter:
    def __init__(self, value, callback):
        self.value = value
        self.callback = callback
    def __buffer__(self, flags):
        self.callback()
        return memoryview(self.value)

f = open('f', 'w+b', buffering=0)
f.write(b'aa\x00' * 17 + b'aa')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
def callback():
    m.resize(4100)

try:
    m[7:3:IndexAfter(-1, callback)] = b'0123'
except Exception as error:
    print('m[7:3:IndexAfter(-1, callback)] = b\'0123\'' + ' raised ' + repr(error))
def callback():
    m.resize(28)


print('asked:    ' + 'm.write(BufferAfter(b\'y\', callback))')
print('expected: ' + '1')
sys.stdout.flush()
try:
    got = m.write(BufferAfter(b'y', callback))
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
