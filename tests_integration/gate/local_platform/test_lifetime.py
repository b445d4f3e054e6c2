"""The platform's own life: restarts, kills, damage, and who may start it."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gate.errors import PlatformUnavailable, StateDamaged, UsageProblem
from gate.local_platform import control
from gate.local_platform.control import LocalPlatform
from gate.local_platform.home import Home
from gate.local_platform.processes import census
from gate.local_platform.processes.process_identity import ProcessIdentity
from tests_integration.gate.local_platform.process_list import (
    called,
    command,
    naming,
    wardens,
)

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
    first = control.up(home)
    assert control.up(home).pid == first.pid
    with pytest.raises(UsageProblem, match="runs already, at"):
        control.up(home, port=urlsplit(first.api_url).port - 1)


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


def test_damaged_state_can_be_set_aside(home: Path, connect: Connect) -> None:
    """It is kept under another name, slugs stay, and an empty platform begins."""
    client = connect(control.up(home, time_scale=0.1))
    client.deploy(client.app())
    control.down(home)
    state, slugs = home / "state.json", set((home / "slugs").iterdir())
    half = state.read_bytes()[:50]
    state.write_bytes(half)
    fresh = control.up(home, time_scale=0.1, set_aside=True)
    assert fresh.set_aside is not None
    assert fresh.set_aside.name.startswith("state.json.damaged-")
    assert fresh.set_aside.read_bytes() == half
    client = connect(fresh)
    assert client.do("GET", "/apps") == []
    assert client.do("GET", "/local/status")["set_aside"] == [str(fresh.set_aside)]
    app = client.app()
    client.deploy(app)
    client.do("DELETE", f"/apps/{app}")
    control.down(home)
    control.up(home)
    assert slugs <= set((home / "slugs").iterdir())


def test_whole_state_is_not_set_aside(home: Path, connect: Connect) -> None:
    """Permission to put damaged state aside is no order to begin anew."""
    app = connect(control.up(home)).app()
    control.down(home)
    again = control.up(home, set_aside=True)
    assert again.set_aside is None
    assert connect(again).do("GET", f"/apps/{app}")["name"] == app


def test_a_suspended_platform_is_stopped_in_good_order(home: Path) -> None:
    """`down` lets it go on, to its end."""
    platform = control.up(home, time_scale=0.1)
    os.kill(platform.pid, signal.SIGSTOP)
    assert control.down(home) is control.Stop.ORDERLY
    assert not (home / "running.json").exists()


def test_dynos_may_take_the_time_that_was_asked_for_them(home: Path) -> None:
    """`down` waits longer for a platform whose dynos may end later than Heroku's."""
    usual = control.patience(Home(home))
    control.up(home, timers={"exit": 90.0})
    assert control.patience(Home(home)) == usual + 60.0


def test_a_platform_that_does_not_stop_is_killed(home: Path, connect: Connect) -> None:
    """After a while, which is said, and nothing of it is left."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    client.deploy(
        app, client.files(web="bash -c 'trap true TERM; while true; do sleep 1; done'")
    )
    client.until(lambda: census.members(home / "dynos"))
    assert control.down(home, limit=0.1) is control.Stop.KILLED
    assert not naming(home)
    assert control.down(home) is control.Stop.NOT_RUNNING


def test_the_platform_and_its_warden_are_killed(home: Path, connect: Connect) -> None:
    """Who hid from both is found by the next start, whatever it did to hide."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    hidden = "env -i setsid bash -c '(exec -a hidden sleep 3333 &)'"
    client.deploy(app, client.files(web=f"{hidden}; exec python server.py"))
    client.web(app, "up")
    (pid,) = client.until(lambda: called("hidden"))
    (warden,) = wardens(home)
    os.kill(warden, signal.SIGSTOP)
    os.kill(client.platform.pid, signal.SIGKILL)
    os.kill(warden, signal.SIGKILL)
    client.until(lambda: set(naming(home)) <= {pid})
    assert called("hidden") == [pid]
    control.up(home, time_scale=0.1)
    assert pid not in called("hidden")


def test_a_killed_warden_is_replaced(home: Path, connect: Connect) -> None:
    """And the new one does its work."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    client.deploy(app)
    (first,) = wardens(home)
    os.kill(first, signal.SIGKILL)
    client.until(lambda: len([p for p in wardens(home) if p != first]) == 1)
    os.kill(client.platform.pid, signal.SIGKILL)
    client.until(lambda: not naming(home))


def test_a_forged_record_kills_nobody(home: Path) -> None:
    """A dyno's record names a process by more than its number."""
    with subprocess.Popen(["sleep", "600"]) as innocent:
        folder = home / "dynos" / "run" / "dyno"
        control.up(home)
        control.down(home)
        folder.mkdir(parents=True)
        identity = ProcessIdentity.of(innocent.pid)
        assert identity is not None
        for wrong in (
            replace(identity, start_time=identity.start_time + 1),
            replace(identity, boot_id="another boot"),
        ):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "process.json").write_text(json.dumps(asdict(wrong)))
            control.up(home)
            control.down(home)
            assert not folder.exists()
            assert innocent.poll() is None
        innocent.kill()


def test_a_build_under_way_ends_with_the_platform(home: Path, connect: Connect) -> None:
    """Its processes stop, and it has failed when the platform is back."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    files = client.files() | {"bin/post_compile": "#!/bin/bash\nsleep 3333\n"}
    blob = {"url": client.upload(client.pack(files))}
    build = client.do("POST", f"/apps/{app}/builds", {"source_blob": blob})
    client.until(lambda: [p for p in naming(home) if "3333" in command(p)])
    assert control.down(home) is control.Stop.ORDERLY
    assert not naming(home)
    client = connect(control.up(home, time_scale=0.1))
    assert client.do("GET", f"/apps/{app}/builds/{build['id']}")["status"] == "failed"
    assert not list((home / "slugs").iterdir())


def test_what_no_release_needs_is_removed(home: Path, connect: Connect) -> None:
    """Slugs that expired or were never released; those that may run again are kept."""
    seconds = {"retention": 0.05, "grace": 0.05, "blob": 4.0, "tidy": 0.1}
    client = connect(control.up(home, time_scale=0.1, timers=seconds))
    app = client.app()
    types = {"process_types": {"web": "true"}}
    client.do("POST", f"/apps/{app}/slugs", types)
    first = client.deploy(app)["slug"]["id"]
    kept = client.deploy(app)["slug"]["id"]
    for number in range(20):
        client.do("PATCH", f"/apps/{app}/config-vars", {"N": str(number)})
    slugs = home / "slugs"
    client.until(lambda: {path.name for path in slugs.iterdir()} == {kept})
    client.until(
        lambda: [p.name for p in (home / "blobs").iterdir()] == [f"{kept}.tgz"]
    )
    old = client.do("GET", f"/apps/{app}/releases/3")
    assert (old["status"], old["eligible_for_rollback"]) == ("expired", False)
    assert client.ask("GET", f"/apps/{app}/slugs/{first}").status_code == 404
    assert client.get(app).status_code == 200
    client.do("DELETE", f"/apps/{app}")
    client.until(lambda: not list(slugs.iterdir()))
    control.down(home)
    control.up(home)
    for folder in ("environments", "outputs", "apps"):
        assert not list((home / folder).iterdir())


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
    assert control.down(home) is control.Stop.NOT_RUNNING
