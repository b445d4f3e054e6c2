"""Preboot: old web dynos serve, unseen, until traffic switches to the new ones."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from gate.heroku.client import HerokuClient
from gate.local_platform import control
from gate.local_platform.control import LocalPlatform
from gate.model.plan import HealthPlan
from gate.suites.barrier import await_release

WINDOW = 1.0

SERVER = """
import http.server, os, sys, time

if os.environ.get("CRASH"):
    sys.exit(3)
time.sleep(float(os.environ.get("BOOT", "0")))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("X-Release", os.environ["HEROKU_RELEASE_VERSION"])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


address = (os.environ["HOST"], int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""
FILES = {
    "Procfile": "web: exec python server.py\nworker: exec sleep 600\n",
    "server.py": SERVER,
    "requirements.txt": "",
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """One whose overlap is long enough to look around in, and to wait for."""
    home = tmp_path_factory.mktemp("preboot") / "home"
    yield control.up(home, time_scale=0.1, timers={"preboot": WINDOW, "boot": 6.0})
    control.down(home)


@pytest.fixture(scope="module")
def app(client: Any) -> str:
    """An app with preboot and two web dynos that are up."""
    name = str(client.app())
    client.deploy(name, FILES)
    client.do("PATCH", f"/apps/{name}/features/preboot", {"enabled": True})
    client.do("PATCH", f"/apps/{name}/formation/web", {"quantity": 2})
    up(client, name, 2)
    return name


def dynos(client: Any, app: str, type: str = "web") -> list[dict[str, Any]]:
    """The dynos of a type that the API lists."""
    listed = client.do("GET", f"/apps/{app}/dynos")
    return [dyno for dyno in listed if dyno["type"] == type]


def up(client: Any, app: str, count: int) -> None:
    """Wait until so many web dynos are up, and no others are listed."""
    client.until(lambda: [d["state"] for d in dynos(client, app)] == ["up"] * count)


def release(client: Any, app: str, **config: str | None) -> int:
    """Make a release; return its version."""
    client.do("PATCH", f"/apps/{app}/config-vars", config)
    return int(client.current(app)["version"])


def serves(client: Any, app: str) -> str:
    """The release that an answer comes from, or its status."""
    answer = client.get(app)
    return str(answer.headers.get("X-Release", answer.status_code))


def switched(client: Any, app: str, version: int) -> None:
    """Wait until answers come from a release."""
    client.until(lambda: serves(client, app) == f"v{version}")


def test_preboot_is_off_until_it_is_enabled_and_then_kept(client: Any) -> None:
    """As an app feature; switching it restarts nothing."""
    app = client.app()
    path = f"/apps/{app}/features/preboot"
    assert client.do("GET", path)["enabled"] is False
    assert client.do("PATCH", path, {"enabled": True})["enabled"] is True
    assert client.do("GET", path)["enabled"] is True


def test_new_dynos_are_listed_while_old_ones_serve(client: Any, app: str) -> None:
    """Then all traffic switches at once, no request is lost, and the old ones stop."""
    before = serves(client, app)
    seen: list[str] = []
    stop = threading.Event()

    def visit() -> None:
        while not stop.is_set():
            seen.append(serves(client, app))

    visitor = threading.Thread(target=visit)
    visitor.start()
    version = release(client, app, N="1")
    listed = dynos(client, app)
    assert [d["release"]["version"] for d in listed] == [version] * 2
    up(client, app, 2)
    assert serves(client, app) == before
    switched(client, app, version)
    client.until(lambda: client.log(app).count("Process exited with status 143") == 2)
    stop.set()
    visitor.join()
    assert seen == sorted(seen, key=[before, f"v{version}"].index)
    assert {before, f"v{version}"} == set(seen)


def test_the_barrier_waits_until_only_the_candidate_serves(
    client: Any, app: str
) -> None:
    """Although the platform says *up* all the time that the old code serves."""
    heroku = HerokuClient(client.platform.api_url, client.platform.token)
    version = release(client, app, N="2")
    up(client, app, 2)
    assert serves(client, app) == f"v{version - 1}"
    candidate = heroku.release(app, version)
    url = client.url(app).rstrip("/")
    began = time.monotonic()
    evidence = await_release(heroku, candidate, url, HealthPlan(path="/", boot=20))
    assert evidence.serves, evidence
    assert evidence.identity == "X-Release"
    assert {serves(client, app) for _ in range(20)} == {f"v{version}"}
    assert time.monotonic() - began > 0.2  # it cannot have decided at first sight


def test_a_release_in_the_overlap_begins_it_anew(client: Any, app: str) -> None:
    """The release between never serves, and the next has a window of its own."""
    between = release(client, app, N="3")
    up(client, app, 2)
    began = time.monotonic()
    version = release(client, app, N="4")
    seen = {f"v{between - 1}"}
    while f"v{version}" not in seen:
        seen.add(serves(client, app))
    assert time.monotonic() - began >= WINDOW
    assert seen == {f"v{between - 1}", f"v{version}"}
    up(client, app, 2)


def test_a_restart_in_the_overlap_concerns_the_new_dynos(client: Any, app: str) -> None:
    """Which wait for the switch all the same."""
    version = release(client, app, N="5")
    ids = {dyno["id"] for dyno in dynos(client, app)}
    assert client.ask("DELETE", f"/apps/{app}/dynos").status_code == 202
    assert not ids & {dyno["id"] for dyno in dynos(client, app)}
    assert serves(client, app) == f"v{version - 1}"
    switched(client, app, version)


def test_scaling_in_the_overlap_stops_old_dynos_too(client: Any, app: str) -> None:
    """Down to one, then to none: nobody serves, seen or unseen."""
    path = f"/apps/{app}/formation/web"
    version = release(client, app, N="6")
    client.do("PATCH", path, {"quantity": 1})
    assert serves(client, app) == f"v{version - 1}"
    client.do("PATCH", path, {"quantity": 0})
    assert serves(client, app) == "503"
    assert "code=H14" in client.log(app)
    client.do("PATCH", path, {"quantity": 2})
    switched(client, app, version)
    up(client, app, 2)


def test_a_rollback_in_the_overlap_overlaps_as_well(client: Any, app: str) -> None:
    """It is a release like any other."""
    bad = release(client, app, N="7", CRASH="1")
    good = client.do("GET", f"/apps/{app}/releases/{bad - 1}")
    client.do("POST", f"/apps/{app}/releases", {"release": good["id"]})
    assert serves(client, app) == f"v{bad - 1}"
    switched(client, app, bad + 1)
    up(client, app, 2)


def test_a_release_that_does_not_come_up_takes_over_all_the_same(
    client: Any, app: str
) -> None:
    """As on Heroku, where only the clock decides: the app is down until a rollback."""
    bad = release(client, app, N="8", CRASH="1")
    assert serves(client, app) == f"v{bad - 1}"
    client.until(lambda: serves(client, app) == "503")
    assert "code=H10" in client.log(app)
    good = release(client, app, N="9", CRASH=None)
    switched(client, app, good)
    up(client, app, 2)


def test_a_release_that_boots_slowly_is_waited_for(client: Any, app: str) -> None:
    """No old dyno is told to stop while a new one still boots."""
    stop = "Stopping all processes with SIGTERM"
    stops = client.log(app, dyno="web").count(stop)
    version = release(client, app, N="10", BOOT=str(WINDOW * 1.5))
    switched(client, app, version)
    client.until(lambda: client.log(app, dyno="web").count(stop) == stops + 2)
    log = client.log(app, dyno="web").splitlines()
    ups = [n for n, line in enumerate(log) if "from starting to up" in line]
    told = [n for n, line in enumerate(log) if stop in line]
    assert ups[-1] < told[-2]
    release(client, app, BOOT=None)


def test_other_types_are_replaced_at_once(client: Any) -> None:
    """Only web dynos overlap."""
    app = client.app()
    client.deploy(app, FILES)
    client.do("PATCH", f"/apps/{app}/features/preboot", {"enabled": True})
    client.do("PATCH", f"/apps/{app}/formation/worker", {"quantity": 1})
    up(client, app, 1)
    client.until(lambda: dynos(client, app, "worker")[0]["state"] == "up")
    release(client, app, N="1")
    ended = "heroku[worker.1]: Process exited with status 143"
    client.until(lambda: ended in client.log(app, dyno="worker"))
    assert "status 143" not in client.log(app, dyno="web")


def test_closing_in_the_overlap_leaves_nothing(
    home: Path, connect: Callable[[LocalPlatform], Any]
) -> None:
    """The unseen dynos stop as well, and the feature is still on afterwards."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    client.deploy(app, FILES)
    up(client, app, 1)
    client.do("PATCH", f"/apps/{app}/features/preboot", {"enabled": True})
    release(client, app, N="1")
    url = client.url(app)
    assert serves(client, app) == "v3"
    assert control.down(home)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    assert not list((home / "dynos").glob("*/*"))
    again = connect(control.up(home, time_scale=0.1))
    assert again.do("GET", f"/apps/{app}/features/preboot")["enabled"] is True
