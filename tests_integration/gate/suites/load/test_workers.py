"""One load run by several processes: Locust's master and workers, and one stream."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gate.suites.load.generator.settings import Settings, worker_command, worker_environ
from tests_integration.gate.suites.load.paired_run import (
    Open,
    Report,
    process,
    report,
    run,
    settings_of,
    shop,
)

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


def settings_for(folder: Path, shops: tuple[Open, Open]) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arms = {"candidate": shops[0].url, "baseline": shops[1].url}
    where = {"await_workers": True, "listen": f"127.0.0.1:{port}"}
    limits = {"workers": 2, "users": 4, "longest": 2.5}
    return settings_of(folder, LOOK, **limits, **where, **arms)


def together(
    folder: Path, settings: Settings, teams: list[str]
) -> tuple[Report, list[tuple[int, str]]]:
    """Run a master, and a worker with each of the teams' files, to their ends."""
    with ExitStack() as stack:
        ran = [
            stack.enter_context(process(settings.command(), settings.environ(), folder))
        ]
        for n, team in enumerate(teams):
            checkout = folder / f"checkout-{n}"
            checkout.mkdir()
            (checkout / "scenario.py").write_text(team)
            environ = worker_environ(checkout / "scenario.py")
            command = worker_command(settings.listen)
            ran.append(stack.enter_context(process(command, environ, checkout)))
        said = [child.communicate(timeout=60)[0] for child in ran]
        ended = [
            (child.returncode, text) for child, text in zip(ran, said, strict=True)
        ]
    return report(settings.stream, *ended[0]), ended[1:]


def whole(ran: Report, shops: tuple[Open, Open]) -> None:
    """Every flow of each worker has come, and only one went alone."""
    assert ran.end["reason"] == "time", ran.output
    for worker in ("0", "1"):
        numbers = [f["number"] for f in ran.flows if f["worker"] == worker]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > 5
    assert {f["worker"] for f in ran.flows if f["users"] == 1} == {"0"}
    assert ran.end["rate"] == 40
    paths = [sorted(one.path for one in arm.asked) for arm in shops]
    assert paths[0] == paths[1]
    assert len(set(paths[0])) == len(paths[0])
    assert ran.end["requests"] == 2 * len(paths[0]) == 2 * len(ran.flows)


def test_workers_elsewhere_tell_one_stream(
    tmp_path: Path, shops: tuple[Open, Open]
) -> None:
    """Each from its own checkout; the settings come from the master."""
    settings = settings_for(tmp_path, shops)
    ran, workers = together(tmp_path, settings, [LOOK, LOOK])
    whole(ran, shops)
    assert [code for code, _ in workers] == [0, 0], workers


def test_processes_of_this_machine_tell_one_stream(
    tmp_path: Path, shops: tuple[Open, Open]
) -> None:
    """The master starts them itself."""
    arms = {"candidate": shops[0].url, "baseline": shops[1].url}
    ran = run(tmp_path, LOOK, workers=2, users=4, longest=2.5, **arms)
    whole(ran, shops)


def test_a_worker_with_another_scenario_is_refused(
    tmp_path: Path, shops: tuple[Open, Open]
) -> None:
    """Both sides say why, and nothing was asked."""
    settings = settings_for(tmp_path, shops)
    ran, workers = together(tmp_path, settings, [LOOK + "# mine\n"])
    assert ran.end["reason"] == "refused"
    assert "has another scenario (SHA-256 " in ran.end["said"]
    ((code, said),) = workers
    assert code == 3
    assert f"load worker refused: {ran.end['said']}\n" in said
    assert shops[0].asked == []
