"""Samples and memory limits."""

import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.metrics import Gauge
from gate.local_platform.dynos.sizes import MEGABYTE
from gate.local_platform.processes.census import Usage


@dataclass
class Recorder:
    """Stands for a dyno: remembers what was said about it and whether it was killed."""

    size: str = "Basic"
    name: str = "web.1"
    id: str = "uuid"
    said: list[str] = field(default_factory=list)
    killed: bool = False

    @property
    def launch(self) -> SimpleNamespace:
        return SimpleNamespace(size=self.size, app_number=7)

    def say(self, text: str) -> None:
        self.said.append(text)

    def kill(self) -> None:
        self.killed = True

    @property
    def errors(self) -> list[str]:
        return re.findall(r"Error (R\d\d) ", "\n".join(self.said))


def gauge(dyno: Recorder) -> Gauge:
    """A gauge of it that samples every 20 seconds."""
    return Gauge(cast("Dyno", dyno), 20.0, looked=0.0, sampled=0.0)


def used(rss: int, cache: int = 0) -> Usage:
    """So many megabytes."""
    return Usage(rss * MEGABYTE, cache * MEGABYTE, faults=1_000_000)


@pytest.mark.parametrize(
    ("size", "rss", "cache", "errors", "killed"),
    [
        ("basic", 400, 100, [], False),
        ("basic", 513, 0, ["R14"], False),
        ("basic", 500, 600, ["R14"], False),
        ("basic", 1024, 0, ["R15"], True),
        ("Performance-L-RAM", 31 * 1024, 0, ["R14"], False),
        ("Performance-L-RAM", 36 * 1024, 0, ["R15"], True),
        ("private-s", 1000, 600, [], False),
        ("private-s", 1024, 0, ["R15"], True),
    ],
)
def test_over_the_quota_is_r14_and_far_over_is_r15(
    size: str, rss: int, cache: int, errors: list[str], killed: bool
) -> None:
    """R14 counts the cache, R15 does not; only R15 kills; private sizes do not swap."""
    dyno = Recorder(size)
    gauge(dyno).take(used(rss, cache), 1.0, tell=True)
    assert dyno.errors == errors
    assert dyno.killed == killed


def test_r14_is_said_at_once_and_then_once_an_interval() -> None:
    """Never a flood, even where use goes up and down around the quota."""
    dyno = Recorder()
    it = gauge(dyno)
    for second in range(1, 62):
        it.take(used(600 if second % 2 else 400), float(second), tell=False)
    assert dyno.said[0] == "Process running mem=600M(117.2%)"
    assert dyno.errors == ["R14"] * 4  # at 1, 21, 41 and 61 seconds


def test_samples_come_once_an_interval_if_they_are_wanted() -> None:
    """Two lines each, with the dyno's own id."""
    dyno = Recorder()
    it = gauge(dyno)
    for second in range(1, 61):
        it.take(used(100, 10), float(second), tell=second <= 40)
    assert len(dyno.said) == 4
    assert dyno.said[1] == (
        "source=web.1 dyno=heroku.7.uuid sample#memory_total=110.00MB "
        "sample#memory_rss=100.00MB sample#memory_cache=10.00MB "
        "sample#memory_swap=0.00MB sample#memory_pgpgin=1000000pages "
        "sample#memory_pgpgout=971840pages sample#memory_quota=512.00MB"
    )


def test_load_rises_towards_what_wants_to_run() -> None:
    """The shorter the window, the faster."""
    it = gauge(Recorder())
    for second in range(1, 61):
        it.take(Usage(runnable=2), float(second), tell=False)
    one, five, fifteen = it.loads
    assert 2 > one > five > fifteen > 0
    assert one == pytest.approx(2 * (1 - 2.718281828**-1))
