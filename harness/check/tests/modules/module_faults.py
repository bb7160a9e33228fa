"""The interpreter's own class, in a module with the fault that the environment variable FAULT names."""
import os

import mmap as _mmap
from mmap import *

_OtherName = _mmap.mmap
FAULT = os.environ.get("FAULT", "")

if FAULT == "PROT_READ is missing":
    del PROT_READ
elif FAULT == "PROT_READ is PROT_WRITE":
    PROT_READ = PROT_WRITE
elif FAULT == "MADV_* and MAP_* are missing":
    # A module still has what a shared or a private map needs.
    for name in [name for name in globals() if name.startswith(("MADV_", "MAP_"))]:
        if name not in ("MAP_SHARED", "MAP_PRIVATE"):
            del globals()[name]
elif FAULT == "PAGESIZE is wrong":
    PAGESIZE = 65536
elif FAULT == "ALLOCATIONGRANULARITY is wrong":
    ALLOCATIONGRANULARITY = 1
elif FAULT == "error is missing":
    del error
elif FAULT == "error is another class":

    class error(Exception):
        pass

elif FAULT == "the class is final":

    class mmap(_mmap.mmap):
        def __init_subclass__(cls):
            raise TypeError("type 'mmap' is not an acceptable base type")
