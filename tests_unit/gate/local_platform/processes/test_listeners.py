"""Which ports are listened on: what the kernel answers is what its tables say."""

import socket
from pathlib import Path

import pytest

from gate.local_platform.processes import listeners


@pytest.mark.parametrize(
    ("family", "host", "everywhere"),
    [
        (socket.AF_INET, "127.0.0.1", False),
        (socket.AF_INET, "0.0.0.0", True),
        (socket.AF_INET6, "::1", False),
        (socket.AF_INET6, "::", True),
    ],
)
@pytest.mark.parametrize("asked", [True, False])
def test_a_listening_socket_is_found_and_gone_when_it_is_closed(
    family: int,
    host: str,
    everywhere: bool,
    asked: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By its inode, which tells whose it is; also where the kernel cannot be asked."""
    if not asked:
        monkeypatch.setattr(listeners, "_NETLINK_SOCK_DIAG", 31)
    with socket.socket(family) as mine:
        mine.bind((host, 0))
        port = mine.getsockname()[1]
        assert listeners.listener(port) is None
        mine.listen()
        inode = str(Path(f"/proc/self/fd/{mine.fileno()}").readlink())[8:-1]
        assert listeners.listener(port) == listeners.Listener(inode, everywhere)
    assert listeners.listener(port) is None


def test_a_connection_is_no_listener() -> None:
    """Nor is what is left of it when it has ended."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as other:
            port = other.getsockname()[1]
            assert listeners.listener(port) is None
        assert listeners.listener(port) is None
