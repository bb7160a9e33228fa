# value: at the end of the case: pages left mapped: expected 0, got 1
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())


def session():
    try:
        m = mmap.mmap()
    except Exception as error:
        pass
    try:
        m2 = mmap.mmap(-1, 1)
    except Exception as error:
        print('m2 = mmap.mmap(-1, 1)' + ' raised ' + repr(error))
    try:
        m2.write_byte()
    except Exception as error:
        pass
    try:
        m2 = mmap.mmap(-1, 1)
    except Exception as error:
        print('m2 = mmap.mmap(-1, 1)' + ' raised ' + repr(error))


session()
before = int(open('/proc/self/statm').read().split()[0])
for _ in range(100):
    session()
    gc.collect()
print('asked:    pages left mapped by 100 runs')
print('expected: 0')
print('got:      %d' % (int(open('/proc/self/statm').read().split()[0]) - before))
