"""One run at a time on this machine: politeness; production's version is the fence."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate.errors import LeaseHeld


@contextmanager
def lease(path: Path, *, holder: str) -> Iterator[None]:
    """Hold the lease at *path*; the kernel frees it whatever becomes of us.

    Raises LeaseHeld, naming the holder, when another run has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
            raise LeaseHeld(
                "another run of the gate is under way here",
                why=other or "its holder did not say who it is",
                advice="wait for it to end, then try again",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{holder} (process {os.getpid()})\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
