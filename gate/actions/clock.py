"""Time that cannot be set back, and waiting; a test can put its own in their place."""

import threading
import time
import uuid
from pathlib import Path
from typing import Final, Protocol

_SINCE_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What an action knows of time."""

    @property
    def boot(self) -> str:
        """Which start of which machine the ticks count from."""
        ...

    def ticks(self) -> float:
        """Return the seconds since then; they run on while the machine sleeps."""
        ...

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...


class MachineClock:
    """The clock of this machine."""

    def __init__(self) -> None:
        try:
            self._boot = BOOT_ID.read_text().strip()
        except OSError:
            # Without a name for this start nothing can be told to be of the same one.
            self._boot = str(uuid.uuid4())

    @property
    def boot(self) -> str:
        """Which start of which machine the ticks count from."""
        return self._boot

    def ticks(self) -> float:
        """Return the seconds since then (CLOCK_BOOTTIME where there is one)."""
        return time.clock_gettime(_SINCE_BOOT)

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass; a signal is still heard."""
        threading.Event().wait(seconds)


MACHINE: Final = MachineClock()
