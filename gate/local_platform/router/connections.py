"""Connections to dynos: opened, kept for a moment, used again.

Servers close idle connections when they like (gunicorn's threads after 2 s, others
after 5 s, its sync workers after each answer), and a request that meets such an end
is lost.  So a connection is kept for less than that and looked at right before it is
used again.  No request is sent twice: a dyno that hangs up on it failed it.
"""

import asyncio
import socket
from collections.abc import Iterator
from typing import Final

from aiohttp import ServerDisconnectedError, client_proto
from aiohttp.http import HttpProcessingError
from aiohttp.http_exceptions import LineTooLong

from gate.local_platform import ports
from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.router import router_errors
from gate.local_platform.router.router_errors import Code, Refusal
from gate.local_platform.timers import Timers

_LONGEST_STATUS_LINE: Final = 8 * 1024
_LONGEST_HEADER: Final = 512 * 1024


class Connection(client_proto.ResponseHandler):
    """One connection to a dyno."""

    idle_since = 0.0
    sock: socket.socket | None = None

    def is_fresh(self) -> bool:
        """Whether the dyno left it open, also by what the kernel knows already."""
        if self.should_close or not self.is_connected() or self.sock is None:
            return False
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def data_received(self, data: bytes) -> None:
        """Acknowledge at once: a server may hold back the body until its head is.

        Nagle's algorithm there and a delayed acknowledgement here cost 40 ms an
        answer; the option holds for what was just received only (tcp(7)).
        """
        super().data_received(data)
        if self.sock is not None and self.is_connected():
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def expect(self, *, bodiless: bool) -> None:
        """Get ready for the next answer."""
        self.set_response_params(
            skip_payload=bodiless,
            read_until_eof=True,
            auto_decompress=False,
            max_line_size=_LONGEST_STATUS_LINE,
            max_field_size=_LONGEST_HEADER,
        )


class Connections:
    """All connections of one router to its app's dynos."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._idle: dict[int, list[Connection]] = {}  # by port, oldest first
        self._busy: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None

    def reuse(self, dyno: Dyno) -> Connection | None:
        """One that was used a moment ago, if there is any."""
        oldest = asyncio.get_running_loop().time() - self._timers.pool
        idle = self._idle.get(dyno.port)
        while idle:
            connection = idle.pop()
            if connection.idle_since > oldest and connection.is_fresh():
                self._busy.add(connection)
                return connection
            connection.close()
        return None

    async def open(self, dyno: Dyno) -> Connection:
        """A new one.  Raises Refusal (H19, H21)."""
        loop = asyncio.get_running_loop()
        sock = socket.socket()
        try:
            sock.setblocking(False)
            async with asyncio.timeout(self._timers.connect):
                await loop.sock_connect(sock, (ports.LOOPBACK, dyno.port))
            _, connection = await loop.create_connection(
                lambda: Connection(loop), sock=sock
            )
        except TimeoutError:
            sock.close()
            raise Refusal(router_errors.CONNECT_TIMEOUT) from None
        except OSError:
            sock.close()
            raise Refusal(router_errors.REFUSED) from None
        except BaseException:
            sock.close()
            raise
        connection.sock = sock
        self._busy.add(connection)
        return connection

    def give_back(self, dyno: Dyno, connection: Connection) -> None:
        """The exchange is over: keep it if it can carry another one."""
        self._busy.discard(connection)
        if connection.should_close or not connection.is_connected():
            connection.close()
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.setdefault(dyno.port, []).append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(self._timers.pool, self._close_stale)

    def discard(self, connection: Connection) -> None:
        """The exchange broke off: the connection is of no more use."""
        self._busy.discard(connection)
        connection.abort()

    def close(self) -> None:
        """Cut all of them."""
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in [*self._all_idle(), *self._busy]:
            connection.abort()
        self._idle.clear()
        self._busy.clear()

    def _all_idle(self) -> Iterator[Connection]:
        for idle in self._idle.values():
            yield from idle

    def _close_stale(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - self._timers.pool
        for port, idle in list(self._idle.items()):
            while idle and (idle[0].idle_since <= oldest or idle[0].should_close):
                idle.pop(0).close()
            if not idle:
                del self._idle[port]
        self._sweep = None
        if self._idle:
            first = min(idle[0].idle_since for idle in self._idle.values())
            self._sweep = loop.call_at(
                first + self._timers.pool + 0.01, self._close_stale
            )


def why(error: Exception) -> Code:
    """The code for what a dyno sent instead of the head of an answer."""
    if isinstance(error, ServerDisconnectedError) and not isinstance(
        error.message, str
    ):
        return router_errors.INTERRUPTED  # after a part of the head
    if isinstance(error, HttpProcessingError):
        cause = error.__cause__
        if isinstance(cause, LineTooLong):
            in_first_line = cause.args[1] == _LONGEST_STATUS_LINE
            kind = "status line" if in_first_line else "header"
            return router_errors.restriction(f"oversized {kind}")
        if "Content-Length" in str(cause):
            return router_errors.restriction("invalid content length")
        return router_errors.BAD_RESPONSE
    return router_errors.NO_RESPONSE
