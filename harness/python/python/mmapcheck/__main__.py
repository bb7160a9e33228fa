"""The command `mmapcheck`, also as `python -m mmapcheck`."""

import os
import sys

from ._program import CheckError, arguments, command, program


def main() -> None:
    """Replaces this process by the native program, whose target is this interpreter unless the user names one."""
    try:
        os.execv(program(), [command(), *arguments(sys.argv[1:])])
    except (CheckError, OSError) as error:
        sys.stderr.write(f"mmapcheck: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
