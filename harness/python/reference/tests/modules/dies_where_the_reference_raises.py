"""The reference, with the death of a process in place of `MemoryFault`."""

import os
import re

import mmapcheck_reference
from mmapcheck_reference import *


class mmap(mmapcheck_reference.mmap):
    def perform_named(self, *args):
        try:
            return super().perform_named(*args)
        except mmapcheck_reference.MemoryFault as fault:
            os.kill(os.getpid(), int(re.search(r"signal (\d+)", str(fault))[1]))
