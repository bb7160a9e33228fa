# value: setslice with close inside: expected ValueError: mmap closed or invalid, got None
# Found in PyPy 7.3.11 (Python 3.9.16), module mmap, judged as other-3.9.16-linux.
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
f.write(b'a')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
def callback():
    m.close()


print('asked:    ' + 'm[0:IndexAfter(0, callback)] = b\'\'')
print('expected: ' + 'ValueError: mmap closed or invalid')
sys.stdout.flush()
try:
    m[0:IndexAfter(0, callback)] = b''
    got = 'nothing'
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
