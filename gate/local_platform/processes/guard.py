"""Keeps a warden at its post for as long as the platform runs."""

import asyncio
import logging
import sys
from pathlib import Path

import gate

_log = logging.getLogger(__name__)
_PAUSE = 0.2  # seconds before the next one, should none of them last
_LONGER_PAUSE = 1.0  # seconds before the next attempt, should none of them start


class Guard:
    """The warden's process, replaced when somebody kills it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._warden: asyncio.subprocess.Process | None = None

    async def post(self) -> None:
        """Start a warden; raises OSError."""
        self._warden = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "gate.local_platform.processes.warden",
            str(self._folder),
            env={"PYTHONPATH": str(Path(gate.__file__ or "").parent.parent)},
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    async def keep(self) -> None:
        """Start another whenever the one at its post is gone, as soon as one can start."""
        while self._warden is not None:
            status = await self._warden.wait()
            _log.warning("the warden ended (%d)", status)
            await asyncio.sleep(_PAUSE)
            while not await self._is_posted():
                await asyncio.sleep(_LONGER_PAUSE)
            _log.warning("another warden took its place")

    async def _is_posted(self) -> bool:
        try:
            await self.post()
        except OSError as error:
            _log.warning("no warden could be started: %s", error)
            return False
        return True

    async def dismiss(self) -> None:
        """Let the warden kill what is left, and wait until it did."""
        if self._warden is not None and self._warden.stdin is not None:
            self._warden.stdin.close()
            await self._warden.wait()
