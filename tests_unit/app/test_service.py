"""Identity, liveness, errors and the OpenAPI document of both components."""

import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import orders, pricing, service


@pytest.fixture
def fresh() -> Flask:
    """A service without any part of its own."""
    return service.create("fresh")


def test_root_and_every_response_tell_release_and_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Heroku's dyno metadata appears in `/` and in two headers, on errors too."""
    monkeypatch.setenv("HEROKU_RELEASE_VERSION", "v12")
    monkeypatch.setenv("HEROKU_SLUG_COMMIT", "abc")
    client = service.create("fresh").test_client()
    root = client.get("/")
    assert root.json == {"name": "fresh", "release": "v12", "commit": "abc"}
    for response in (root, client.get("/nowhere"), client.post("/livez")):
        assert response.headers["X-Release"] == "v12"
        assert response.headers["X-Commit"] == "abc"


def test_the_commit_falls_back_to_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """HEROKU_BUILD_COMMIT is used where HEROKU_SLUG_COMMIT is absent."""
    monkeypatch.delenv("HEROKU_SLUG_COMMIT", raising=False)
    monkeypatch.setenv("HEROKU_BUILD_COMMIT", "def")
    client = service.create("fresh").test_client()
    assert client.get("/").headers["X-Commit"] == "def"


def test_outside_heroku_there_is_no_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without dyno metadata the headers are absent and the fields null."""
    for name in ("RELEASE_VERSION", "SLUG_COMMIT", "BUILD_COMMIT"):
        monkeypatch.delenv(f"HEROKU_{name}", raising=False)
    response = service.create("fresh").test_client().get("/")
    assert response.json == {"name": "fresh", "release": None, "commit": None}
    assert "X-Release" not in response.headers
    assert "X-Commit" not in response.headers


def test_livez_says_ok(fresh: Flask) -> None:
    """A process that is up says so."""
    assert fresh.test_client().get("/livez").json == {"status": "ok"}


def test_unknown_paths_and_methods_are_problems(fresh: Flask) -> None:
    """404 and 405 are problem documents; 405 names the allowed methods."""
    missing = fresh.test_client().get("/no where")
    assert (missing.status_code, missing.content_type) == (
        404,
        "application/problem+json",
    )
    assert missing.json is not None
    assert missing.json["type"] == "about:blank"
    refused = fresh.test_client().delete("/livez")
    assert refused.json is not None
    assert (refused.status_code, refused.json["status"]) == (405, 405)
    allowed = set(refused.headers["Allow"].split(", "))
    assert allowed == {"GET", "HEAD", "OPTIONS"}


def test_a_crash_is_a_problem_without_details(fresh: Flask) -> None:
    """An unexpected exception becomes a 500 problem that does not quote it."""

    @fresh.get("/crash")
    def crash() -> str:
        raise RuntimeError("secret")

    response = fresh.test_client().get("/crash")
    assert response.status_code == 500
    assert response.content_type == "application/problem+json"
    assert "secret" not in response.text


@pytest.mark.parametrize("create_app", [orders.create_app, pricing.create_app])
def test_the_document_is_openapi_3_1_and_always_the_same_bytes(
    create_app: Callable[[], Flask],
) -> None:
    """Two processes' worth of apps publish one and the same document."""
    first, second = (
        create_app().test_client().get("/openapi.json").data for _ in range(2)
    )
    assert first == second
    assert json.loads(first)["openapi"].startswith("3.1")


def test_every_operation_has_an_id_and_declares_only_problems_as_errors(
    client: FlaskClient,
) -> None:
    """Each error in the document is application/problem+json, each id is unique."""
    document = client.get("/openapi.json").json
    assert document is not None
    operations = [op for path in document["paths"].values() for op in path.values()]
    ids = {operation["operationId"] for operation in operations}
    assert len(ids) == len(operations) == 9
    for operation in operations:
        for status, response in operation["responses"].items():
            assert response["description"]
            kind = "application/json" if status < "4" else "application/problem+json"
            assert list(response["content"]) == [kind]
