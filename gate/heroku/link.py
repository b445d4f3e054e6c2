"""A connection that can be cut while somebody waits on it.

Time limits of sockets bound the wait for each piece, not for the whole: a server
that sends a byte now and then would hold its reader for ever.
"""

import socket
from contextlib import suppress
from typing import Any

from requests.adapters import HTTPAdapter


class Link:
    """One connection, which another thread can cut at any moment."""

    def __init__(self) -> None:
        self.opened = False
        self.is_cut = False
        self._socket: socket.socket | None = None

    def opened_on(self, connected: socket.socket) -> None:
        """Remember the open connection; cut it if its time is up already."""
        self.opened = True
        self._socket = connected
        if self.is_cut:
            self.cut()

    def cut(self) -> None:
        """End the connection now: whoever waits on it wakes up."""
        self.is_cut = True
        if self._socket is not None:
            with suppress(OSError):  # it has ended already
                self._socket.shutdown(socket.SHUT_RDWR)


class LinkAdapter(HTTPAdapter):
    """Tells the link about the connection as soon as it is open."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """A pool whose connections make themselves known to the link."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _telling(pool.ConnectionCls, self._link)
        return pool


def _telling(connection_class: Any, link: Link) -> Any:
    class Telling(connection_class):  # type: ignore[misc]
        def connect(self) -> None:
            super().connect()
            link.opened_on(self.sock)

    return Telling
