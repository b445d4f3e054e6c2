"""The programs that a build runs: bounded in time and output, gone when it ends."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gate.local_platform.processes import census
from gate.local_platform.processes.death_signal import with_parent
from gate.local_platform.processes.exit_status import exit_status

Say = Callable[[str], None]
BUILD_LIMIT = 15 * 60.0  # seconds, as on Heroku
MOST_OUTPUT = 4 * 1024 * 1024  # characters of one program, before its end
LAST_LINES = 100

_CHUNK = 64 * 1024
_LONGEST_LINE = 10_000
_PATIENCE = 2.0


class BuildError(Exception):
    """The source cannot become a slug; the build's output says why."""


async def run(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    mark: Path,
    say: Say,
) -> int:
    """Run a program and say what it prints; returns its exit status.

    However this ends, nothing is left of it and its descendants, which carry the
    mark of the folder *mark*. Raises BuildError if it cannot be started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=cwd,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=with_parent(mark),
        )
    except OSError as error:
        raise BuildError(f"{command[0]} cannot be started: {error.strerror}") from None
    assert process.stdout is not None
    told = _Told(say)
    reading = asyncio.create_task(_read(process.stdout, told))
    try:
        status = await exit_status(process)
    finally:
        await asyncio.to_thread(census.kill_all, mark)
        await exit_status(process)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reading, _PATIENCE)
        told.end()
    return status


class _Told:
    """Output as it comes; of too much of it, the beginning and the end."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._left = MOST_OUTPUT
        self._omitted = 0
        self._last: deque[str] = deque(maxlen=LAST_LINES)

    def line(self, data: bytes) -> None:
        """Say one line, or keep it for the end."""
        text = data.decode(errors="replace").rstrip()
        self._left -= len(text) + 1
        if self._left >= 0:
            self._say(text)
            return
        self._omitted += len(self._last) == LAST_LINES
        self._last.append(text)

    def end(self) -> None:
        """Say the lines that were kept."""
        if self._omitted:
            self._say(f"(… {self._omitted} lines are left out …)")
        for text in self._last:
            self._say(text)
        self._last.clear()


async def _read(stream: asyncio.StreamReader, told: _Told) -> None:
    rest = b""
    while chunk := await stream.read(_CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            told.line(line)
        while len(rest) > _LONGEST_LINE:
            told.line(rest[:_LONGEST_LINE])
            rest = rest[_LONGEST_LINE:]
    if rest:
        told.line(rest)
