"""A class that changes nothing of the interpreter's own mmap. It runs on Python 2.7 as well."""
import mmap as real
from mmap import *


class mmap(real.mmap):
    pass
