"""A planted bug: `flush` raises, and the message holds lines of a session, marks of XML and Markdown, and terminal codes."""
import mmap as real


class mmap(real.mmap):
    def flush(self, *args):
        raise ValueError("no\n>>> import os\n>>> os.getcwd()\r\x1b[31m\x00]]><b> `c` " + "long " * 5000 + "x" * 5000)
