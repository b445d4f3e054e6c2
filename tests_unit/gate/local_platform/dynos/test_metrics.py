"""Memory limits."""

import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.metrics import MEGABYTE, Gauge, quota
from gate.local_platform.processes.census import Usage


@dataclass
class Recorder:
    """Stands for a dyno: remembers what was said about it and whether it was killed."""

    name: str = "web.1"
    id: str = "uuid"
    launch: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(size="Basic", app_number=7)
    )
    said: list[str] = field(default_factory=list)
    killed: bool = False

    def say(self, text: str) -> None:
        self.said.append(text)

    def kill(self) -> None:
        self.killed = True


@pytest.mark.parametrize(
    ("rss", "cache", "error", "killed"),
    [
        (400, 100, "", False),
        (513, 0, "R14", False),
        (500, 600, "R14", False),
        (1024, 0, "R15", True),
    ],
)
def test_over_the_quota_is_r14_and_twice_is_r15(
    rss: int, cache: int, error: str, killed: bool
) -> None:
    """R14 counts the cache, R15 does not; only R15 kills."""
    dyno = Recorder()
    usage = Usage(rss * MEGABYTE, cache * MEGABYTE, 0, 0)
    Gauge(cast("Dyno", dyno)).judge(usage)
    errors = re.findall(r"Error (R\d\d) ", "\n".join(dyno.said))
    assert errors == ([error] if error else [])
    assert dyno.killed == killed


def test_sizes_are_compared_without_their_case() -> None:
    """As their spelling varies."""
    assert quota("Basic") == quota("eco") == quota("Standard-1X") == 512 * MEGABYTE
    assert quota("Standard-2X") == 1024 * MEGABYTE
