"""Keeps a warden at its post for as long as the platform runs."""

import asyncio
import logging
import sys
from pathlib import Path

import gate

_log = logging.getLogger(__name__)
_PAUSE = 0.2  # seconds before the next one, should none of them last


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
        """Start another whenever the one at its post is gone."""
        while self._warden is not None:
            status = await self._warden.wait()
            _log.warning("the warden ended (%d); another takes its place", status)
            await asyncio.sleep(_PAUSE)
            await self.post()

    async def dismiss(self) -> None:
        """Let the warden kill what is left, and wait until it did."""
        if self._warden is not None and self._warden.stdin is not None:
            self._warden.stdin.close()
            await self._warden.wait()
