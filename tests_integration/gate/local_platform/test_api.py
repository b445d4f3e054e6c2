"""The API's manners: tokens, versions, names, pages, errors."""

import json
import socket
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import requests

VERSION = "application/vnd.heroku+json; version=3"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer undefined"}, 401),
        ({"Authorization": "Basic !!!"}, 401),
        ({"Authorization": "Digest x"}, 401),
    ],
)
def test_without_the_token_nothing_is_answered(
    client: Any, headers: dict[str, str], status: int
) -> None:
    """Missing and wrong credentials get 401 and a Request-Id to ask about."""
    url = f"{client.platform.api_url}/apps"
    answer = requests.get(url, headers={"Accept": VERSION} | headers, timeout=20)
    assert answer.status_code == status
    assert answer.json()["id"] == "unauthorized"
    assert answer.headers["Request-Id"]
    assert int(answer.headers["RateLimit-Remaining"]) > 0


def test_the_token_is_accepted_as_a_basic_password(client: Any) -> None:
    """Older command lines send it so, with an empty user name."""
    url = f"{client.platform.api_url}/account"
    auth = ("", client.platform.token)
    answer = requests.get(url, auth=auth, headers={"Accept": VERSION}, timeout=20)
    assert answer.status_code == 200


def test_the_token_counts_for_nothing_in_the_address(client: Any) -> None:
    """Addresses end up in logs."""
    url = f"{client.platform.api_url}/apps?token={client.platform.token}"
    assert requests.get(url, headers={"Accept": VERSION}, timeout=20).status_code == 401


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (VERSION, 200),
        (f"{VERSION}.sdk", 200),
        (f"{VERSION}.cedar-acm", 200),
        (f"text/html, {VERSION}.pipelines", 200),
        (f"{VERSION}; q=0.9", 200),
        ("application/vnd.heroku+json; version=2", 406),
        ("*/*", 406),
    ],
)
def test_only_version_three_exists(client: Any, accept: str, status: int) -> None:
    """With any variant that real clients send; 406 for anything else."""
    answer = client.ask("GET", "/apps", headers={"Accept": accept})
    assert answer.status_code == status


def test_the_list_of_all_earlier_request_ids_is_taken_and_not_repeated(
    client: Any,
) -> None:
    """The official command line sends seven kilobytes of it; each reply has one id."""
    ids = ",".join(str(uuid4()) for _ in range(190))
    answer = client.ask("GET", "/account", headers={"Request-Id": ids})
    assert answer.status_code == 200
    assert str(UUID(answer.headers["Request-Id"])) not in ids


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("POST", "/account"), ("OPTIONS", "/")]
)
def test_an_endpoint_that_does_not_exist_is_told_from_a_thing_that_does_not(
    client: Any, method: str, path: str
) -> None:
    """404 in Heroku's words, for a wrong method as well, and of no resource."""
    answer = client.ask(method, path)
    assert (answer.status_code, answer.json()["id"]) == (404, "not_found")
    assert "right HTTP verb" in answer.json()["message"]
    assert "resource" not in answer.json()


def test_an_account_has_no_features_of_its_own(client: Any) -> None:
    """Clients then ask the app for the feature."""
    assert client.do("GET", "/account/features") == []
    answer = client.ask("GET", "/account/features/preboot")
    assert (answer.status_code, answer.json()["id"]) == (404, "not_found")


def test_an_app_has_what_clients_show_of_it(client: Any) -> None:
    """Also what is not in the schema; maintenance mode is a field of it."""
    name = client.app()
    app = client.do("GET", f"/apps/{name}")
    assert (app["create_status"], app["process_tier"]) == ("complete", "production")
    changed = client.do("PATCH", f"/apps/{name}", {"maintenance": True})
    assert changed["maintenance"]
    assert client.do("GET", f"/apps/{app['id']}") == changed
    assert client.do("GET", f"/apps/{name}/addons") is not None
    assert client.do("GET", f"/apps/{name}/collaborators") == []
    assert app["id"] in [one["id"] for one in client.do("GET", "/apps")]
    filtered = client.do("POST", "/filters/apps", {"in": {"id": [app["id"]]}})
    assert filtered == [changed]
    assert client.do("DELETE", f"/apps/{name}")["id"] == app["id"]
    assert client.ask("GET", f"/apps/{name}").status_code == 404


def test_what_an_app_has_is_listed_and_found_by_name_or_id(client: Any) -> None:
    """Its process types and its features."""
    app = client.app()
    assert client.do("GET", f"/apps/{app}/formation") == []
    client.deploy(app)
    for kind, name in (("formation", "web"), ("features", "preboot")):
        path = f"/apps/{app}/{kind}"
        one = client.do("GET", f"{path}/{name}")
        assert one in client.do("GET", path)
        assert client.do("GET", f"{path}/{one['id']}") == one


def test_the_account_is_found_by_any_of_its_names(client: Any) -> None:
    """And owns all apps; another account is none that one could see."""
    account = client.do("GET", "/account")
    for name in ("~", account["id"], account["email"]):
        assert client.do("GET", f"/users/{name}") == account
        assert client.do("GET", f"/users/{name}/apps") == client.do("GET", "/apps")
    assert client.ask("GET", "/users/somebody").status_code == 404


def test_asking_how_many_requests_are_left_is_free(client: Any) -> None:
    """The header and the body of the answer say the same."""
    answer = client.ask("GET", "/account/rate-limits")
    left = int(answer.headers["RateLimit-Remaining"])
    assert 0 < answer.json()["remaining"] <= left


def test_there_is_one_region_and_one_stack(client: Any) -> None:
    """What cannot be had is refused, not ignored."""
    assert client.ask("POST", "/apps", {"region": "us"}).status_code == 201
    for body in ({"region": "eu"}, {"stack": "container"}):
        assert client.ask("POST", "/apps", body).status_code == 422
    name = client.app()
    other = client.ask("PATCH", f"/apps/{name}", {"build_stack": "container"})
    assert other.status_code == 422


def test_a_source_can_be_asked_for_in_the_old_way(client: Any) -> None:
    """Below an app, which must exist."""
    assert client.do("POST", f"/apps/{client.app()}/sources")["source_blob"]["put_url"]
    assert client.ask("POST", "/apps/nobody/sources").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_web_pages_cannot_reach_the_api(client: Any, headers: dict[str, str]) -> None:
    """Neither through a rebound name nor from another site, even with the token."""
    assert client.ask("GET", "/apps", headers=headers).status_code in (403, 421)


def test_a_foreign_host_is_not_served_by_the_router(client: Any) -> None:
    """The router answers to its own names only."""
    url = client.url(client.app())
    answer = requests.get(url, headers={"Host": "evil.example"}, timeout=20)
    assert answer.status_code == 421


def test_unknown_things_are_named(client: Any) -> None:
    """404 says what kind of thing is missing."""
    answer = client.ask("GET", "/apps/nobody")
    assert answer.status_code == 404
    assert answer.json() == {
        "id": "not_found",
        "message": "Couldn't find that app.",
        "resource": "app",
    }


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"name": "X"}, 422, "invalid_params"),
        ({"name": 7}, 422, "invalid_params"),
        ([], 400, "bad_request"),
        ({"name": "x" * 2**20}, 413, "too_large"),
    ],
)
def test_wrong_parameters_are_refused(
    client: Any, body: Any, status: int, error: str
) -> None:
    """With the documented error ids."""
    answer = client.ask("POST", "/apps", body)
    assert (answer.status_code, answer.json()["id"]) == (status, error)


def test_long_lists_come_in_pages(client: Any) -> None:
    """206 and a Next-Range until the last page, newest first if asked."""
    app = client.app()
    for number in range(5):
        client.do("PATCH", f"/apps/{app}/config-vars", {"N": str(number)})
    wanted = "version ..; order=desc,max=3"
    versions: list[int] = []
    statuses = []
    while wanted:
        answer = client.ask("GET", f"/apps/{app}/releases", headers={"Range": wanted})
        statuses.append(answer.status_code)
        versions += [release["version"] for release in answer.json()]
        wanted = answer.headers.get("Next-Range", "")
    assert versions == [7, 6, 5, 4, 3, 2, 1]
    assert statuses == [206, 206, 200]


@pytest.mark.parametrize(
    "wanted",
    [
        "colour ..",
        "version ..; max=0",
        "version x..",
        f"version {'9' * 5000}..",
        f"version ..; max={'9' * 5000}",
    ],
)
def test_ranges_that_mean_nothing_are_refused(client: Any, wanted: str) -> None:
    """416, as documented."""
    app = client.app()
    answer = client.ask("GET", f"/apps/{app}/releases", headers={"Range": wanted})
    assert answer.status_code == 416


def test_signed_addresses_cannot_be_altered(client: Any) -> None:
    """Where one may read, one may not write, nor read another thing."""
    urls = client.do("POST", "/sources")["source_blob"]
    other = client.do("POST", "/sources")["source_blob"]
    assert requests.put(urls["get_url"], data=b"x", timeout=20).status_code == 403
    path = other["put_url"].partition("?")[0]
    query = urls["put_url"].partition("?")[2]
    assert requests.put(f"{path}?{query}", data=b"x", timeout=20).status_code == 403


WEIRD: list[Any] = [
    {},
    {"A": "\ud800"},
    {"A": {"deep": [1]}},
    {"name": "\u0000", "slug": 1, "stage": [], "command": "", "enabled": "x"},
    {"source_blob": [], "updates": [7], "in": {"id": {}}, "process_types": {"": 1}},
    {"source": {"app": 1}, "pipeline": {"id": 3}, "targets": {}, "quantity": -1},
    {"source_blob": {"url": "http://[x"}},
    {"kind": "503", "times": 10**400},
]


def test_no_request_is_answered_by_a_fault(client: Any) -> None:
    """Whatever is sent where, it is refused in words, and the platform goes on."""
    app = client.app()
    client.deploy(app)
    paths = [
        ("POST", "/apps"),
        ("PATCH", f"/apps/{app}/config-vars"),
        ("PATCH", f"/apps/{app}/formation"),
        ("PATCH", f"/apps/{app}/formation/web"),
        ("PATCH", f"/apps/{app}/features/preboot"),
        ("POST", f"/apps/{app}/builds"),
        ("POST", f"/apps/{app}/slugs"),
        ("POST", f"/apps/{app}/releases"),
        ("POST", f"/apps/{app}/dynos"),
        ("POST", f"/apps/{app}/log-sessions"),
        ("POST", "/pipelines"),
        ("POST", "/pipeline-couplings"),
        ("POST", "/pipeline-promotions"),
        ("POST", "/filters/apps"),
        ("DELETE", "/pipelines/none"),
        ("PUT", "/blobs/none?expires=x"),
        ("GET", f"/apps/{app}/releases/%00"),
        ("GET", "/logs/none"),
        ("GET", f"/logs/x?expires={'9' * 5_000}"),
        ("GET", f"/outputs/x?expires={'9' * 5_000}"),
        ("GET", f"/blobs/x?expires={'9' * 5_000}"),
        ("POST", "/local/faults"),
    ]
    for method, path in paths:
        for body in WEIRD:
            answer = client.ask(method, path, body)
            assert answer.status_code < 500, (method, path, body, answer.text)
            assert answer.headers["Request-Id"]
            if answer.status_code >= 400:
                assert set(answer.json()) >= {"id", "message"}
    ended = client.do("GET", f"/apps/{app}/builds")[0]["output_stream_url"]
    resumed = {"Accept": "text/event-stream", "Last-Event-ID": "9" * 5_000}
    assert requests.get(ended, headers=resumed, timeout=20).status_code == 200


def test_what_is_no_request_is_refused_in_the_same_words(client: Any) -> None:
    """400 with a Request-Id to ask about, and what is left of the rate limit."""
    url = urlsplit(client.platform.api_url)
    with socket.create_connection((url.hostname, url.port), timeout=20) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n")
        answer = HTTPResponse(sock)
        answer.begin()
        assert (answer.status, json.load(answer)["id"]) == (400, "bad_request")
        assert UUID(answer.headers["Request-Id"])
        assert int(answer.headers["RateLimit-Remaining"]) > 0
