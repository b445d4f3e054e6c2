"""Connections from outside: how many there may be, and how long they may be silent."""

import asyncio
import resource
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from gate.local_platform.timers import Timers

_MOST: Final = 1_000
_FILES_WANTED: Final = 8_192

Explain = Callable[[web.BaseRequest, str], web.StreamResponse]


class Visitor(web.RequestHandler):
    """One connection.  A request's head must come in time; its body is not timed here.

    It is `crowded` when there are more connections than should be served.
    """

    __slots__ = ("_deadline", "_door", "_serving", "crowded")

    def __init__(
        self, door: "Door", loop: asyncio.AbstractEventLoop, options: dict[str, Any]
    ) -> None:
        super().__init__(door.server, loop=loop, **options)
        self.crowded = False
        self._door = door
        self._serving = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request, if there is room."""
        super().connection_made(transport)
        self._door.count += 1
        self.crowded = self._door.count > self._door.most
        if self._door.count > 2 * self._door.most:
            self.force_close()
        else:
            self._start_clock()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Nothing more to wait for."""
        self._door.count -= 1
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """The first bytes between two requests start the clock."""
        if self._deadline is None and not self._serving:
            self._start_clock()
        super().data_received(data)

    def begin(self) -> None:
        """A whole head was read: its request is being served."""
        self._serving = True
        self._stop_clock()

    def end(self) -> None:
        """The request was served."""
        self._serving = False

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no HTTP request."""
        if self._door.explain is None or status != 400:
            return super().handle_error(request, status, exc, message)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of an answer is sent already")
        cause = (message or "bad request").partition("\n")[0].strip(" :.")[:80]
        response = self._door.explain(request, cause.lower())
        response.force_close()
        return response

    def _start_clock(self) -> None:
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._door.timers.head, self.force_close)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Door:
    """Where visitors of one server come in: it makes a protocol for each connection.

    *explain* answers what is no HTTP request; *options* are the library's, of a
    `web.RequestHandler`.
    """

    def __init__(
        self,
        server: web.Server,
        timers: Timers,
        explain: Explain | None = None,
        **options: Any,
    ) -> None:
        self.server = server
        self.timers = timers
        self.explain = explain
        self.count = 0
        self.most = min(_MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4)
        self._options: dict[str, Any] = {
            "access_log": None,
            "keepalive_timeout": timers.keep_alive,
            "lingering_time": min(10.0, timers.head),  # to take what nobody reads
            **options,
        }

    def __call__(self) -> Visitor:
        """One more connection."""
        return Visitor(self, asyncio.get_running_loop(), self._options)


def make_room() -> None:
    """Let this process open as many connections as it serves, if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = (
        _FILES_WANTED if hard == resource.RLIM_INFINITY else min(_FILES_WANTED, hard)
    )
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
