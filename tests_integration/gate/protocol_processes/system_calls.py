"""strace over a gate: it is killed, or its disk fails, at a system call on the ledger.

These are the effects that bypass the port: SQLite's own writes, syncs and renames.
"""

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests_integration.gate.protocol_processes.world_of_processes import (
    WorldOfProcesses,
)

KILLED_AT = ("pwrite64", "fdatasync", "unlink", "openat", "flock", "fcntl")
CALL = re.compile(r"^\d+ +(\w+)\((.*)")
INTENT = re.compile(r'\\"deed\\": ?\\"promote\\"')
SOON = 10.0


@dataclass(frozen=True)
class Injection:
    """What happens at the n-th call of a kind: a signal, or an error of the disk."""

    call: str
    when: str
    what: str = "signal=KILL"

    def __str__(self) -> str:
        return f"{self.call} {self.when}: {self.what}"

    def strike(self, world: WorldOfProcesses) -> bool:
        """Play a world in which it happens; return whether it did."""
        log = world.folder / "strace"
        inject = f"inject={self.call}:{self.what}:when={self.when}"
        world.disk_fails = "" if "KILL" in self.what else self.what
        world.play(onlooker=lambda pid: _onlooker(world, pid, log, self.call, inject))
        seen = log.read_text()
        return bool(world.killed) if "KILL" in self.what else "(INJECTED)" in seen


def injections(world: WorldOfProcesses) -> list[Injection]:
    """Return every point of a promotion at which a call on the ledger can go wrong."""
    log = world.folder / "strace"
    calls = ",".join(KILLED_AT)
    world.start("promote", onlooker=lambda pid: _onlooker(world, pid, log, calls))
    counted = Counter(call for call, _ in _told(log))
    kills = [
        Injection(call, str(number))
        for call in KILLED_AT
        for number in range(1, counted[call] + 1)
    ]
    fails = [
        Injection(call, f"{number}+", f"error={error}")
        for call, error in (("fdatasync", "EIO"), ("pwrite64", "ENOSPC"))
        for number in range(1, counted[call] + 1)
    ]
    return [*kills, *fails]


def order_of_a_promotion(world: WorldOfProcesses) -> list[str]:
    """Return what touched the ledger, or asked for the promotion, in its order."""
    log = world.folder / "strace"
    calls = "pwrite64,fdatasync,fsync,unlink,write,sendto"
    world.play(onlooker=lambda pid: _onlooker(world, pid, log, calls, paths=False))
    return [step for call, text in _told(log) if (step := _step(call, text))]


def _step(call: str, text: str) -> str:
    name = "ledger.db-journal" if "ledger.db-journal" in text else "ledger.db"
    if call == "pwrite64" and "ledger.db" in text:
        return f"write {name}{', the intent' * bool(INTENT.search(text))}"
    if call in ("fdatasync", "fsync"):
        return f"sync {name if 'ledger.db' in text else 'folder'}"
    if call == "unlink":
        return f"unlink {name}"
    return "send the promotion" if "platform.promote" in text else ""


def _onlooker(
    world: WorldOfProcesses,
    pid: int,
    log: Path,
    calls: str,
    *more: str,
    paths: bool = True,
) -> "subprocess.Popen[bytes]":
    ledger = world.folder / "ledger.db"
    about = (ledger, ledger.with_name("ledger.db-journal"), world.folder)
    command = ["strace", "-f", "-y", "-qq", "-s", "9000", "-o", str(log), f"-p{pid}"]
    command += [f"-P{path}" for path in about] if paths else []
    command += ["-e", f"trace={calls}"]
    for each in more:
        command += ["-e", each]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env={})
    ends = time.monotonic() + SOON
    while "TracerPid:\t0\n" in Path(f"/proc/{pid}/status").read_text():
        assert process.poll() is None, "strace could not attach"
        assert time.monotonic() < ends, "strace did not attach"
        time.sleep(0.002)
    return process


def _told(log: Path) -> Iterator[tuple[str, str]]:
    for line in log.read_text(errors="replace").splitlines():
        if found := CALL.match(line):
            yield found[1], found[2]
