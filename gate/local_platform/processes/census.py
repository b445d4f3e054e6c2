"""Which processes belong to a dyno, and what memory they use (Linux's /proc).

A dyno's processes are known by the HOME in their environment: it is the dyno's
own folder, which no other process has.  So children that left the process group
and the session are found too.
"""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gate.local_platform.processes.process_identity import stat_fields

_LISTEN = "0A"


def members(folder: Path) -> list[int]:
    """Ids of all processes whose HOME is `folder` or lies below it."""
    return [pid for pid in _all_pids() if _is_tagged(pid, folder)]


def kill(
    folder: Path, number: signal.Signals = signal.SIGKILL, *, outside: int = 0
) -> int:
    """Signal every process of a folder; returns how many there were.

    Those of the process group `outside` are passed over.
    """
    found = 0
    for pid in _all_pids():
        try:
            handle = os.pidfd_open(pid)
        except OSError:
            continue
        try:
            if _is_tagged(pid, folder) and os.getpgid(pid) != outside:
                found += 1
                signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            pass
        finally:
            os.close(handle)
    return found


def _all_pids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def _is_tagged(pid: int, folder: Path) -> bool:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    exact = b"HOME=" + os.fsencode(folder)
    return any(
        entry == exact or entry.startswith(exact + b"/")
        for entry in environment.split(b"\0")
    )


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening TCP socket: its inode and whether it is open beyond loopback."""

    inode: str
    everywhere: bool


def listener(port: int) -> Listener | None:
    """The socket that listens on a local port, if any."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and fields[1].endswith(wanted):
                address = fields[1].rpartition(":")[0]
                return Listener(fields[9], everywhere=not address.strip("0"))
    return None


def owns_socket(pids: list[int], inode: str) -> bool:
    """Whether one of the processes holds that socket."""
    wanted = f"socket:[{inode}]"
    for pid in pids:
        try:
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                if str(handle.readlink()) == wanted:
                    return True
        except OSError:
            continue
    return False


@dataclass(frozen=True, slots=True)
class Usage:
    """What a dyno uses: memory in bytes, and threads that want to run."""

    rss: int
    cache: int
    swap: int
    runnable: int

    @property
    def total(self) -> int:
        """What Heroku compares with the quota (R14)."""
        return self.rss + self.cache + self.swap


def usage(folder: Path) -> Usage:
    """Memory of all of a dyno's processes, each shared page counted once.

    `rss` is anonymous and shared memory, `cache` file pages, as in the cgroup
    figures that Heroku reports; proportional shares are from smaps_rollup.
    """
    rss = cache = swap = runnable = 0
    for pid in members(folder):
        parts = _rollup(pid)
        rss += parts.get("Pss_Anon", 0) + parts.get("Pss_Shmem", 0)
        cache += parts.get("Pss_File", 0)
        swap += parts.get("SwapPss", 0)
        fields = stat_fields(pid)
        runnable += 1 if fields and fields[0] == "R" else 0
    return Usage(rss, cache, swap, runnable)


def _rollup(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    parts = (line.split() for line in lines)
    return {part[0].rstrip(":"): int(part[1]) * 1024 for part in parts}
