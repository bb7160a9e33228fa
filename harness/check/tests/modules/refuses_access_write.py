"""Planted bug: the constructor refuses ACCESS_WRITE. The module runs on Python 2.7 as well."""
import mmap as real
from mmap import *


class mmap(real.mmap):
    def __new__(cls, *args, **keywords):
        if real.ACCESS_WRITE in (keywords.get("access"),) + args[4:5]:
            raise ValueError("no access")
        return real.mmap.__new__(cls, *args, **keywords)
