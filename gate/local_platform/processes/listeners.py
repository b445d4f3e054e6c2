"""Which local ports are listened on: asked of Linux by sock_diag(7).

The kernel is asked for listening sockets alone. The tables in /proc/net are walked whole
for each look, with every connection that lately ended; they do where it cannot be asked.
"""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_DUMP: Final = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_ERROR: Final = 2
_DONE: Final = 3
_HEADER: Final = struct.Struct("=IHHII")  # struct nlmsghdr
_REQUEST: Final = struct.Struct("=BBBBI48x")  # struct inet_diag_req_v2
_LISTENING: Final = 1 << 10
_INODE: Final = struct.Struct("=I")  # the last field of struct inet_diag_msg
_MESSAGE: Final = 72
_PATIENCE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening TCP socket: its inode and whether it is open beyond loopback."""

    inode: str
    everywhere: bool


def listener(port: int) -> Listener | None:
    """Return the socket that listens on a local port, if any."""
    try:
        found = list(_asked(socket.AF_INET)) + list(_asked(socket.AF_INET6))
    except OSError:
        found = list(_read())
    return next((each for number, each in found if number == port), None)


def _asked(family: int) -> Iterator[tuple[int, Listener]]:
    """Yield port and socket of all that listen; raises OSError."""
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, kind, _NETLINK_SOCK_DIAG) as asking:
        asking.settimeout(_PATIENCE)
        request = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, _LISTENING)
        length = _HEADER.size + len(request)
        asking.send(_HEADER.pack(length, _SOCK_DIAG_BY_FAMILY, _DUMP, 1, 0) + request)
        while True:
            data = asking.recv(1 << 16)
            while data:
                length, kind_of, *_ = _HEADER.unpack_from(data)
                if kind_of == _DONE:
                    return
                if kind_of == _ERROR:
                    raise OSError("sock_diag is not there")
                yield _told(data[_HEADER.size : length])
                data = data[(length + 3) & ~3 :]


def _told(message: bytes) -> tuple[int, Listener]:
    (port,) = struct.unpack_from("!H", message, 4)
    (inode,) = _INODE.unpack_from(message, _MESSAGE - _INODE.size)
    return port, Listener(str(inode), everywhere=not any(message[8:24]))


def _read() -> Iterator[tuple[int, Listener]]:
    """Yield the same from the tables in /proc/net."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == "0A":
                address, _, port = fields[1].rpartition(":")
                everywhere = not address.strip("0")
                yield int(port, 16), Listener(fields[9], everywhere=everywhere)
