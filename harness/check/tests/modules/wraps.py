"""A faithful wrapper: each object has a map, delegates to it, and does not export its memory."""
import mmap as real


class mmap:
    def __init__(self, *args, **kwargs):
        self._map = real.mmap(*args, **kwargs)

    def __getattr__(self, name):
        return getattr(self._map, name)

    def __len__(self):
        return len(self._map)

    def __getitem__(self, key):
        return self._map[key]

    def __setitem__(self, key, value):
        self._map[key] = value

    def __delitem__(self, key):
        del self._map[key]

    def __contains__(self, item):
        return item in self._map

    def __iter__(self):
        return iter(self._map)

    def __enter__(self):
        self._map.__enter__()
        return self

    def __exit__(self, *args):
        return self._map.__exit__(*args)
