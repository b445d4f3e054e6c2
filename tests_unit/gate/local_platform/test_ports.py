"""Ports of this machine."""

import subprocess
import sys

import pytest

from gate.local_platform import ports
from gate.local_platform.ports import ReservedPorts

RESERVE = """
import sys
from gate.local_platform.ports import ReservedPorts
reserved = ReservedPorts()
print(reserved.reserve(()), flush=True)
sys.stdin.read()
"""


def test_a_reserved_port_is_ours_until_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody listens on it yet, but no platform takes it."""
    reserved, others = ReservedPorts(), ReservedPorts()
    port = reserved.reserve(())
    assert port in reserved
    monkeypatch.setattr("random.randint", lambda low, high: port)
    with pytest.raises(OSError, match="no free"):
        others.reserve(())
    reserved.discard(port)
    assert others.reserve(()) == port


def test_a_reservation_ends_with_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed or not: nothing has to be cleared."""
    with subprocess.Popen(
        [sys.executable, "-c", RESERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        monkeypatch.setattr("random.randint", lambda low, high: port)
        with pytest.raises(OSError, match="no free"):
            ports.free_port(())
        other.kill()
    assert ports.free_port(()) == port


def test_a_port_that_is_listened_on_is_not_chosen() -> None:
    """By whomever."""
    with ports.listener(None, ()) as listening:
        port = listening.getsockname()[1]
        assert not ports.is_free(port)
        with pytest.raises(OSError, match="in use"):
            ports.listener(port, ())
    assert ports.is_free(port)
