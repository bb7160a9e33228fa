"""The reference with a planted bug: `find` finds nothing."""

import mmapcheck_reference
from mmapcheck_reference import *


class mmap(mmapcheck_reference.mmap):
    def find(self, *args):
        super().find(*args)
        return -1
