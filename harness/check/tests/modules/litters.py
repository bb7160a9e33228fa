"""Planted bug: every new map leaves a file in the working folder."""
import mmap as real


class mmap(real.mmap):
    def __new__(cls, *args, **keywords):
        with open("litter", "w") as file:
            file.write("here")
        return super().__new__(cls, *args, **keywords)
