"""Loopback ports, chosen where no outgoing connection will take them."""

import random
import socket
from collections.abc import Container
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LOWEST = 20_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES = 2_000


def free_port(taken: Container[int]) -> int:
    """A port nobody listens on, below the range of outgoing connections.

    Raises OSError when none is found.
    """
    highest = _first_ephemeral() - 1
    for _ in range(_TRIES):
        port = random.randint(min(_LOWEST, highest - 1_000), highest)
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free loopback port below {highest}")


def is_free(port: int) -> bool:
    """Whether a listener could be bound to the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            return True
        except OSError:
            return False


def _first_ephemeral() -> int:
    try:
        return int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError):
        return 32_768
