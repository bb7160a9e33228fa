"""A faithful class. Once it has made a hundred maps, it creates the file that the environment names."""
import mmap as real
import os

made = 0


class mmap(real.mmap):
    def __new__(cls, *args, **keywords):
        global made
        made += 1
        if made == 100:
            open(os.environ["MARK"], "w").close()
        return super().__new__(cls, *args, **keywords)
