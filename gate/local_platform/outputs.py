"""Output of builds and release commands: kept in files, followed while written."""

import asyncio
import io
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path

_log = logging.getLogger(__name__)
_LIMIT = 10 * 1024 * 1024
_CHUNK = 64 * 1024


class Output:
    """One growing file and those who wait for more of it.

    What the disk refuses is lost, and logged: the work that it tells of goes on.
    """

    def __init__(self, path: Path) -> None:
        self._file: io.FileIO | None = None
        self._written = 0
        self._grown = asyncio.Event()
        self.closed = False
        try:
            self._file = path.open("ab", buffering=0)
            self._written = path.stat().st_size
        except OSError as error:
            _log.warning("%s cannot be written: %s", path.name, error)

    def write(self, text: str) -> None:
        """Append text; past ten megabytes it is dropped, which is said once."""
        if self._file is None or self.closed or self._written > _LIMIT:
            return
        data = text.encode(errors="replace")
        self._written += len(data)
        if self._written > _LIMIT:
            data = b"\n(the rest of the output is left out)\n"
        try:
            self._file.write(data)
        except OSError as error:
            _log.warning("output is lost: %s", error)
        self._wake()

    def close(self) -> None:
        """Nothing more will come."""
        if not self.closed:
            self.closed = True
            if self._file is not None:
                self._file.close()
            self._wake()

    async def growth(self) -> None:
        """Return at the next write or at the end."""
        await self._grown.wait()

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()


class Outputs:
    """All outputs by id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._live: dict[str, Output] = {}

    def open(self, id: str) -> Output:
        """Begin an output, or go on with it."""
        output = self._live.get(id)
        if output is None or output.closed:
            output = self._live[id] = Output(self._folder / f"{id}.log")
        return output

    def close(self, id: str) -> None:
        """End an output."""
        output = self._live.pop(id, None)
        if output is not None:
            output.close()

    def remove(self, id: str) -> None:
        """End an output and forget what it said."""
        self.close(id)
        (self._folder / f"{id}.log").unlink(missing_ok=True)

    def exists(self, id: str) -> bool:
        """Whether anything was ever written under this id."""
        return (self._folder / f"{id}.log").exists()

    async def follow(self, id: str, offset: int = 0) -> AsyncIterator[bytes]:
        """Everything from `offset` on, if it is as long yet, until the output ends."""
        with (self._folder / f"{id}.log").open("rb") as file:
            file.seek(min(offset, os.fstat(file.fileno()).st_size))
            while True:
                output = self._live.get(id)
                while chunk := file.read(_CHUNK):
                    yield chunk
                if output is None or output.closed:
                    return
                await output.growth()
