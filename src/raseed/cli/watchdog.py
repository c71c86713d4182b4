"""Ends child processes whose parent is gone, however it went. Run by path, so it imports nothing of ours.

The parent writes `+<pid>` and `-<pid>` lines to our standard input. When that input ends (the parent has
closed it, or was killed), every process group still on the list is killed. A pipe works on every Unix and
needs no code between fork and exec, which would not be safe next to threads.
"""

import contextlib
import os
import signal
import sys


def main() -> None:
    """Read until the parent is gone, then kill what it left."""
    guarded: set[int] = set()
    for line in sys.stdin:
        pid = int(line[1:])
        if line[0] == "+":
            guarded.add(pid)
        else:
            guarded.discard(pid)
    for pid in guarded:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
