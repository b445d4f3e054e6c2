"""What a load run is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
