"""Outlives the platform by a moment: when it dies, its dynos die too.

Started by the platform with a pipe as standard input.  The pipe ends when the
platform is gone, however that happened, and then every process of the folder of
dynos is killed.  The death signal of each dyno's first process covers only that
one process; this covers its descendants.
"""

import signal
import sys
from pathlib import Path

from gate.local_platform.processes import census

_ROUNDS = 50


def main() -> None:
    """Wait for the end of standard input, then kill until nothing is left."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    for _ in range(_ROUNDS):
        if not census.kill(Path(sys.argv[1])):
            return


if __name__ == "__main__":
    main()
