"""Samples and memory limits."""

import asyncio
import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.formation import Formation
from gate.local_platform.dynos.metrics import Gauge, Meter
from gate.local_platform.dynos.sizes import MEGABYTE
from gate.local_platform.premises import Premises
from gate.local_platform.processes.census import Usage
from gate.local_platform.timers import Timers


@dataclass
class Recorder:
    """Stands for a dyno: remembers what was said about it and whether it was killed."""

    size: str = "Basic"
    name: str = "web.1"
    id: str = "uuid"
    said: list[str] = field(default_factory=list)
    killed: bool = False
    tells_use: bool = False

    @property
    def launch(self) -> SimpleNamespace:
        return SimpleNamespace(size=self.size, app_number=7, tells_use=self.tells_use)

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
    gauge(dyno).take(used(rss, cache), 1.0)
    assert dyno.errors == errors
    assert dyno.killed == killed


def test_r14_is_said_at_once_and_then_once_an_interval() -> None:
    """Never a flood, even where use goes up and down around the quota."""
    dyno = Recorder()
    it = gauge(dyno)
    for second in range(1, 62):
        it.take(used(600 if second % 2 else 400), float(second))
    assert dyno.said[0] == "Process running mem=600M(117.2%)"
    assert dyno.errors == ["R14"] * 4  # at 1, 21, 41 and 61 seconds


def test_samples_come_once_an_interval_if_they_are_wanted() -> None:
    """Three lines each, with the dyno's own id; none from a dyno that does not tell."""
    dyno, mute = Recorder(tells_use=True), Recorder()
    for each in (dyno, mute):
        it = gauge(each)
        for second in range(1, 60):
            it.take(used(100, 10), float(second))
    assert mute.said == []
    assert len(dyno.said) == 6
    assert dyno.said[1] == (
        "source=web.1 dyno=heroku.7.uuid sample#memory_total=110.00MB "
        "sample#memory_rss=100.00MB sample#memory_cache=10.00MB "
        "sample#memory_swap=0.00MB sample#memory_pgpgin=1000000pages "
        "sample#memory_pgpgout=971840pages sample#memory_quota=512.00MB"
    )


def test_cpu_time_never_goes_down() -> None:
    """A process that nobody waited for takes its share with it; the sum stays."""
    dyno = Recorder(tells_use=True)
    it = gauge(dyno)
    for second, ticks in ((20, 150), (40, 90), (60, 171)):
        it.take(Usage(ticks=ticks), float(second))
    told = re.findall(r"sample#cpu_total=(\S+)s", "\n".join(dyno.said))
    assert told == ["1.50", "1.50", "1.71"]


def test_load_rises_towards_what_wants_to_run() -> None:
    """The shorter the window, the faster."""
    it = gauge(Recorder())
    for second in range(1, 61):
        it.take(Usage(runnable=2), float(second))
    one, five, fifteen = it.loads
    assert 2 > one > five > fifteen > 0
    assert one == pytest.approx(2 * (1 - 2.718281828**-1))


@dataclass
class Unreadable:
    """Stands for a formation: whoever looks at its dynos fails."""

    looks: int = 0
    twice: asyncio.Event = field(default_factory=asyncio.Event)

    def running(self) -> list[Dyno]:
        self.looks += 1
        if self.looks > 1:
            self.twice.set()
        raise ValueError("not a number")


def test_a_failed_look_is_followed_by_others() -> None:
    """Whatever was wrong: the memory limits hold for all other dynos."""
    asyncio.run(look_twice())


async def look_twice() -> None:
    """Measure a formation that fails until it was looked at twice."""
    formation = Unreadable()
    premises = SimpleNamespace(timers=Timers.of(1.0, {"quota": 0.05}))
    meter = Meter(cast("Premises", premises), {"app": cast("Formation", formation)})
    running = asyncio.create_task(meter.run())
    looking = asyncio.create_task(formation.twice.wait())
    await asyncio.wait(
        (looking, running), return_when=asyncio.FIRST_COMPLETED, timeout=10
    )
    assert looking.done(), "the meter ended"
    running.cancel()
