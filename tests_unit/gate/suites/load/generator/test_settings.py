"""What a load run is told, and when it starts its flows."""

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.suites.load.generator.schedule import bearable, starts
from gate.suites.load.generator.settings import (
    Refused,
    Settings,
    address,
    worker_command,
)

ARMS = {"candidate": "http://127.0.0.1:1", "baseline": "http://127.0.0.1:2"}
SETTINGS = Settings(Path("/checkout/load.py"), ARMS, Path("/scratch/stream"))


@given(
    serial=st.floats(0, 100),
    users=st.integers(1, 99),
    workers=st.integers(1, 9),
    awaits=st.booleans(),
    paired=st.booleans(),
)
def test_settings_survive_the_environment(
    serial: float, users: int, workers: int, awaits: bool, paired: bool
) -> None:
    """What is written for the child is what it reads."""
    arms = ARMS if paired else {"candidate": ARMS["candidate"]}
    settings = Settings(
        file=SETTINGS.file,
        arms=arms,
        stream=SETTINGS.stream,
        serial=serial,
        users=users,
        workers=workers,
        await_workers=awaits,
    )
    assert Settings.read(settings.environ()) == settings


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"GATE_LOAD_CANDIDATE": ""}, "GATE_LOAD_CANDIDATE is not set"),
        ({"GATE_LOAD_USERS": "many"}, "is not a number: .*'many'"),
        ({"GATE_LOAD_USERS": "0"}, "start at 1"),
        ({"GATE_LOAD_STREAM": " "}, "GATE_LOAD_STREAM is not set"),
    ],
)
def test_settings_that_make_no_load_are_refused(
    change: dict[str, str], said: str
) -> None:
    """With the name of what is wrong."""
    with pytest.raises(Refused, match=said):
        Settings.read({**SETTINGS.environ(), **change})


def test_what_a_worker_elsewhere_is_told_has_no_paths() -> None:
    """Its scenario is in its own checkout; the arms and the limits are the master's."""
    told = SETTINGS.told()
    assert told["candidate"] == ARMS["candidate"]
    assert not any(isinstance(value, Path) for value in told.values())
    own = {"file": "/elsewhere.py", "stream": "/dev/null"}
    assert Settings.of({**told, **own}).arms == ARMS


@pytest.mark.parametrize("text", ["here", "here:", ":1", "here:0", "here:99999", ""])
def test_an_address_has_a_host_and_a_port(text: str) -> None:
    """Nothing else is asked for a run."""
    with pytest.raises(Refused, match="is not HOST:PORT"):
        worker_command(text)
    assert address("[::1]:5557") == ("::1", 5557)


@given(rate=st.floats(0.1, 5000), seed=st.integers(0, 99))
def test_starts_keep_the_rate_without_bursts(rate: float, seed: int) -> None:
    """Each gap is between half and one and a half of the mean."""
    times = list(itertools.islice(starts(rate, 100.0, random.Random(seed)), 200))
    gaps = [(later - sooner) * rate for sooner, later in itertools.pairwise(times)]
    assert all(0.49 <= gap <= 1.51 for gap in gaps)
    assert 0.8 <= sum(gaps) / len(gaps) <= 1.2
    assert 100 <= times[0] <= 100 + 1 / rate


@given(flows=st.integers(0, 10_000), seconds=st.floats(0.01, 9))
def test_half_of_what_could_be_borne_is_asked_for(flows: int, seconds: float) -> None:
    """Once it is known: after a second with enough flows, or three with any; while
    nothing at all is answered, it is not.
    """
    rate = bearable(flows, seconds)
    known = (seconds >= 1 and flows >= 10) or (seconds >= 3 and flows > 0)
    assert (rate is not None) == known
    assert rate is None or rate * seconds == pytest.approx(flows / 2)
