"""The client and what the gate asks of a platform."""

import inspect

import pytest

from gate.heroku import HerokuClient
from gate.model.platform import Platform

CALLS = [name for name in vars(Platform) if not name.startswith("_")]


def test_the_client_is_a_platform() -> None:
    """The type checker reads this line; nothing is sent by it."""
    platform: Platform = HerokuClient("https://api.example.com", "token")
    assert repr(platform) == "HerokuClient('https://api.example.com')"


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_answered_as_asked(name: str) -> None:
    """Same parameters, same defaults, each described."""
    asked = inspect.signature(getattr(Platform, name))
    given = inspect.signature(getattr(HerokuClient, name))
    assert given.parameters == asked.parameters
    assert inspect.getdoc(getattr(HerokuClient, name))
