"""A faithful wrapper that also exports the memory of its map, which Python 3.12 and later support."""
import wraps


class mmap(wraps.mmap):
    def __buffer__(self, flags):
        return self._map.__buffer__(flags)

    def __release_buffer__(self, buffer):
        self._map.__release_buffer__(buffer)
