"""Which processes belong to a dyno, and what memory and CPU they use (Linux's /proc).

A dyno's processes are known by the mark that they inherit, and by the HOME in their
environment: it is the dyno's own folder, which no other process has.  So children
that left the process group and the session, or emptied their environment, are found.
"""

import os
import signal
import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gate.local_platform.processes import mark
from gate.local_platform.processes.process_identity import start_time, stat_fields

_ROUNDS = 200
_QUIET_ROUNDS = 2
_BREATH = 0.005  # seconds; a killed process needs a moment to be gone


def members(folder: Path) -> list[int]:
    """Ids of all processes with the folder's mark or with a HOME in it."""
    wanted = mark.of(folder)
    return [pid for pid in _all_pids() if _belongs(pid, folder, wanted)]


def kill(
    folder: Path,
    number: signal.Signals = signal.SIGKILL,
    *,
    outside: int = 0,
    spared: Container[int] = (),
) -> int:
    """Signal every process of a folder; returns how many there were.

    Those of the process group `outside` and those `spared` by id are passed over.
    """
    found = 0
    wanted = mark.of(folder)
    for pid in _all_pids():
        if pid in spared:
            continue
        try:
            handle = os.pidfd_open(pid)
        except OSError:
            continue
        try:
            if _belongs(pid, folder, wanted) and os.getpgid(pid) != outside:
                signal.pidfd_send_signal(handle, number)
                found += 1
        except (OSError, ValueError):
            continue  # gone, or not ours to signal: what matters is the others
        finally:
            os.close(handle)
    return found


def kill_all(folder: Path, *, spared: Container[int] = ()) -> int:
    """SIGKILL until a look finds nobody twice; returns how many were signalled.

    Twice, because one who forks while the list is read may be missed once.
    """
    killed = quiet = 0
    for _ in range(_ROUNDS):
        found = kill(folder, spared=spared)
        killed += found
        quiet = 0 if found else quiet + 1
        if quiet == _QUIET_ROUNDS:
            break
        if found:
            time.sleep(_BREATH)
    return killed


def _all_pids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def _belongs(pid: int, folder: Path, wanted: int) -> bool:
    marked = mark.is_carried(pid, wanted) and start_time(pid) is not None
    return marked or _is_tagged(pid, folder)


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
    """What a dyno uses: memory in bytes, processes that want to run, page faults.

    *ticks* is CPU time, user and system, in clock ticks (sysconf's SC_CLK_TCK).
    """

    rss: int = 0
    cache: int = 0
    swap: int = 0
    runnable: int = 0
    faults: int = 0
    ticks: int = 0

    @property
    def total(self) -> int:
        """What Heroku compares with the quota (R14)."""
        return self.rss + self.cache + self.swap

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.rss + other.rss,
            self.cache + other.cache,
            self.swap + other.swap,
            self.runnable + other.runnable,
            self.faults + other.faults,
            self.ticks + other.ticks,
        )


Look = dict[int, tuple[list[str], Usage]]
"""Of each process its numbers in proc(5)'s stat, and what it used then."""


def usages(folders: Iterable[Path], last: Look) -> dict[Path, Usage]:
    """What the processes of each dyno use together, from one look at all processes.

    *last* is what the look before has found, and becomes what this one finds: to sum up
    the pages of a process takes a kernel a while, and one that idles needs no new sum.
    """
    found = {folder: Usage() for folder in folders}
    marks = {mark.of(folder): folder for folder in found}
    now: Look = {}
    for pid in _all_pids():
        folder = marks.get(mark.carried_by(pid)) or _home(pid, found)
        if folder is None:
            continue
        fields = stat_fields(pid) or ["X"]
        fields[0] = "R" if fields[0] == "R" else "-"
        known, usage = last.get(pid, ([], Usage()))
        now[pid] = (fields, usage if known == fields else _usage(pid, fields))
        found[folder] += now[pid][1]
    last.clear()
    last.update(now)
    return found


def _home(pid: int, folders: Container[Path]) -> Path | None:
    """The folder among these that the HOME of a process is, or lies in."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return None
    for entry in environment.split(b"\0"):
        if entry.startswith(b"HOME="):
            home = Path(os.fsdecode(entry.removeprefix(b"HOME=")))
            return next((p for p in (home, *home.parents) if p in folders), None)
    return None


def _usage(pid: int, fields: list[str]) -> Usage:
    """Memory of one process, its share of each page that it shares with others.

    `rss` is anonymous and shared memory, `cache` file pages, as in the cgroup
    figures that Heroku reports; proportional shares are from smaps_rollup.  Faults
    and ticks are its own and its dead children's: fields 10 to 17 of proc(5)'s stat.
    """
    parts = _rollup(pid)
    return Usage(
        rss=parts.get("Pss_Anon", 0) + parts.get("Pss_Shmem", 0),
        cache=parts.get("Pss_File", 0),
        swap=parts.get("SwapPss", 0),
        runnable=int(fields[0] == "R"),
        faults=sum(int(number) for number in fields[7:11]),
        ticks=sum(int(number) for number in fields[11:15]),
    )


def _rollup(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    parts = (line.split() for line in lines)
    return {part[0].rstrip(":"): int(part[1]) * 1024 for part in parts}
