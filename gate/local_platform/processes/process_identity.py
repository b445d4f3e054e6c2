"""Which process it was: a number alone may belong to somebody else by now."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process id, its start time in clock ticks, and the boot it belongs to."""

    pid: int
    start_time: int
    boot_id: str

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity | None":
        """The identity of a living process; None if there is none."""
        start = start_time(pid)
        if start is None:
            return None
        return cls(pid, start, _BOOT_ID.read_text().strip())

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return ProcessIdentity.of(self.pid) == self

    def send(self, number: signal.Signals) -> bool:
        """Signal this very process and no other; False if it is gone.

        The pidfd is opened first: from then on the number cannot be given to
        another process unnoticed.
        """
        try:
            handle = os.pidfd_open(self.pid)
        except (ProcessLookupError, ValueError):
            return False
        try:
            if not self.is_alive():
                return False
            signal.pidfd_send_signal(handle, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)


def start_time(pid: int) -> int | None:
    """Field 22 of /proc/<pid>/stat (proc(5)); None for a dead or zombie process."""
    fields = stat_fields(pid)
    if fields is None or fields[0] in ("Z", "X"):
        return None
    return int(fields[19])


def stat_fields(pid: int) -> list[str] | None:
    """The fields after the command name, which may hold anything, half a letter too."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
