# class: flush: expected TypeError: 'NoneType'  … 20 more … erpreted as an integer, got ValueError: flush values out of range
# Found in RustPython 3.12.0 (Python 3.12.0), module mmap, judged as other-3.12.0-linux.
import importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())

import array, mmap
f = open('f', 'w+b', buffering=0)
f.write(b'aaabbaacaaaabbaacaaaabbaacaaaabba')
try:
    m = mmap.mmap(f.fileno(), 0)
except Exception as error:
    print('m = mmap.mmap(f.fileno(), 0)' + ' raised ' + repr(error))
try:
    m.find(b'bca', 4)
except Exception as error:
    print('m.find(b\'bca\', 4)' + ' raised ' + repr(error))
try:
    m.seek(0)
except Exception as error:
    print('m.seek(0)' + ' raised ' + repr(error))
try:
    del m[5:4098]
except Exception as error:
    pass
try:
    m.rfind(array.array('B', b'a'))
except Exception as error:
    print('m.rfind(array.array(\'B\', b\'a\'))' + ' raised ' + repr(error))
try:
    m[None]
except Exception as error:
    pass
try:
    m.tell()
except Exception as error:
    print('m.tell()' + ' raised ' + repr(error))
try:
    m.flush(14, None)
except Exception as error:
    pass

print('asked:    ' + 'm.rfind(memoryview(b\'c\'), 5, 4)')
print('expected: ' + '-1')
sys.stdout.flush()
try:
    got = m.rfind(memoryview(b'c'), 5, 4)
    got = 'nothing' if got is None else repr(got)
except Exception as error:
    got = type(error).__name__ + ': ' + str(error)
print('got:      ' + got)
