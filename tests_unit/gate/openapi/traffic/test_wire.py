"""Requests on the wire: styles, percent-encoding, bodies, and what cannot be sent."""

from typing import Any

import pytest

from gate.openapi import Document, Request
from gate.openapi.traffic.wire import Unwritable, Wire, written
from tests_unit.gate.fakes.api import STR, asked, operation, parameter, sent

Json = Any
LIST, PAIR = ["a/b", "c"], {"r": 1, "g": True}


def in_query(value: Json, **members: Json) -> str:
    request = Request("GET", "/a", query={"q": value})
    declared = asked(parameter(schema={}, **members))
    return written(declared, "GET /a", request).path.removeprefix("/a?")


def in_path(value: Json, **members: Json) -> str:
    declared = parameter("path", {}, required=True, **members)
    request = Request("GET", "/a/{q}", in_path={"q": value})
    return written(asked(declared, path="/a/{q}"), "GET /a/{q}", request).path


QUERY: list[tuple[Json, Json, str]] = [
    ({}, "a b&é", "q=a%20b%26%C3%A9"),
    ({}, "", "q="),
    ({}, True, "q=true"),
    ({}, LIST, "q=a%2Fb&q=c"),
    ({}, PAIR, "r=1&g=true"),
    ({"explode": False}, LIST, "q=a%2Fb,c"),
    ({"explode": False}, PAIR, "q=r,1,g,true"),
    ({"style": "spaceDelimited", "explode": False}, LIST, "q=a%2Fb%20c"),
    ({"style": "pipeDelimited", "explode": False}, LIST, "q=a%2Fb%7Cc"),
    ({"style": "deepObject", "explode": True}, PAIR, "q%5Br%5D=1&q%5Bg%5D=true"),
    ({"allowReserved": True}, "a/b?c&d", "q=a/b?c%26d"),
    (
        {"content": {"application/json": {}}},
        PAIR,
        "q=%7B%22r%22%3A1%2C%22g%22%3Atrue%7D",
    ),
]
PATH: list[tuple[Json, Json, str]] = [
    ({}, "a/b", "/a/a%2Fb"),
    ({}, LIST, "/a/a%2Fb,c"),
    ({}, PAIR, "/a/r,1,g,true"),
    ({"explode": True}, PAIR, "/a/r=1,g=true"),
    ({"style": "label"}, LIST, "/a/.a%2Fb,c"),
    ({"style": "label", "explode": True}, PAIR, "/a/.r=1.g=true"),
    ({"style": "matrix"}, 5, "/a/;q=5"),
    ({"style": "matrix", "explode": True}, LIST, "/a/;q=a%2Fb;q=c"),
    ({"style": "matrix"}, PAIR, "/a/;q=r,1,g,true"),
]


@pytest.mark.parametrize(("members", "value", "text"), QUERY)
def test_queries(members: Json, value: Json, text: str) -> None:
    """A query parameter is written in its style."""
    assert in_query(value, **members) == text


@pytest.mark.parametrize(("members", "value", "text"), PATH)
def test_paths(members: Json, value: Json, text: str) -> None:
    """A path parameter is written in its style and percent-encoded."""
    assert in_path(value, **members) == text


@pytest.mark.parametrize("value", ["", None, [], {}, ".", "..", [{"a": 1}], "\ud800"])
def test_what_no_path_can_hold(value: Json) -> None:
    """Nothing is sent where a client or server would read another path."""
    with pytest.raises(Unwritable):
        in_path(value)


def test_headers_and_cookies() -> None:
    """They are written with the body's content type beside them."""
    request = Request(
        "POST",
        "/a",
        headers={"X-A": [1, 2]},
        cookies={"s": "x", "t": 1},
        media="application/json",
        body={"é": None},
    )
    assert written(sent({}), "POST /a", request) == Wire(
        "POST",
        "/a",
        {"X-A": "1,2", "Cookie": "s=x; t=1", "Content-Type": "application/json"},
        b'{"\\u00e9":null}',
    )


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "/a", headers={"X-A": "a\nb"}),
        Request("POST", "/a", headers={"X-A": " a"}),
        Request("POST", "/a", cookies={"s": "a;b"}),
        Request("POST", "/a", media="application/xml", body="a"),
        Request("POST", "/a", media="text/plain", body={"a": 1}),
        Request("POST", "/a", media="multipart/form-data", body="a"),
        Request("POST", "/a", query={"q": {"a": {"b": 1}}}),
    ],
)
def test_what_cannot_be_written_is_said(request_: Request) -> None:
    """A request that would arrive as another one is refused with a sentence."""
    with pytest.raises(Unwritable, match=r"\w"):
        written(operation(), "POST /a", request_)


def form(media: str, body: Json, **entry: Json) -> Wire:
    request = Request("POST", "/a", media=media, body=body)
    return written(sent({}, media, **entry), "POST /a", request)


def test_forms() -> None:
    """A form has one pair for each value, in the style of its encoding."""
    media = "application/x-www-form-urlencoded"
    body = {"a": "x y", "b": [1, 2], "c": {"d": 1}, "e": None}
    assert form(media, body).body == b"a=x%20y&b=1&b=2&c=%7B%22d%22%3A%201%7D"
    encoding = {"b": {"style": "form", "explode": False}}
    assert form(media, {"b": [1, 2]}, encoding=encoding).body == b"b=1,2"


def test_multipart() -> None:
    """A multipart form has one part for each value, and a boundary of its own."""
    media = "multipart/form-data"
    encoding = {"a": {"contentType": "image/png"}}
    found = form(media, {"a": "x", "b": {"c": 1}, "d": [1, 2]}, encoding=encoding)
    assert found.headers == {
        "Content-Type": "multipart/form-data; boundary=part-of-form-0"
    }
    assert found.body.decode().split("\r\n") == [
        "--part-of-form-0",
        'Content-Disposition: form-data; name="a"; filename="file"',
        "Content-Type: image/png",
        "",
        "x",
        "--part-of-form-0",
        'Content-Disposition: form-data; name="b"',
        "Content-Type: application/json",
        "",
        '{"c": 1}',
        "--part-of-form-0",
        'Content-Disposition: form-data; name="d"',
        "",
        "1",
        "--part-of-form-0",
        'Content-Disposition: form-data; name="d"',
        "",
        "2",
        "--part-of-form-0--",
        "",
    ]
    assert b"part-of-form-1" in form(media, {"a": "part-of-form-0"}).body


def test_an_operation_that_is_not_there() -> None:
    """It cannot be written, and that is said; another parameter name is no matter."""
    declared: Document = asked(parameter("path", STR, required=True), path="/a/{q}")
    request = Request("GET", "/a/{id}", in_path={"id": "x"})
    assert written(declared, "GET /a/{id}", request).path == "/a/x"
    with pytest.raises(Unwritable, match="PUT /a is not in the document"):
        written(declared, "PUT /a", request)
