"""Planted bug: bytes of an ACCESS_COPY map reach the file."""
import mmap as real


class mmap(real.mmap):
    def __new__(cls, *args, access=real.ACCESS_DEFAULT, **keywords):
        access = real.ACCESS_WRITE if access == real.ACCESS_COPY else access
        return super().__new__(cls, *args, access=access, **keywords)
