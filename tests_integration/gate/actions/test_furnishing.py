"""Furnishing an empty platform: all that the gate needs, and nothing twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.actions.furnish import furnish
from gate.heroku import HerokuClient
from gate.local_platform import control
from gate.local_platform.control import LocalPlatform
from gate.model.premises import Premises
from gate.model.release import Release
from tests_integration.gate.local_platform.conftest import Client

PREMISES = Premises("shop", "shop-staging", "shop", "shop-baseline", {"prices": "tags"})


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[LocalPlatform]:
    """An empty one."""
    yield control.up(tmp_path / "home")
    control.down(tmp_path / "home")


def test_the_apps_that_are_judged_tell_their_memory(platform: LocalPlatform) -> None:
    """From their first release on, and however often they are furnished."""
    client, look = HerokuClient(platform.api_url, platform.token), Client(platform)
    asked: list[str] = []

    def deploy_component(name: str) -> Release:
        asked.append(name)
        return client.releases(name)[0]

    for _ in range(2):
        furnish(client, PREMISES, {}, deploy_component=deploy_component)
    assert asked == ["tags"] * 2  # it has no slug yet
    for app in ("shop-staging", "shop", "shop-baseline"):
        path = f"/apps/{app}/features"
        on = {each["name"]: each["enabled"] for each in look.do("GET", path)}
        assert on == {"log-runtime-metrics": True, "preboot": False}
        assert len(client.releases(app)) == 2  # none of furnishing's own
