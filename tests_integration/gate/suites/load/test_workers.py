"""One load run by several processes: Locust's master and workers, and one stream."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import msgpack  # type: ignore[import-untyped]
import pytest
import zmq

from gate.suites.load.generator.settings import Settings, worker_command, worker_environ
from tests_integration.gate.suites.load.paired_run import (
    Open,
    Report,
    process,
    report,
    settings_of,
    shop,
    wait_for,
)

WORKERS = ("0", "1")
LOOK = """
import random
from locust import FastHttpUser, task

class Reader(FastHttpUser):
    @task
    def look(self):
        self.client.get(f"/look/{random.randint(1, 10**9)}x")
"""


@pytest.fixture
def shops() -> Iterator[tuple[Open, Open]]:
    with shop() as candidate, shop() as baseline:
        yield candidate, baseline


@pytest.fixture
def settings(tmp_path: Path, shops: tuple[Open, Open]) -> Settings:
    """A run that awaits two workers and has no end of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arms = {"candidate": shops[0].url, "baseline": shops[1].url}
    where = {"await_workers": True, "listen": f"127.0.0.1:{port}"}
    limits = {"workers": 2, "users": 4, "longest": 60.0}
    return settings_of(tmp_path, LOOK, **limits, **where, **arms)


def stopped(settings: Settings, master: subprocess.Popen[str]) -> Report:
    """Let each worker tell of its part under load, then stop them."""
    for worker in WORKERS:
        wait_for(settings.stream, f'"users":4,"worker":"{worker}"', master)
    master.send_signal(signal.SIGTERM)
    output, _ = master.communicate(timeout=20)
    return report(settings.stream, master.returncode, output)


def interfere(settings: Settings) -> None:
    """Ask the master to end, as somebody whom it does not know."""
    told = {"reason": "defect", "said": "a stranger says so"}
    with zmq.Context() as context, context.socket(zmq.DEALER) as stranger:
        stranger.identity = b"stranger"
        stranger.connect(f"tcp://{settings.listen}")
        stranger.send(msgpack.dumps(("gate-ask", told, "stranger")))


def whole(ran: Report, shops: tuple[Open, Open]) -> None:
    """Every flow of each worker has come, and only one went alone."""
    assert ran.end["reason"] == "stopped", ran.output
    for worker in WORKERS:
        numbers = [f["number"] for f in ran.flows if f["worker"] == worker]
        assert numbers == list(range(len(numbers)))
    assert {f["worker"] for f in ran.flows if f["users"] == 1} == {"0"}
    assert ran.end["rate"] == 40
    paths = [sorted(one.path for one in arm.asked) for arm in shops]
    assert paths[0] == paths[1]
    assert len(set(paths[0])) == len(paths[0])
    assert len(paths[0]) == len(ran.flows)


def test_workers_elsewhere_tell_one_stream(
    tmp_path: Path, shops: tuple[Open, Open], settings: Settings
) -> None:
    """Each from its own checkout; the settings come from the master. One with another
    scenario is refused, and says why; it changes nothing, nor does a stranger.
    """
    with ExitStack() as stack:

        def work(name: str, team: str) -> subprocess.Popen[str]:
            checkout = tmp_path / name
            checkout.mkdir()
            (checkout / "scenario.py").write_text(team)
            environ = worker_environ(checkout / "scenario.py")
            command = worker_command(settings.listen)
            return stack.enter_context(process(command, environ, checkout))

        command, environ = settings.command(), settings.environ()
        master = stack.enter_context(process(command, environ, tmp_path))
        workers = [work("one", LOOK), work("two", LOOK)]
        wait_for(settings.stream, '"kind":"begin"', master)
        interfere(settings)
        refused, _ = (other := work("other", LOOK + "# mine\n")).communicate(timeout=60)
        ran = stopped(settings, master)
        said = [worker.communicate(timeout=20)[0] for worker in workers]
    whole(ran, shops)
    assert [worker.returncode for worker in workers] == [0, 0], said
    assert other.returncode == 3
    assert "load worker refused: " in refused
    assert "has another scenario (SHA-256 " in refused


def test_processes_of_this_machine_tell_one_stream(
    tmp_path: Path, shops: tuple[Open, Open], settings: Settings
) -> None:
    """The master starts them itself."""
    here = replace(settings, await_workers=False)
    with process(here.command(), here.environ(), tmp_path) as master:
        whole(stopped(here, master), shops)
