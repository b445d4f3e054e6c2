"""One child process: its own group, a deadline, bounded output, ended by its id."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GRACE = 5.0
TAIL_BYTES = 8_000
MOST_BYTES = 20_000_000

_running: set[int] = set()
_lock = threading.Lock()


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
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as sink:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with _lock:
        _running.add(child.pid)
    try:
        exit_code: int | None = child.wait(timeout=deadline)
    except subprocess.TimeoutExpired:
        exit_code = None
    finally:
        _end_group(child)
        with _lock:
            _running.discard(child.pid)
    if output.stat().st_size > MOST_BYTES:
        os.truncate(output, MOST_BYTES)
    return Ended(exit_code, output)


def end_children() -> None:
    """End every child that still runs; for when the gate itself is interrupted."""
    with _lock:
        groups = tuple(_running)
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)


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
