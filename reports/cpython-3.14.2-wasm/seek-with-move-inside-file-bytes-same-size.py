# bytes: seek with move inside: file bytes: expected b'bb', got b'ab'
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

f = open('f', 'w+b', buffering=0)
f.write(b'ab')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
def callback():
    m.move(0, 1, 1)

try:
    m.seek(IndexAfter(0, callback))
except Exception as error:
    print('m.seek(IndexAfter(0, callback))' + ' raised ' + repr(error))

print('asked:    ' + 'open(\'f\', \'rb\').read()')
print('expected: ' + 'b\'bb\'')
sys.stdout.flush()
try:
    got = open('f', 'rb').read()
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
