"""An mmap without a bug."""

from mmap import *
from mmap import mmap as own


class mmap(own):
    pass
