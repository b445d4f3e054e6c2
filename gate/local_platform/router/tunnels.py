"""After an upgrade, as to a WebSocket: bytes go both ways as they come.

Frames are not looked into, so that all of the protocol (pings, close codes,
extensions) is between the client and the dyno; only the idle window is the router's.
"""

import asyncio
from typing import Any, Final

from aiohttp import ClientConnectionResetError
from aiohttp.abc import AbstractStreamWriter

from gate.local_platform.router import router_errors
from gate.local_platform.router.connections import Connection
from gate.local_platform.router.patience import Patience
from gate.local_platform.router.trip import Trip

_MOST_WAITING: Final = 64 * 1024


class Pipe:
    """What one side sent and the other did not get yet; a parser to the library."""

    def __init__(self, source: asyncio.Transport | None) -> None:
        self._source = source
        self._waiting = bytearray()
        self._ended = source is None
        self._paused = False
        self._news = asyncio.Event()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Bytes from the source, which pauses when the other side is slow."""
        self._waiting += data
        self._news.set()
        if len(self._waiting) > _MOST_WAITING and self._source and not self._paused:
            self._paused = True
            self._source.pause_reading()
        return False, b""

    def feed_eof(self) -> None:
        """The source is closed."""
        self._ended = True
        self._news.set()

    async def read(self) -> bytes:
        """All that came meanwhile; nothing at the end."""
        while not self._waiting and not self._ended:
            self._news.clear()
            await self._news.wait()
        data = self.take()
        if self._paused and self._source and not self._source.is_closing():
            self._paused = False
            self._source.resume_reading()
        return data

    def take(self) -> bytes:
        """What is there now."""
        data, self._waiting = bytes(self._waiting), bytearray()
        return data


async def join(
    trip: Trip, connection: Connection, dyno: AbstractStreamWriter, patience: Patience
) -> None:
    """Returns when one side closed and the other has what it sent until then."""
    visitor: Any = trip.request.protocol  # takes any parser, though typed for one
    down, up = Pipe(connection.transport), Pipe(visitor.transport)
    connection.set_parser(down, down)
    visitor.set_parser(up)

    async def pump(pipe: Pipe, writer: AbstractStreamWriter) -> None:
        while data := await pipe.read():
            patience.idle(router_errors.IDLE)
            await writer.write(data)
            if pipe is down:
                trip.bytes += len(data)

    patience.idle(router_errors.IDLE)
    pumps = [
        asyncio.create_task(pump(down, trip.request.writer)),
        asyncio.create_task(pump(up, dyno)),
    ]
    try:
        done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for finished in done:
            error = finished.exception()
            if error is not None and not isinstance(error, ClientConnectionResetError):
                raise error
    finally:
        for task in pumps:
            task.cancel()
        for pipe, end in ((down, visitor), (up, connection)):
            if end.transport is not None and not end.transport.is_closing():
                end.transport.write(pipe.take())
        connection.close()
