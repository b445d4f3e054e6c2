"""One-off dynos: run once, beside the formation."""

from typing import Any

import pytest


@pytest.fixture(scope="module")
def app(client: Any) -> str:
    """An app with a release."""
    name = str(client.app())
    client.deploy(name)
    return name


def test_a_one_off_dyno_runs_once(client: Any, app: str) -> None:
    """Its output is in the log, and it is gone afterwards."""
    body = {"command": "echo sum $((40 + 2)) $WORD", "env": {"WORD": "yes"}}
    dyno = client.do("POST", f"/apps/{app}/dynos", body)
    line = f"app[{dyno['name']}]: sum 42 yes"
    client.until(lambda: line in client.log(app))
    client.until(
        lambda: client.ask("GET", f"/apps/{app}/dynos/{dyno['id']}").status_code == 404
    )
    assert "State changed from up to complete" in client.log(app, dyno=dyno["name"])


def test_it_ends_when_its_time_is_over_and_is_not_restarted(
    client: Any, app: str
) -> None:
    """With the size and the type that were asked for."""
    body = {"command": "exec sleep 600", "time_to_live": 1, "size": "standard-1x"}
    dyno = client.do("POST", f"/apps/{app}/dynos", body | {"type": "scheduler"})
    assert (dyno["type"], dyno["size"]) == ("scheduler", "Standard-1X")
    path = f"/apps/{app}/dynos/{dyno['name']}"
    client.until(lambda: client.ask("GET", path).status_code == 404)
    log = client.log(app, dyno="scheduler")
    assert "Process exited with status 143" in log
    assert log.count("Starting process") == 1


def test_stopping_or_restarting_it_ends_it(client: Any, app: str) -> None:
    """It is no part of the formation."""
    for method, action in (("DELETE", ""), ("POST", "/actions/stop")):
        dyno = client.do("POST", f"/apps/{app}/dynos", {"command": "exec sleep 600"})
        path = f"/apps/{app}/dynos/{dyno['name']}"
        client.until(lambda p=path: client.do("GET", p)["state"] == "up")
        assert client.ask(method, path + action).status_code == 202
        client.until(lambda p=path: client.ask("GET", p).status_code == 404)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"attach": True}, "rendezvous"),
        ({"type": "web"}, "process type"),
        ({"type": "release"}, "process type"),
        ({"time_to_live": 0}, "time_to_live"),
        ({"time_to_live": 86_401}, "time_to_live"),
        ({"size": "huge"}, "No such dyno size"),
        ({"env": {"A B": "c"}}, "env"),
        ({"command": ""}, "command"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(
    client: Any, app: str, asked: dict[str, Any], says: str
) -> None:
    """And nothing is started."""
    before = len(client.do("GET", f"/apps/{app}/dynos"))
    answer = client.ask("POST", f"/apps/{app}/dynos", {"command": "true"} | asked)
    assert answer.status_code == 422
    assert says in answer.json()["message"]
    assert len(client.do("GET", f"/apps/{app}/dynos")) == before
