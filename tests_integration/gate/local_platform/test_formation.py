"""The formation: process types, numbers, sizes, restarts, crashes, cycling, sleep."""

from collections.abc import Iterator
from typing import Any

import pytest

from gate.local_platform import control
from gate.local_platform.control import LocalPlatform


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """One on which boots fail, eco dynos sleep and days pass within seconds."""
    home = tmp_path_factory.mktemp("formation") / "home"
    fast = {"boot": 1.5, "sleep": 0.7, "cycle": 6.0, "cycle_spread": 0.1}
    yield control.up(home, time_scale=0.1, timers=fast)
    control.down(home)


def app_of(client: Any, **procfile: str) -> str:
    """A new app with these process types besides web, its web dyno up."""
    app = str(client.app())
    client.deploy(app, client.files(**procfile) | {"requirements.txt": ""})
    return app


def scale(client: Any, app: str, type: str, **wanted: Any) -> dict[str, Any]:
    """Change the number or the size of dynos of a type."""
    answer = client.do("PATCH", f"/apps/{app}/formation/{type}", wanted)
    assert isinstance(answer, dict)
    return answer


def dynos(client: Any, app: str) -> dict[str, dict[str, Any]]:
    """The listed dynos by name."""
    return {dyno["name"]: dyno for dyno in client.do("GET", f"/apps/{app}/dynos")}


def up(client: Any, app: str, *names: str) -> dict[str, dict[str, Any]]:
    """Wait until exactly these dynos are listed, and up."""

    def look() -> dict[str, dict[str, Any]] | None:
        found = dynos(client, app)
        return found if {n: d["state"] for n, d in found.items()} == wanted else None

    wanted = dict.fromkeys(names, "up")
    found = client.until(look)
    assert isinstance(found, dict)
    return found


def test_types_are_scaled_restarted_and_stopped_each_on_its_own(client: Any) -> None:
    """Workers begin at none; a restart gives all of a type new ids."""
    app = app_of(client, worker="exec sleep 600")
    assert set(dynos(client, app)) == {"web.1"}
    scale(client, app, "worker", quantity="2")
    names = ("web.1", "worker.1", "worker.2")
    before = up(client, app, *names)
    for method, path in (
        ("DELETE", f"/apps/{app}/formations/worker"),
        ("POST", f"/apps/{app}/formations/worker/actions/stop"),
    ):
        assert client.ask(method, path).status_code == 202
        after = up(client, app, *names)
        changed = {name for name in names if after[name]["id"] != before[name]["id"]}
        assert changed == {"worker.1", "worker.2"}
        before = after
    scale(client, app, "worker", quantity="-2")
    up(client, app, "web.1")
    assert client.ask("DELETE", f"/apps/{app}/formations/worker").status_code == 202
    assert client.ask("DELETE", f"/apps/{app}/formations/clock").status_code == 404


def test_a_restart_is_told_as_heroku_tells_it(client: Any) -> None:
    """In this order; the old dyno's end is no state of its own."""
    app = app_of(client, worker="exec sleep 600")
    scale(client, app, "worker", quantity=1)
    up(client, app, "web.1", "worker.1")
    client.do("DELETE", f"/apps/{app}/dynos/worker.1")
    wanted = [
        "Starting process with command `exec sleep 600`",
        "State changed from starting to up",
        "Restarting",
        "State changed from up to starting",
        "Stopping all processes with SIGTERM",
        "Process exited with status 143",
    ]

    def told() -> list[str]:
        log = client.log(app, dyno="worker.1", source="heroku").splitlines()
        lines = [line.partition("]: ")[2] for line in log]
        return [line for line in lines if "sample#" not in line]

    client.until(lambda: len(told()) == 8)
    assert [line for line in told() if line in wanted][:4] == wanted[:4]
    assert set(told()) == set(wanted)
    assert told().count(wanted[0]) == told().count(wanted[1]) == 2


def test_a_size_restarts_dynos_and_must_be_one(client: Any) -> None:
    """Its spelling varies; formation and dynos show it as Heroku writes it."""
    app = app_of(client)
    before = up(client, app, "web.1")["web.1"]
    changed = scale(client, app, "web", dyno_size={"name": "standard-2x"})
    assert changed["dyno_size"]["name"] == "Standard-2X"
    after = up(client, app, "web.1")["web.1"]
    assert after["id"] != before["id"]
    assert after["size"] == "Standard-2X"
    by_id = scale(client, app, "web", dyno_size={"id": changed["dyno_size"]["id"]})
    assert by_id["size"] == "Standard-2X"
    path = f"/apps/{app}/formation/web"
    refused = client.ask("PATCH", path, {"dyno_size": {"name": "huge"}})
    assert refused.status_code == 422
    assert "Performance-2XL" in refused.json()["message"]


def test_a_process_that_ends_well_has_crashed_too(client: Any) -> None:
    """One restart at once, then a cool-off; scaling to none and back begins anew."""
    app = app_of(client, worker="true")
    crash = "heroku[worker.1]: State changed from up to crashed"
    again = "heroku[worker.1]: State changed from crashed to starting"
    scale(client, app, "worker", quantity=1)
    client.until(lambda: client.log(app).count(crash) == 2)
    assert client.log(app).count("Process exited with status 0") == 2
    assert dynos(client, app)["worker.1"]["state"] == "crashed"
    assert client.log(app).count(again) == 1
    scale(client, app, "worker", quantity=0)
    scale(client, app, "worker", quantity=1)
    client.until(lambda: client.log(app).count(crash) == 4)
    assert client.log(app).count(again) == 2


def test_a_web_process_that_does_not_bind_is_killed(client: Any) -> None:
    """R10, SIGKILL, crashed."""
    app = str(client.app())
    files = client.files(web="sleep 600") | {"requirements.txt": ""}
    client.deploy(app, files)
    dead = "State changed from starting to crashed"
    client.until(lambda: dead in client.log(app))
    log = client.log(app, dyno="web.1", source="heroku").splitlines()
    lines = [line.partition("]: ")[2] for line in log]
    at = lines.index(dead)
    r10 = "Error R10 (Boot timeout) -> Web process failed to bind to $PORT"
    assert lines[at - 3 : at] == [
        f"{r10} within 60 seconds of launch",
        "Stopping process with SIGKILL",
        "Process exited with status 137",
    ]


def test_dynos_cycle_by_request_and_by_themselves(client: Any) -> None:
    """Every dyno of the formation is replaced by one of the same release."""
    app = app_of(client, worker="exec sleep 600")
    scale(client, app, "worker", quantity=1)
    before = up(client, app, "web.1", "worker.1")
    assert client.ask("POST", f"/local/apps/{app}/cycle").status_code == 202
    after = up(client, app, "web.1", "worker.1")
    for name, dyno in after.items():
        assert dyno["id"] != before[name]["id"]
        assert dyno["release"] == before[name]["release"]
        assert f"heroku[{name}]: Cycling" in client.log(app)
    client.until(lambda: client.log(app, dyno="web").count("Cycling") == 2)
    assert client.ask("POST", "/local/apps/nobody/cycle").status_code == 404


def test_eco_dynos_sleep_and_wake(client: Any) -> None:
    """Idle without visits, and the next visitor is answered, a little later."""
    app = app_of(client)
    client.web(app, "up")  # one that has not begun yet would end without a word
    scale(client, app, "web", dyno_size={"name": "eco"})
    assert client.web(app, "idle")["name"] == "web.1"
    log = client.until(
        lambda: (text := client.log(app)).count("status 143") == 2 and text
    )
    assert "heroku[web.1]: Idling" in log
    assert "heroku[web.1]: State changed from up to down" in log
    assert client.get(app).status_code == 200
    assert "heroku[web.1]: Unidling" in client.log(app)
    assert "heroku[web.1]: State changed from down to starting" in client.log(app)
    scale(client, app, "web", quantity=0)
