"""Which processes live, now or soon."""

import time
from collections.abc import Callable
from pathlib import Path


def lives(process: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def soon(fact: Callable[[], bool]) -> bool:
    """Whether a fact comes true before a deadline."""
    ends = time.monotonic() + 20
    while not fact():
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True
