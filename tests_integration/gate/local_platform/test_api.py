"""The API's manners: tokens, versions, names, pages, errors."""

from typing import Any

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
        ("application/vnd.heroku+json; version=2", 406),
        ("*/*", 406),
    ],
)
def test_only_version_three_exists(client: Any, accept: str, status: int) -> None:
    """With any variant that real clients send; 406 for anything else."""
    answer = client.ask("GET", "/apps", headers={"Accept": accept})
    assert answer.status_code == status


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


@pytest.mark.parametrize("wanted", ["colour ..", "version ..; max=0", "version x.."])
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
    ]
    for method, path in paths:
        for body in WEIRD:
            answer = client.ask(method, path, body)
            assert answer.status_code < 500, (method, path, body, answer.text)
            assert answer.headers["Request-Id"]
            if answer.status_code >= 400:
                assert set(answer.json()) >= {"id", "message"}
