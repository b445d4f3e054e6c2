"""All processes of this machine, looked at from outside the platform."""

import contextlib
import os
from pathlib import Path


def everybody() -> list[int]:
    """Ids of all processes but this one."""
    names = [path.name for path in Path("/proc").iterdir()]
    return [int(n) for n in names if n.isdigit() and int(n) != os.getpid()]


def read(pid: int, file: str) -> bytes:
    """One of a process's files in /proc; nothing for one that is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{file}").read_bytes()
    return b""


def command(pid: int) -> list[str]:
    """What a process was started as."""
    return read(pid, "cmdline").decode(errors="replace").split("\0")


def environment(pid: int) -> dict[str, str]:
    """What a process was started with."""
    entries = read(pid, "environ").decode(errors="replace").split("\0")
    return dict(entry.partition("=")[::2] for entry in entries)


def naming(folder: Path) -> list[int]:
    """Processes with this folder in their command, environment or current folder."""
    here = os.fsencode(folder)
    return [pid for pid in everybody() if here in _facts(pid)]


def family(folder: Path) -> list[int]:
    """Those that name the folder, and all their descendants."""
    parents = {}
    for pid in everybody():
        fields = read(pid, "stat").rpartition(b")")[2].split()
        parents[pid] = int(fields[1]) if fields else 0
    found = set(naming(folder))
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def wardens(folder: Path) -> list[int]:
    """The platform's wardens."""
    module = "gate.local_platform.processes.warden"
    return [pid for pid in naming(folder) if module in command(pid)]


def called(name: str) -> list[int]:
    """Processes that call themselves so."""
    return [pid for pid in everybody() if command(pid)[0] == name]


def _facts(pid: int) -> bytes:
    place = b""
    with contextlib.suppress(OSError):
        place = os.fsencode(Path(f"/proc/{pid}/cwd").readlink())
    return b"\0".join([read(pid, "cmdline"), read(pid, "environ"), place])
