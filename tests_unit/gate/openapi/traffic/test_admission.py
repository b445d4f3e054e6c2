"""Whether one request or answer is what a document allows."""

from typing import Any

import pytest

from gate.openapi import Document, Request
from gate.openapi.traffic.admission import Admission
from tests_unit.gate.fakes.api import (
    INT,
    STR,
    answered,
    asked,
    content,
    document,
    fields,
    operation,
    parameter,
    sent,
    statuses,
)

Json = Any
GET = Request("GET", "/a")
LOST = {"$ref": "#/nowhere"}


def posted(body: Json, media: str = "application/json") -> Request:
    return Request("POST", "/a", media=media, body=body)


REQUESTS: list[tuple[Document, Request, bool | None]] = [
    (asked(), GET, False),
    (asked(), Request("PUT", "/a"), True),
    (asked(), Request("GET", "/a", query={"unknown": 1}), False),
    (asked(parameter(required=True)), GET, True),
    (asked(parameter(schema=INT)), Request("GET", "/a", query={"q": "12"}), False),
    (asked(parameter(schema=INT)), Request("GET", "/a", query={"q": "x"}), True),
    (asked(parameter()), Request("GET", "/a", query={"q": 12}), False),
    (
        asked(parameter("header", INT, required=True)),
        Request("GET", "/a", headers={"Q": "1"}),
        False,
    ),
    (asked(parameter(schema=LOST)), Request("GET", "/a", query={"q": "x"}), None),
    (
        asked(parameter("path", INT, required=True), path="/a/{q}"),
        Request("GET", "/a/{id}", in_path={"id": "x"}),
        True,
    ),
    (sent(fields("a", a=STR)), posted({"a": "x"}), False),
    (sent(fields("a", a=STR)), posted({}), True),
    (sent(STR), Request("POST", "/a"), True),
    (sent(STR, required=False), Request("POST", "/a"), False),
    (sent(STR), posted("a", "text/csv"), True),
    (sent(STR), posted("a", "Application/JSON; charset=utf-8"), False),
    (
        sent(fields(a=INT), "multipart/form-data"),
        posted({"a": "1"}, "multipart/form-data"),
        False,
    ),
    (operation(requestBody=LOST), posted(1), None),
]


@pytest.mark.parametrize(("side", "request_", "refused"), REQUESTS)
def test_requests(side: Document, request_: Request, refused: bool | None) -> None:
    """Refused, not refused, or not to be told."""
    name = f"{request_.method} {request_.path}"
    assert Admission(side).refuses_request(name, request_) is refused


JSON = "application/json"
ANSWERS: list[tuple[Document, tuple[Json, ...], bool | None]] = [
    (answered(INT), (200, JSON, 1), True),
    (answered(INT), (200, JSON, "x"), False),
    (answered(INT), (200, "text/html", "x"), False),
    (answered(INT), (404, JSON, 1), False),
    (statuses(s2XX=INT, default=STR), (204, JSON, 1), True),
    (statuses(s2XX=INT, default=STR), (404, JSON, 1), False),
    (operation(), (204,), True),
    (operation(), (204, JSON, 1), None),
    (answered(LOST), (200, JSON, 1), None),
    (operation(responses={"200": LOST}), (200,), None),
    (
        answered(INT, headers={"A": {"required": True, "schema": INT}}),
        (200, JSON, 1, {}),
        False,
    ),
    (
        answered(INT, headers={"A": {"required": True, "schema": INT}}),
        (200, JSON, 1, {"a": "7"}),
        True,
    ),
]


@pytest.mark.parametrize(("side", "answer", "allowed"), ANSWERS)
def test_answers(side: Document, answer: Json, allowed: bool | None) -> None:
    """Allowed, not allowed, or not to be told."""
    assert Admission(side).allows_answer("POST /a", *answer) is allowed


def test_violations_name_the_keyword_where_it_is_written() -> None:
    """In a shared component, in the nearest branch, or where a status is missing."""
    pet = {"anyOf": [STR, fields("name", name={**STR, "maxLength": 3})]}
    page = fields(
        "pets", pets={"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    )
    told = {"200": {"description": "", "content": content(page)}}
    side = document(
        paths={"/a": {"get": {"responses": told}}}, components={"schemas": {"Pet": pet}}
    )
    found = Admission(side)

    def violations(status: int, media: str, body: Json) -> tuple[str, ...]:
        return found.violations("GET /a", status, media, body)

    assert violations(200, JSON, {"pets": [{"name": "Bo"}]}) == ()
    assert violations(200, JSON, {"pets": [{"name": "Fido"}]}) == (
        "/components/schemas/Pet/anyOf",
        "/components/schemas/Pet/anyOf/1/properties/name/maxLength",
    )
    schema = "/paths/~1a/get/responses/200/content/application~1json/schema"
    assert violations(200, JSON, {}) == (schema + "/required",)
    assert violations(500, JSON, {}) == ("/paths/~1a/get/responses",)
    assert violations(200, "text/csv", "") == ("/paths/~1a/get/responses/200/content",)
    assert found.violations("GET /b", 200, JSON, {}) == ()
