"""A faithful wrapper: a subclass whose methods pass their arguments on, and so refuse keywords in other words."""
import mmap as real


def passing_on(name):
    own = getattr(real.mmap, name)

    def method(self, *args):
        return own(self, *args)

    method.__name__, method.__qualname__ = name, "mmap." + name
    return method


METHODS = [name for name in vars(real.mmap) if not name.startswith("__") and callable(getattr(real.mmap, name))]
mmap = type("mmap", (real.mmap,), {name: passing_on(name) for name in METHODS})

for constant in filter(str.isupper, dir(real)):
    globals()[constant] = getattr(real, constant)
error = real.error
