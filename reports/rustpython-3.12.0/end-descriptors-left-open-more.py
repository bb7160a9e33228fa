# value: at the end of the case: descriptors left open: expected 0, got 1
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())


def session():
    f = open('f', 'w+b', buffering=0)
    f.write(b'a')
    try:
        m = mmap.mmap(f.fileno(), 0)
    except Exception as error:
        print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))


session()
before = len(os.listdir('/proc/self/fd'))
for _ in range(100):
    session()
    gc.collect()
print('asked:    descriptors left open by 100 runs')
print('expected: 0')
print('got:      %d' % (len(os.listdir('/proc/self/fd')) - before))
