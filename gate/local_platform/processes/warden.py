"""Outlives the platform by a moment: when it dies, all that it started dies too.

Started by the platform with a pipe as standard input.  The pipe ends when the
platform is gone, however that happened, and then every process that carries the mark
of its run is killed.  The death signal of each dyno's first process covers only that
one process; this covers its descendants.
"""

import os
import signal
import sys
from pathlib import Path

from gate.local_platform.processes import census


def main() -> None:
    """Wait for the end of standard input, then kill until nothing is left."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    # A platform that closes in good order waits for this process, as its parent.
    census.kill_all(Path(sys.argv[1]), spared=(os.getpid(), os.getppid()))


if __name__ == "__main__":
    main()
