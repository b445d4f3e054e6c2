"""Faults on request: what a client sees of each, and what the platform has done."""

import errno
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from gate.errors import UsageProblem
from gate.local_platform import control
from gate.local_platform.control import LocalPlatform
from gate.local_platform.remote import Remote


@pytest.fixture(scope="module")
def shop(client: Any) -> str:
    """An app that serves."""
    app = str(client.app())
    client.deploy(app)
    return app


@pytest.fixture
def faults(client: Any, shop: str) -> Iterator[Remote]:
    """How to ask for faults; none is left for the next test."""
    client.web(shop, "up")
    remote = Remote(client.platform)
    yield remote
    remote.clear()


def call(
    client: Any, method: str, path: str, body: Any = None, *, patience: float = 20
) -> HTTPResponse:
    """One request on a connection of its own, its answer not yet read."""
    address = urlsplit(client.platform.api_url).netloc
    connection = HTTPConnection(address, timeout=patience)
    sent = None if body is None else json.dumps(body)
    kind = {"Content-Type": "application/json"} if body is not None else {}
    headers = dict(client.session.headers) | kind
    connection.request(method, path, body=sent, headers=headers)
    return connection.getresponse()


def config(client: Any, app: str) -> dict[str, str]:
    """The app's config vars, without its database."""
    found = dict(client.do("GET", f"/apps/{app}/config-vars"))
    return {key: value for key, value in found.items() if key != "DATABASE_URL"}


def versions(client: Any, app: str) -> list[int]:
    """The versions of the app's releases."""
    return [each["version"] for each in client.do("GET", f"/apps/{app}/releases")]


# Before the effect


def test_the_rate_limit_refuses_in_the_documented_way(
    client: Any, faults: Remote
) -> None:
    """429 as JSON, so often as asked, and nothing was made."""
    faults.add("429", on="POST /apps", times=2)
    for _ in range(2):
        answer = client.ask("POST", "/apps", {"name": "never-made"})
        assert answer.status_code == 429
        assert answer.json()["id"] == "rate_limit"
    assert client.ask("GET", "/apps/never-made").status_code == 404
    assert client.ask("POST", "/apps", {"name": "made-then"}).status_code == 201


@pytest.mark.parametrize("status", [500, 502, 503])
def test_the_platform_fails_with_a_page(
    client: Any, faults: Remote, shop: str, status: int
) -> None:
    """HTML, as a load balancer answers; nothing was done."""
    before = versions(client, shop)
    faults.add(str(status), on="PATCH /apps/*/config-vars")
    path = f"/apps/{shop}/config-vars"
    answer = client.ask("PATCH", path, {"NEVER": "x"})
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert versions(client, shop) == before


def test_a_hanging_call_never_acts(client: Any, faults: Remote, shop: str) -> None:
    """Until the client leaves, nor after that."""
    fault = faults.add("hang", on=f"PATCH /apps/{shop}/config-vars")
    with pytest.raises(TimeoutError):
        path = f"/apps/{shop}/config-vars"
        call(client, "PATCH", path, {"HANG": "x"}, patience=0.3)
    assert "HANG" not in config(client, shop)
    assert faults.faults()[-1]["struck"] == 1
    assert faults.faults()[-1]["id"] == fault["id"]


def test_a_delayed_call_acts_after_its_client_left(
    client: Any, faults: Remote, shop: str
) -> None:
    """Whoever gave up waiting finds it done later."""
    faults.add("delay", on="PATCH /apps/*/config-vars", seconds=0.5)
    with pytest.raises(TimeoutError):
        path = f"/apps/{shop}/config-vars"
        call(client, "PATCH", path, {"LATE": "x"}, patience=0.1)
    assert "LATE" not in config(client, shop)
    client.until(lambda: config(client, shop).get("LATE"))


def test_a_reset_before_the_effect_leaves_no_release(
    client: Any, faults: Remote, shop: str
) -> None:
    """The client cannot know; the platform has nothing."""
    before, current = versions(client, shop), client.current(shop)
    faults.add("reset-before", on="POST /apps/*/releases")
    with pytest.raises(ConnectionError) as caught:
        path, body = f"/apps/{shop}/releases", {"slug": current["slug"]["id"]}
        call(client, "POST", path, body)
    assert caught.value.errno == errno.ECONNRESET
    assert versions(client, shop) == before


# After the effect


def test_a_reset_after_the_effect_leaves_a_release(
    client: Any, faults: Remote, shop: str
) -> None:
    """The client sees the same as without the effect, and there is one release more."""
    before, current = versions(client, shop), client.current(shop)
    fault = faults.add("reset-after", on="POST /apps/*/releases")
    path, body = f"/apps/{shop}/releases", {"slug": current["slug"]["id"]}
    assert client.ask("POST", path, {"slug": "nothing"}).status_code == 404
    with pytest.raises(ConnectionError) as caught:
        call(client, "POST", path, body)
    assert caught.value.errno == errno.ECONNRESET
    assert versions(client, shop) == [*before, before[-1] + 1]
    (told,) = faults.faults()
    assert (told["id"], told["struck"], told["spent"]) == (fault["id"], 1, True)
    assert told["last"].endswith(f"POST {path}")


def test_a_gateway_fails_after_the_effect(
    client: Any, faults: Remote, shop: str
) -> None:
    """502 as HTML, and yet it is done."""
    faults.add("502-after", on="PATCH /apps/*/config-vars")
    answer = client.ask("PATCH", f"/apps/{shop}/config-vars", {"DONE": "502"})
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")
    assert config(client, shop)["DONE"] == "502"


def test_half_a_body_is_half_a_body(client: Any, faults: Remote, shop: str) -> None:
    """Less than was announced, and no more comes; the effect is there."""
    faults.add("half-body", on="PATCH /apps/*/config-vars")
    answer = call(client, "PATCH", f"/apps/{shop}/config-vars", {"HALF": "x"})
    assert answer.status == 200
    with pytest.raises(IncompleteRead) as caught:
        answer.read()
    whole = len(caught.value.partial) + (caught.value.expected or 0)
    assert len(caught.value.partial) == whole // 2
    assert config(client, shop)["HALF"] == "x"


def test_a_slow_body_is_whole_in_the_end(client: Any, faults: Remote) -> None:
    """It comes by a few bytes."""
    faults.add("slow-body", on="GET /account", seconds=0.002)
    answer = call(client, "GET", "/account")
    first = answer.read1(10_000)
    whole = first + answer.read()
    assert len(first) < len(whole)
    assert json.loads(whole) == client.do("GET", "/account")


# Builds, releases, promotions


def test_a_build_fails(client: Any, faults: Remote, shop: str) -> None:
    """With the reason in its output, and without a release."""
    before = versions(client, shop)
    faults.add("build-fail", app=shop)
    build = client.build(shop, client.pack(client.files()))
    assert build["status"] == "failed"
    assert "by request" in client.output(build)
    assert versions(client, shop) == before


def test_a_release_command_fails(client: Any, faults: Remote) -> None:
    """The release before stays current; the next one is spared."""
    app = client.app()
    first = client.deploy(app, client.files(release="echo migrated"))
    faults.add("release-fail", app=app)
    path, body = f"/apps/{app}/releases", {"slug": first["slug"]["id"]}
    failed = client.settled(app, client.do("POST", path, body)["id"])
    assert failed["status"] == "failed"
    assert "by request" in client.output(failed)
    assert client.current(app)["id"] == first["id"]
    assert client.settled(app, client.do("POST", path, body)["id"])["current"]


@pytest.fixture(scope="module")
def pipeline(client: Any, shop: str) -> tuple[str, dict[str, Any]]:
    """A production app beside the shop, and what to ask to promote to it."""
    ids = {n: client.do("GET", f"/apps/{n}")["id"] for n in (shop, client.app())}
    (staging, production) = ids.values()
    id = client.do("POST", "/pipelines", {"name": "shop"})["id"]
    for app, stage in ((staging, "staging"), (production, "production")):
        body = {"app": app, "pipeline": id, "stage": stage}
        client.do("POST", "/pipeline-couplings", body)
    order = {
        "pipeline": {"id": id},
        "source": {"app": {"id": staging}},
        "targets": [{"app": {"id": production}}],
    }
    return list(ids)[1], order


def promoted(client: Any, order: dict[str, Any]) -> dict[str, Any]:
    """A promotion's one target, once it has settled."""
    id = client.do("POST", "/pipeline-promotions", order)["id"]
    path = f"/pipeline-promotions/{id}/promotion-targets"
    found: dict[str, Any] = client.until(
        lambda: (t := client.do("GET", path)[0])["status"] != "pending" and t
    )
    return found


def test_a_promotion_comes_late(
    client: Any, faults: Remote, pipeline: tuple[str, dict[str, Any]]
) -> None:
    """Not before the time asked for, and then it succeeds."""
    production, order = pipeline
    faults.add("promotion-delay", app=production, seconds=0.7)
    began = time.monotonic()
    target = promoted(client, order)
    assert target["status"] == "succeeded"
    assert time.monotonic() - began >= 0.7


def test_a_promotion_fails(
    client: Any, faults: Remote, pipeline: tuple[str, dict[str, Any]]
) -> None:
    """It is completed, its target failed, and production has no release of it."""
    production, order = pipeline
    before = versions(client, production)
    faults.add("promotion-fail", app=production)
    target = promoted(client, order)
    assert (target["status"], target["release"]) == ("failed", None)
    assert "by request" in target["error_message"]
    assert versions(client, production) == before


# Dynos and the router


def test_a_dyno_is_killed_as_often_as_asked(client: Any, faults: Remote) -> None:
    """The one that is up now, and again when it comes up; then it is spared."""
    app = client.app()
    client.deploy(app)
    old = client.web(app, "up")["id"]
    faults.add("dyno-kill", app=app, on="web.1", times=2)
    client.until(lambda: faults.faults()[0]["spent"])
    assert client.web(app, "crashed")["id"] != old
    log = client.log(app, dyno="web.1")
    assert log.count("Process exited with status 137") == 2
    client.ask("DELETE", f"/apps/{app}/dynos")
    client.web(app, "up")


def test_what_is_cleared_strikes_no_more(
    client: Any, faults: Remote, shop: str
) -> None:
    """Neither a dyno whose time has not come, nor a request that is being delayed."""
    dyno = client.web(shop, "up")["id"]
    faults.add("dyno-kill", app=shop, on="web.1", seconds=1.0)
    faults.add("delay", on="GET /account", seconds=600)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.do, "GET", "/account")
        client.until(lambda: all(fault["spent"] for fault in faults.faults()))
        faults.clear()
        assert waiting.result(timeout=20)["email"]
    faults.add("delay", on="GET /account", seconds=1.5)
    client.do("GET", "/account")  # so the dyno's time has passed
    assert client.web(shop, "up")["id"] == dyno


def test_a_dyno_refuses_connections(client: Any, faults: Remote, shop: str) -> None:
    """The router tells it as Heroku's does, and only where it was asked for."""
    faults.add("dyno-refuse", app=shop, on="GET /orders")
    assert client.get(shop).status_code == 200
    answer = client.get(shop, "orders")
    assert answer.status_code == 503
    log = client.log(shop, dyno="router")
    assert "code=H21" in next(x for x in log.splitlines() if 'path="/orders"' in x)


def test_a_dyno_answers_by_a_few_bytes(client: Any, faults: Remote, shop: str) -> None:
    """All of it, in the end."""
    faults.add("dyno-trickle", app=shop, seconds=0.0005)
    with requests.get(client.url(shop), stream=True, timeout=20) as answer:
        first = answer.raw.read1(100_000)
        whole = first + answer.raw.read()
    assert len(first) < len(whole)
    assert "env" in json.loads(whole)


def test_the_router_fails(client: Any, faults: Remote, shop: str) -> None:
    """H99, which is the platform's own."""
    faults.add("H99", app=shop)
    assert client.get(shop, "broken-platform").status_code == 503
    log = client.log(shop, dyno="router")
    line = next(x for x in log.splitlines() if 'path="/broken-platform"' in x)
    assert 'code=H99 desc="Platform error"' in line
    assert client.get(shop).status_code == 200


# Logs


@pytest.fixture
def tail(client: Any, shop: str) -> Iterator[Callable[[], str]]:
    """Follows the shop's log; each call waits for the next line."""
    body = {"lines": 0, "tail": True}
    url = client.do("POST", f"/apps/{shop}/log-sessions", body)["logplex_url"]
    with requests.get(url, stream=True, timeout=20) as answer:
        lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        yield lambda: str(next(lines))


def test_lines_of_a_tail_are_lost_and_counted(
    client: Any, faults: Remote, shop: str, tail: Callable[[], str]
) -> None:
    """The tail is told how many, before the line that comes next; the log has all."""
    faults.add("log-lose", app=shop, times=3)
    for number in range(3):
        client.get(shop, f"number-{number}")
    lost = 0
    while "Error L11" in (line := tail()):
        lost += int(line.partition("dropped ")[2].split()[0])
    assert lost == 3
    assert 'path="/number-0"' in client.log(shop)


def test_a_tail_is_cut(
    client: Any, faults: Remote, shop: str, tail: Callable[[], str]
) -> None:
    """Not ended: it breaks off, and a new one goes on."""
    faults.add("log-drop", app=shop)
    client.get(shop, "cut")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        tail()
    assert 'path="/cut"' in client.log(shop)


# Asking for them


def test_what_struck_is_told(client: Any, faults: Remote) -> None:
    """By the platform's status, and one line in its log for each time."""
    fault = faults.add("503", on="GET /account", times=0, probability=0.5, seed=7)
    hit = sum(client.ask("GET", "/account").status_code == 503 for _ in range(20))
    status = faults.status()
    assert [(f["id"], f["struck"]) for f in status["faults"]] == [(fault["id"], hit)]
    assert status["timers"]["boot"] < 60
    assert status["api_url"] == client.platform.api_url
    log = (client.platform.home / "platform.log").read_text()
    assert log.count(f"fault {fault['id']} (503) strikes GET /account") == hit
    assert 0 < hit < 20


def test_the_calls_that_clear_faults_are_never_struck(
    client: Any, faults: Remote
) -> None:
    """Nor do they cost a token; the platform counts as running all the while."""
    faults.add("hang", times=0)
    faults.add("429", times=0)
    assert control.status(client.platform.home) == client.platform
    before = client.ask("GET", "/local/faults").headers["RateLimit-Remaining"]
    for _ in range(5):
        left = client.ask("GET", "/local/status").headers["RateLimit-Remaining"]
    assert int(left) >= int(before)
    assert len(faults.clear()) == 2
    assert faults.clear() == []
    assert client.ask("GET", "/account").status_code == 200


def test_one_fault_is_taken_back(client: Any, faults: Remote) -> None:
    """By its id; the others stay."""
    first, second = (faults.add("503", on="GET /account") for _ in range(2))
    assert faults.clear(first["id"]) == [first]
    assert faults.faults() == [second]
    with pytest.raises(UsageProblem, match="find that fault"):
        faults.clear(first["id"])


@pytest.mark.parametrize(
    ("kind", "order", "told"),
    [
        ("404", {}, "kind must be one of 429, 500"),
        ("503", {"time": 3}, "known are kind, app, on, times"),
        ("503", {"times": -1}, "times must be a whole number from 0"),
        ("503", {"times": True}, "times must be a whole number"),
        ("503", {"times": 10**400}, "times must be a whole number from 0"),
        ("503", {"probability": 1.5}, "probability must be a number from 0 to 1"),
        ("503", {"seconds": 3}, "seconds play no part in 503"),
        ("hang", {"seconds": 3}, "seconds play no part in hang"),
        ("delay", {"seconds": -1}, "seconds must be a number from 0 to 3600"),
        ("503", {"on": "releases"}, 'like "POST /apps/*/releases"'),
        ("503", {"on": "GET /pipelines?x=1"}, "without query"),
        ("503", {"app": "nobody"}, "503 strikes requests: say on"),
        ("dyno-kill", {"app": "nobody"}, "There is no app 'nobody'; there is: app-"),
        ("dyno-kill", {"on": "GET /"}, "on must be a dyno's name"),
        ("build-fail", {"on": "GET /"}, "build-fail strikes apps"),
        ("H99", {"app": "a b*"}, "app must be an app's name"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_words(
    client: Any, faults: Remote, kind: str, order: dict[str, Any], told: str
) -> None:
    """422, with what is allowed instead; nothing is kept."""
    answer = client.ask("POST", "/local/faults", {"kind": kind, **order})
    assert (answer.status_code, answer.json()["id"]) == (422, "invalid_params")
    assert told in answer.json()["message"]
    assert faults.faults() == []


def test_the_advice_is_about_what_was_refused(platform: LocalPlatform) -> None:
    """Not about faults where nobody spoke of them."""
    stranger = Remote(replace(platform, token="not-of-here"))
    with pytest.raises(UsageProblem) as refused:
        stranger.status()
    assert "fault" not in str(refused.value.advice)
    with pytest.raises(UsageProblem) as refused:
        stranger.faults()
    assert "local fault --help" in str(refused.value.advice)


def test_nobody_else_can_ask_for_faults(client: Any) -> None:
    """The token is needed, and the platform's own name."""
    url = f"{client.platform.api_url}/local/faults"
    accept = {"Accept": "application/vnd.heroku+json; version=3"}
    assert requests.get(url, headers=accept, timeout=20).status_code == 401
    answer = client.ask("GET", "/local/faults", headers={"Host": "evil.example"})
    assert answer.status_code == 421


def test_an_app_is_known_by_its_id_too(client: Any, faults: Remote, shop: str) -> None:
    """And told by its name."""
    id = client.do("GET", f"/apps/{shop}")["id"]
    assert faults.add("H99", app=id)["app"] == shop


def test_a_restart_clears_all_faults(home: Path) -> None:
    """They are a rehearsal's, not the state's."""
    Remote(control.up(home)).add("503", times=0)
    control.down(home)
    assert Remote(control.up(home)).faults() == []
