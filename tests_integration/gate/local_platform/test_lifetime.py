"""The platform's own life: restarts, kills, damage, and who may start it."""

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gate.errors import PlatformUnavailable, StateDamaged, UsageProblem
from gate.local_platform import control
from gate.local_platform.control import LocalPlatform
from gate.local_platform.processes import census

Connect = Callable[[LocalPlatform], Any]


def test_a_restart_keeps_apps_releases_and_addresses(
    home: Path, connect: Connect
) -> None:
    """What served before serves again, at the same address, after `down` and `up`."""
    first = connect(control.up(home, time_scale=0.1))
    app = first.app()
    first.deploy(app)
    first.do("PATCH", f"/apps/{app}/config-vars", {"KEPT": "yes"})
    url, release = first.url(app), first.current(app)
    assert control.down(home)
    assert not census.members(home / "dynos")
    assert control.status(home) is None
    second = connect(control.up(home, time_scale=0.1))
    assert second.platform.api_url == first.platform.api_url
    assert second.url(app) == url
    assert second.current(app)["id"] == release["id"]
    assert second.env(app)["KEPT"] == "yes"


def test_a_killed_platform_leaves_no_dyno(home: Path, connect: Connect) -> None:
    """Neither its children nor a grandchild that left group and session."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    client.deploy(app)
    client.do("PATCH", f"/apps/{app}/config-vars", {"ESCAPE": "1"})
    assert client.env(app)["ESCAPE"] == "1"
    assert len(census.members(home / "dynos")) > 1
    os.kill(client.platform.pid, signal.SIGKILL)
    client.until(lambda: not census.members(home / "dynos"))
    again = connect(control.up(home, time_scale=0.1))
    assert again.get(app).status_code == 200


def test_what_was_under_way_at_a_kill_has_failed(home: Path, connect: Connect) -> None:
    """A pending release is settled at the next start, and the old one serves."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    client.deploy(app)
    files = client.files(release="sleep 60")
    build = client.build(app, client.pack(files))
    os.kill(client.platform.pid, signal.SIGKILL)
    client.until(lambda: not census.members(home / "dynos"))
    again = connect(control.up(home, time_scale=0.1))
    release = again.do("GET", f"/apps/{app}/releases/{build['release']['id']}")
    assert release["status"] == "failed"
    assert again.env(app)["HEROKU_RELEASE_VERSION"] == "v3"


def test_a_second_start_finds_the_first(home: Path) -> None:
    """`up` twice is one platform."""
    assert control.up(home).pid == control.up(home).pid


def test_the_folder_is_private(home: Path) -> None:
    """0700 for the folder, 0600 for the token, and the token is not shown."""
    platform = control.up(home)
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "token").stat().st_mode & 0o777 == 0o600
    assert platform.token not in repr(platform)
    assert platform.token not in (home / "platform.log").read_text()


def test_damaged_state_is_reported_and_left_alone(home: Path) -> None:
    """The message names the file; nothing is overwritten."""
    control.up(home)
    control.down(home)
    state = home / "state.json"
    half = state.read_bytes()[:50]
    state.write_bytes(half)
    with pytest.raises(StateDamaged, match=r"state\.json"):
        control.up(home)
    assert state.read_bytes() == half


def test_a_port_that_is_taken_is_reported(home: Path) -> None:
    """And no platform is left half started."""
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        port = squatter.getsockname()[1]
        with pytest.raises(PlatformUnavailable, match=str(port)):
            control.up(home, port=port)
    assert control.status(home) is None


def test_an_app_whose_port_was_taken_moves(home: Path, connect: Connect) -> None:
    """It says so in its log, and its address is what the API then says."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    client.deploy(app)
    url = client.url(app)
    control.down(home)
    port = int(url.rstrip("/").rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        client = connect(control.up(home, time_scale=0.1))
        assert client.url(app) != url
        assert client.get(app).status_code == 200
        assert f"Port {port} is taken" in client.log(app)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    """It is neither closed to others nor filled."""
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(UsageProblem, match="other files"):
        control.up(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "holiday.jpg"]


def test_stopping_what_does_not_run_is_no_error(home: Path) -> None:
    """`down` says that there was nothing."""
    assert control.down(home) is False
