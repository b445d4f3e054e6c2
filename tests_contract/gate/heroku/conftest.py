"""A scripted platform, and clients of it that do not really sleep."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from gate.heroku import HerokuClient, Patience
from tests_contract.gate.heroku.scripted_platform import ScriptedPlatform

TOKEN = "canary-6f1c2d9e"

QUICK = Patience(
    connect=2.0, read=2.0, attempt=3.0, total=60.0, silence=30.0, stream_attempts=3
)


@dataclass
class Naps:
    """A clock that sleeping moves forward without taking time."""

    taken: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return time.monotonic() + sum(self.taken)

    def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
def platform() -> Iterator[ScriptedPlatform]:
    with ScriptedPlatform() as scripted:
        yield scripted


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def connect(
    platform: ScriptedPlatform, naps: Naps
) -> Callable[[Patience], HerokuClient]:
    def connected(patience: Patience) -> HerokuClient:
        return HerokuClient(
            platform.url,
            TOKEN,
            patience=patience,
            clock=naps.clock,
            sleep=naps.sleep,
            jitter=random.Random(7),
        )

    return connected


@pytest.fixture
def client(connect: Callable[[Patience], HerokuClient]) -> HerokuClient:
    return connect(QUICK)
