"""Pairs of documents, read in both directions: what each way gives."""

from typing import Any

import pytest

from gate.openapi import Document, Level, compare
from tests_unit.gate.fakes.api import (
    INT,
    STR,
    asked,
    called,
    content,
    document,
    fields,
    operation,
    parameter,
    sent,
    statuses,
)

Json = Any
BREAKS, MAY, NOTICE, SAFE = Level.BREAKS, Level.MAY_BREAK, Level.NOTICE, None
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
LIST = {"type": "array", "items": STR}
PAIR = fields("a b", a=STR, b=STR)
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
OAUTH = {"type": "oauth2", "flows": {"password": {"tokenUrl": "/a", "scopes": {}}}}
HTTP = {"type": "http", "scheme": "bearer"}


def at(path: str, *parameters: Json, **members: Json) -> Document:
    own = {"parameters": list(parameters), "responses": {"204": {}}, **members}
    return document(paths={path: {"get": own}})


def shared(parameter: Json, item: Json | None = None) -> Document:
    """A parameter in components, used by the path item; `item` adds to that."""
    found = {"parameters": [{"$ref": "#/components/parameters/Q"}], **(item or {})}
    found.setdefault("get", {"responses": {"204": {}}})
    return document(
        paths={"/a": {"$ref": "#/components/pathItems/A"}},
        components={"parameters": {"Q": parameter}, "pathItems": {"A": found}},
    )


def secured(*alternatives: Json, **schemes: Json) -> Document:
    known = {"key": KEY, "o": OAUTH, "http": HTTP, **schemes}
    found: Json = {"/a": {"get": {"responses": {"204": {}}}}}
    components = {"securitySchemes": known}
    return document(paths=found, security=list(alternatives), components=components)


def served(*urls: str, path: str = "/a", **variables: Json) -> Document:
    listed = [{"url": url, "variables": variables} for url in urls]
    found = {path: {"get": {"responses": {"204": {}}}}}
    return document(paths=found, servers=listed)


def headed(name: str = "A", schema: Json = STR, **members: Json) -> Document:
    headers = {name: {"schema": schema, **members}}
    return operation(responses={"200": {"description": "", "headers": headers}})


def hook(schema: Json) -> Document:
    return called({"requestBody": {"required": True, "content": content(schema)}})


def hook_takes(schema: Json) -> Document:
    answer = {"description": "", "content": content(schema)}
    return called({"responses": {"200": answer}})


def both_media(*names: str) -> Document:
    return operation(requestBody={"content": {n: {"schema": STR} for n in names}})


def tells_media(*names: str) -> Document:
    told = {"description": "", "content": {n: {"schema": STR} for n in names}}
    return operation(responses={"200": told})


X = parameter("path", STR, required=True) | {"name": "x"}
Y = X | {"name": "y"}
OBJECT = {"deepObject": parameter(schema=PAIR, style="deepObject", explode=True)}
Row = tuple[Document, Document, Level | None, Level | None]

TABLE: dict[str, Row] = {  # old, new, the worst from old to new, and back
    "path parameter renamed": (at("/a/{x}", X), at("/a/{y}", Y), SAFE, SAFE),
    "renamed and narrowed": (
        at("/a/{x}", X),
        at("/a/{y}", Y | {"schema": INT}),
        BREAKS,
        SAFE,
    ),
    "a concrete path is another path": (at("/a/b"), at("/a/{x}", X), BREAKS, BREAKS),
    "two parameters in one segment": (
        at("/{x}.{y}", X, Y),
        at("/{y}.{x}", X, Y),
        SAFE,
        SAFE,
    ),
    "path item moved to components": (
        document(paths={"/a": {"parameters": [parameter()], "get": {"responses": {}}}}),
        shared(parameter(), {"get": {"responses": {}}}),
        SAFE,
        SAFE,
    ),
    "a shared parameter is narrowed": (
        shared(parameter()),
        shared(parameter(schema=INT)),
        BREAKS,
        SAFE,
    ),
    "the operation's parameter wins over the path's": (
        shared(parameter()),
        shared(
            parameter(schema=INT),
            {"get": {"parameters": [parameter()], "responses": {"204": {}}}},
        ),
        SAFE,
        SAFE,
    ),
    "a header's case does not matter": (
        asked(parameter("header") | {"name": "X-A"}),
        asked(parameter("header") | {"name": "x-a"}),
        SAFE,
        SAFE,
    ),
    "Authorization is no parameter": (
        asked(),
        asked(parameter("header", required=True) | {"name": "Authorization"}),
        SAFE,
        SAFE,
    ),
    "numbers are text in a query": (
        asked(parameter(schema=INT)),
        asked(parameter()),
        SAFE,
        BREAKS,
    ),
    "so are numbers beside text": (
        asked(parameter(schema={"type": ["integer", "string"]})),
        asked(parameter()),
        SAFE,
        SAFE,
    ),
    "null cannot be sent in a query": (
        asked(parameter(schema={"type": ["string", "null"]})),
        asked(parameter()),
        SAFE,
        SAFE,
    ),
    "items of lists are text": (
        asked(parameter(schema={"type": "array", "items": INT})),
        asked(parameter(schema=LIST)),
        SAFE,
        BREAKS,
    ),
    "explode is no matter to one value": (
        asked(parameter()),
        asked(parameter(explode=False)),
        SAFE,
        SAFE,
    ),
    "nor to lists in headers": (
        asked(parameter("header", LIST)),
        asked(parameter("header", LIST, explode=True)),
        SAFE,
        SAFE,
    ),
    "it is to objects in headers": (
        asked(parameter("header", PAIR)),
        asked(parameter("header", PAIR, explode=True)),
        BREAKS,
        BREAKS,
    ),
    "a matrix has a prefix": (
        at("/a/{x}", X),
        at("/a/{x}", X | {"style": "matrix"}),
        BREAKS,
        BREAKS,
    ),
    "an object in brackets": (
        asked(OBJECT["deepObject"]),
        asked(parameter(schema=PAIR)),
        BREAKS,
        BREAKS,
    ),
    "text in JSON has quotes": (
        asked(parameter()),
        asked(parameter(content=content(STR))),
        BREAKS,
        BREAKS,
    ),
    "a number in JSON has none": (
        asked(parameter(schema=INT)),
        asked(parameter(content=content(INT))),
        SAFE,
        SAFE,
    ),
    "a required parameter is now optional": (
        asked(parameter(required=True)),
        asked(parameter()),
        SAFE,
        BREAKS,
    ),
    "charset is no other format": (
        both_media("application/json"),
        both_media("application/json; charset=utf-8"),
        SAFE,
        SAFE,
    ),
    "a range takes more": (
        both_media("application/json"),
        both_media("application/*"),
        SAFE,
        BREAKS,
    ),
    "answers within a range": (
        tells_media("application/*"),
        tells_media("application/json"),
        SAFE,
        SAFE,
    ),
    "one format of two": (
        tells_media("application/json", "text/csv"),
        tells_media("application/json"),
        BREAKS,
        SAFE,
    ),
    "fields of a form are text": (
        sent(fields(a=INT), FORM),
        sent(fields(a=STR), FORM),
        SAFE,
        BREAKS,
    ),
    "objects in a multipart form are JSON": (
        sent(fields(a=fields(b=INT)), PARTS),
        sent(fields(a=fields(b=STR)), PARTS),
        BREAKS,
        BREAKS,
    ),
    "an upload of fewer kinds": (
        sent(fields(a=STR), PARTS, encoding={"a": {"contentType": "image/*"}}),
        sent(fields(a=STR), PARTS, encoding={"a": {"contentType": "image/png"}}),
        BREAKS,
        SAFE,
    ),
    "bytes have no schema": (
        sent({}, "image/png"),
        sent({"type": "string", "format": "binary"}, "image/png"),
        SAFE,
        SAFE,
    ),
    "one status of a range": (statuses(s2XX=STR), statuses(s200=STR), SAFE, NOTICE),
    "an error falls to the range": (
        statuses(s200=STR, s404=INT, s4XX=STR),
        statuses(s200=STR, s4XX=STR),
        BREAKS,
        BREAKS,
    ),
    "an error falls to default": (
        statuses(s200=STR, s404=INT),
        statuses(s200=STR, default=STR),
        BREAKS,
        BREAKS,
    ),
    "a new error that default described": (
        statuses(s200=STR, default=STR),
        statuses(s200=STR, default=STR, s409=STR),
        SAFE,
        SAFE,
    ),
    "default does not speak of successes": (
        statuses(s201=STR, default=STR),
        statuses(s200=STR, default=STR),
        BREAKS,
        BREAKS,
    ),
    "a new error without a default": (
        statuses(s200=STR),
        statuses(s200=STR, s409=STR),
        SAFE,
        MAY,
    ),
    "one failure of a range is left": (
        statuses(s200=STR, s4XX=STR),
        statuses(s200=STR, s404=STR),
        NOTICE,
        SAFE,
    ),
    "an optional credential is forgotten": (
        secured({"key": []}, {}),
        secured({}),
        MAY,
        SAFE,
    ),
    "a redirect is the success": (
        operation(responses={"302": {"description": ""}}),
        operation(responses={"404": {"description": ""}}),
        BREAKS,
        NOTICE,
    ),
    "an optional header is gone": (
        headed(),
        operation(responses={"200": {"description": ""}}),
        MAY,
        SAFE,
    ),
    "a header's number may become text": (headed(schema=INT), headed(), BREAKS, SAFE),
    "an alternative credential more": (
        secured({"key": []}),
        secured({"key": []}, {"o": []}),
        SAFE,
        BREAKS,
    ),
    "credentials may be left out": (secured({"key": []}), secured({}), SAFE, BREAKS),
    "both or one": (
        secured({"key": [], "o": []}),
        secured({"key": []}),
        SAFE,
        BREAKS,
    ),
    "fewer scopes": (secured({"o": ["r", "w"]}), secured({"o": ["r"]}), SAFE, BREAKS),
    "a scheme's name is local": (
        secured({"key": []}),
        secured({"other": []}, other={**KEY, "name": "x-key"}),
        SAFE,
        SAFE,
    ),
    "a scheme's case does not matter": (
        secured({"http": []}),
        secured({"http": []}, http={"type": "http", "scheme": "Bearer"}),
        SAFE,
        SAFE,
    ),
    "the same bearer from elsewhere": (
        secured({"http": []}),
        secured({"http": []}, http=OAUTH),
        MAY,
        MAY,
    ),
    "a parameter becomes a scheme": (
        document(
            paths={"/a": {"get": {"parameters": [parameter("header", required=True)]}}}
        ),
        document(
            paths={"/a": {"get": {"security": [{"q": []}]}}},
            components={"securitySchemes": {"q": {**KEY, "name": "Q"}}},
        ),
        MAY,
        BREAKS,
    ),
    "another host": (served("https://a/v1"), served("https://b/v1"), NOTICE, NOTICE),
    "a base path moved into the paths": (
        served("/v1"),
        served("/", path="/v1/a"),
        SAFE,
        SAFE,
    ),
    "a server more": (served("/v1"), served("/v1", "/v2"), SAFE, MAY),
    "a variable's value less": (
        served("/{v}", v={"default": "a", "enum": ["a", "b"]}),
        served("/{v}", v={"default": "a", "enum": ["a"]}),
        MAY,
        SAFE,
    ),
    "a webhook sends less": (hook(fields("a", a=STR)), hook(fields()), BREAKS, SAFE),
    "a webhook sends another type": (hook(STR), hook(INT), BREAKS, BREAKS),
    "a webhook takes fewer answers": (
        hook_takes(STR),
        hook_takes({**STR, "maxLength": 1}),
        BREAKS,
        SAFE,
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_both_directions(name: str) -> None:
    """The worst that is said of a pair, from old to new and from new to old."""
    old, new, forth, back = TABLE[name]
    found = [min((c.level for c in compare(*p)), default=None) for p in _ways(old, new)]
    assert found == [forth, back]


def _ways(old: Document, new: Document) -> list[tuple[Document, Document]]:
    return [(old, new), (new, old)]


@pytest.mark.parametrize("name", TABLE)
def test_a_document_is_compatible_with_itself(name: str) -> None:
    """Nothing is said of a document compared with itself."""
    for one in TABLE[name][:2]:
        assert compare(one, one) == ()
