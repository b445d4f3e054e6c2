"""Loopback ports, chosen where no outgoing connection will take them.

A port that was chosen but is not listened on yet is reserved under an abstract Unix
name: every platform of this machine respects it, and it goes with its process.
"""

import random
import socket
from collections.abc import Container
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LOWEST = 20_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES = 2_000
_BACKLOG = 128


def free_port(taken: Container[int]) -> int:
    """A port nobody listens on, below the range of outgoing connections.

    Raises OSError when none is found.
    """
    port, reservation = _reserved(taken)
    reservation.close()
    return port


def listener(port: int | None, taken: Container[int]) -> socket.socket:
    """A socket that listens on the given port, or on a free one if none is given.

    Raises OSError when the port is somebody else's, or none can be had.
    """
    if port is not None:
        return _listen(port)
    for _ in range(_TRIES):
        try:
            return _listen(free_port(taken))
        except OSError:
            continue  # taken since we looked
    raise OSError("no free loopback port")


def is_free(port: int) -> bool:
    """Whether a listener could be bound to the port now."""
    try:
        _bind(port).close()
        return True
    except OSError:
        return False


class ReservedPorts:
    """Ports that dynos will listen on, kept from every other platform until then."""

    def __init__(self) -> None:
        self._reservations: dict[int, socket.socket] = {}

    def __contains__(self, port: object) -> bool:
        return port in self._reservations

    def reserve(self, taken: Container[int]) -> int:
        """A free port that is ours until it is given back; raises OSError."""
        port, self._reservations[port] = _reserved(taken)
        return port

    def discard(self, port: int) -> None:
        """Give a port back."""
        reservation = self._reservations.pop(port, None)
        if reservation is not None:
            reservation.close()


def _reserved(taken: Container[int]) -> tuple[int, socket.socket]:
    highest = _first_ephemeral() - 1
    for _ in range(_TRIES):
        port = random.randint(min(_LOWEST, highest - 1_000), highest)
        reservation = None if port in taken else _reserve(port)
        if reservation is None:
            continue
        if is_free(port):
            return port, reservation
        reservation.close()
    raise OSError(f"no free loopback port below {highest}")


def _reserve(port: int) -> socket.socket | None:
    """Hold the port's name; None if another platform does."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0gate.local_platform/port/{port}")
        return name
    except OSError:
        name.close()
        return None


def _listen(port: int) -> socket.socket:
    listening = _bind(port)
    try:
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _bind(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
    except OSError:
        bound.close()
        raise
    return bound


def _first_ephemeral() -> int:
    try:
        return int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError):
        return 32_768
