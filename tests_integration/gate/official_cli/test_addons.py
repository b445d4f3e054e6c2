"""Add-ons with Heroku's own command line: created, listed, told, destroyed."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from gate.local_platform import control
from gate.local_platform.addons.installation import NotInstalled, programs
from gate.local_platform.control import LocalPlatform

pytestmark = pytest.mark.usefixtures("_postgresql")


@pytest.fixture(scope="module", name="_postgresql")
def postgresql(platform: LocalPlatform) -> Iterator[None]:
    """Skips without PostgreSQL; removes its data, which may lie outside the home."""
    try:
        programs()
    except NotInstalled as error:
        pytest.skip(str(error))
    yield
    control.down(platform.home)
    state = json.loads((platform.home / "state.json").read_text())
    if state["database_server"] is not None:
        shutil.rmtree(state["database_server"]["folder"])


def test_an_addon_is_made_told_and_destroyed(heroku: Any, client: Any) -> None:
    """`addons:create`, `addons`, `addons:info`, `addons:destroy`."""
    app = client.app()
    made = heroku.do(f"addons:create heroku-postgresql:essential-0 -a {app}")
    (addon,) = client.do("GET", f"/apps/{app}/addons")
    assert f"Created {addon['name']} as DATABASE_URL" in made.out
    listed, told, refused = heroku.together(
        f"addons -a {app}",
        f"addons:info heroku-postgresql -a {app}",
        f"addons:create heroku-redis -a {app}",
    )
    assert f"({addon['name']})" in listed.out
    assert "as DATABASE" in listed.out
    assert f"{app}::DATABASE" in told.out
    assert (refused.code, "not emulated" in refused.err) == (2, True)
    heroku.do(f"addons:destroy heroku-postgresql -a {app} --confirm {app}")
    assert client.do("GET", f"/apps/{app}/addons") == []
