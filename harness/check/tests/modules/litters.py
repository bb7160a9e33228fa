"""No bug in the map, but each one made leaves a file where the process stands."""
import mmap as real


class mmap(real.mmap):
    def __new__(cls, *args, **keywords):
        with open("litter", "w") as file:
            file.write("here")
        return super().__new__(cls, *args, **keywords)
