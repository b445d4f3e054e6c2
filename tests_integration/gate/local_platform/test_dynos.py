"""Dynos and the router: boots, crashes, stops, error codes, logs."""

import threading
from typing import Any

import requests


def test_a_crash_on_boot_shows_as_crashed_and_h10(client: Any) -> None:
    """One restart at once, then a cool-off: the state stays to be seen."""
    app = client.app()
    client.deploy(app)
    client.do("PATCH", f"/apps/{app}/config-vars", {"CRASH": "1"})
    client.until(lambda: client.log(app).count("exited with status 3") == 2)
    assert client.web(app, "crashed")["release"]["version"] == 4
    answer = client.get(app)
    assert answer.status_code == 503
    assert "text/html" in answer.headers["Content-Type"]
    log = client.log(app)
    assert 'at=error code=H10 desc="App crashed" method=GET path="/"' in log
    assert "app[web.1]: cannot start" in log


def test_a_dyno_that_ignores_sigterm_is_killed(client: Any) -> None:
    """After the exit timeout (R12) nothing of it is left."""
    app = client.app()
    client.deploy(app)
    client.do("PATCH", f"/apps/{app}/config-vars", {"STUBBORN": "1"})
    old = client.env(app)["HEROKU_RELEASE_VERSION"]
    client.do("DELETE", f"/apps/{app}/dynos/web.1")
    assert old == "v4"
    client.until(lambda: "Error R12 (Exit timeout)" in client.log(app))
    client.until(lambda: "Process exited with status 137" in client.log(app))


def test_a_restart_gives_a_fresh_dyno(client: Any) -> None:
    """Another id, and no release."""
    app = client.app()
    client.deploy(app)
    before = client.web(app, "up")
    assert client.ask("DELETE", f"/apps/{app}/dynos").status_code == 202
    after = client.until(
        lambda: (d := client.web(app, "up"))["id"] != before["id"] and d
    )
    assert after["release"] == before["release"]


def test_scaling_to_zero_and_back(client: Any) -> None:
    """H14 without web dynos; quantities may be sent as strings."""
    app = client.app()
    client.deploy(app)
    client.do("PATCH", f"/apps/{app}/formation/web", {"quantity": 0})
    assert client.get(app).status_code == 503
    assert "code=H14" in client.log(app)
    updates = {"updates": [{"type": "web", "quantity": "2"}]}
    (web,) = client.do("PATCH", f"/apps/{app}/formation", updates)
    assert web["quantity"] == 2
    names = {d["name"] for d in client.do("GET", f"/apps/{app}/dynos")}
    assert names == {"web.1", "web.2"}
    assert client.get(app).status_code == 200


def test_maintenance_mode_answers_for_the_app(client: Any) -> None:
    """503 with H80, while the dynos go on."""
    app = client.app()
    client.deploy(app)
    client.web(app, "up")
    client.do("PATCH", f"/apps/{app}", {"maintenance": True})
    assert client.get(app).status_code == 503
    assert "at=info code=H80" in client.log(app)
    known = client.do("GET", "/local/status")["apps"]
    assert [each["name"] for each in known if each["maintenance"]] == [app]
    client.do("PATCH", f"/apps/{app}", {"maintenance": False})
    assert client.get(app).status_code == 200


def test_the_router_names_what_the_app_did_to_a_request(client: Any) -> None:
    """No answer is H13, a slow one H12, half of one H18."""
    app = client.app()
    client.deploy(app)
    assert client.get(app, "slow").status_code == 503
    assert client.get(app, "hang-up").status_code == 503
    # Timers run fast here: on a busy machine a plain answer may be late once.
    assert client.until(lambda: client.get(app).status_code == 200)
    try:
        client.get(app, "broken")
    except requests.exceptions.RequestException:
        pass
    else:
        raise AssertionError("half an answer must not look like a whole one")
    log = client.until(lambda: (text := client.log(app)).count("H18") and text)
    assert 'code=H12 desc="Request timeout" method=GET path="/slow"' in log
    assert 'code=H13 desc="Connection closed without response"' in log
    line = next(line for line in log.splitlines() if "H18" in line)
    assert "sock=backend at=error" in line
    assert "status=200" in line


def test_requests_wait_for_a_dyno_that_boots(client: Any) -> None:
    """A release does not drop requests: the router holds them."""
    app = client.app()
    client.deploy(app)
    url = client.url(app)
    statuses: list[int] = []
    stop = threading.Event()

    def visit() -> None:
        while not stop.is_set() and len(statuses) < 2000:
            statuses.append(requests.get(url, timeout=20).status_code)

    visitor = threading.Thread(target=visit)
    visitor.start()
    for number in range(3):
        client.do("PATCH", f"/apps/{app}/config-vars", {"N": str(number)})
        wanted = f"v{4 + number}"
        client.until(lambda v=wanted: client.env(app)["HEROKU_RELEASE_VERSION"] == v)
    stop.set()
    visitor.join()
    lost = [status for status in statuses if status != 200]
    assert len(lost) <= 3  # the sample server drops what it serves when told to stop
    assert 200 in statuses


def test_bodies_and_headers_pass_through(client: Any) -> None:
    """With the headers that the router adds, and those it must overwrite."""
    app = client.app()
    client.deploy(app)
    url = client.url(app)
    body = b"x" * 300_000
    assert requests.post(url, data=body, timeout=20).content == body
    sent = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "http"}
    seen = requests.get(url, headers=sent, timeout=20).json()["headers"]
    assert seen["X-Forwarded-For"] == "1.2.3.4, 127.0.0.1"
    assert seen["X-Forwarded-Proto"] == "https"
    assert seen["X-Request-Id"]
    log = client.until(lambda: 'fwd="1.2.3.4, 127.0.0.1"' in client.log(app))
    assert log
