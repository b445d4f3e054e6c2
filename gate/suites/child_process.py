"""One child process: its own group, a deadline, bounded output, ended by its id."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gate.interrupts import held_back

PARENT = "GATES_PROCESS"
"""The variable that tells a child who has started it."""
GRACE = 3.0
TAIL_BYTES = 8_000
MOST_BYTES = 20_000_000

_running: set[int] = set()
"""Each act on it is a single one, so it needs no lock: a signal may come within one."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended; *exit_code* is negative for a signal, null for a deadline."""

    exit_code: int | None
    output: Path

    def tail(self, lines: int = 15) -> str:
        """Return the end of what it printed."""
        with self.output.open("rb") as file:
            file.seek(max(0, self.output.stat().st_size - TAIL_BYTES))
            text = file.read().decode(errors="replace")
        return "\n".join(text.strip().splitlines()[-lines:])


class Child:
    """A child that runs."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self._process = process
        self._output = output

    def wait(self, seconds: float) -> Ended:
        """Wait for its end, so many seconds at most, and say how it ended."""
        try:
            return Ended(self._process.wait(timeout=seconds), self._output)
        except subprocess.TimeoutExpired:
            return Ended(None, self._output)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens when it has ended."""
        self._process.send_signal(number)


@contextmanager
def started(
    command: Sequence[str],
    *,
    folder: Path,
    output: Path,
    environment: Mapping[str, str],
) -> Iterator[Child]:
    """Give *command* as a child that runs in *folder*, until the context is left.

    Whatever then still runs of its process group is ended. It is told who has started
    it (`gate.suites.parent_process`).
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    process: subprocess.Popen[bytes] | None = None
    try:
        with held_back(), output.open("wb") as sink:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**environment, PARENT: str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            _running.add(process.pid)
        yield Child(process, output)
    finally:
        if process is not None:
            with held_back():
                _end_group(process)
                _running.discard(process.pid)
            if output.stat().st_size > MOST_BYTES:
                os.truncate(output, MOST_BYTES)


def run_child(
    command: Sequence[str],
    *,
    folder: Path,
    output: Path,
    environment: Mapping[str, str],
    deadline: float,
) -> Ended:
    """Run *command* in *folder* to its end, or to the *deadline* in seconds.

    Whatever it left running in its process group is killed.
    """
    with started(
        command, folder=folder, output=output, environment=environment
    ) as child:
        return child.wait(deadline)


def end_children(number: signal.Signals = signal.SIGTERM) -> None:
    """End every child that still runs; for when the gate itself is interrupted."""
    for group in tuple(_running):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=GRACE)
            if sign is signal.SIGTERM and not _group_lives(child.pid):
                return


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
