"""Operations, parameters, bodies, answers, headers and security of two documents."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from gate.openapi import Change, Document, Level, compare, parse

Json = Any


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def body(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def shop() -> Json:
    """An orders service: three operations that share the schemas of an order."""
    item: Json = {
        "type": "object",
        "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}},
        "required": ["sku", "count"],
    }
    order: Json = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "total_cents": {"type": "integer", "minimum": 0},
            "items": {"type": "array", "items": ref("Item")},
        },
        "required": ["id", "total_cents", "items"],
    }
    page: Json = {"type": "object", "properties": {}, "required": ["orders"]}
    page["properties"]["orders"] = {"type": "array", "items": ref("Order")}
    limit: Json = {"in": "query", "name": "limit", "schema": {"type": "integer"}}
    tags: Json = {"in": "query", "name": "tag", "schema": {"type": "array"}}
    one: Json = {"in": "path", "name": "order_id", "required": True}
    one["schema"] = {"type": "string"}
    header: Json = {"required": True, "schema": {"type": "string"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "shop", "version": "1"},
        "paths": {
            "/orders": {
                "parameters": [limit],
                "get": {
                    "operationId": "list",
                    "parameters": [tags],
                    "responses": {"200": {"content": body(page)}},
                },
                "post": {
                    "requestBody": {"content": body({"type": "object"})},
                    "responses": {
                        "201": {
                            "content": body(ref("Order")),
                            "headers": {"Loc": header},
                        }
                    },
                },
            },
            "/orders/{order_id}": {
                "get": {
                    "parameters": [one],
                    "responses": {
                        "200": {"content": body(ref("Order"))},
                        "404": {"content": body({"type": "object"})},
                    },
                }
            },
        },
        "components": {
            "schemas": {"Order": order, "Item": item},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def edited(edit: Callable[[Json, Json, Json], object]) -> tuple[Change, ...]:
    """The changes found after an edit of (document, its paths, POST /orders)."""
    new = shop()
    edit(new, new["paths"], new["paths"]["/orders"]["post"])
    return compare(parse(json.dumps(shop())), parse(json.dumps(new)))


def _drop_total(document: Json, paths: Json, post: Json) -> None:
    order = document["components"]["schemas"]["Order"]
    del order["properties"]["total_cents"]
    order["required"].remove("total_cents")


def test_a_field_gone_from_a_shared_component_is_one_finding() -> None:
    """It is told once, at the nearest operation, with all others and an example."""
    (change,) = edited(_drop_total)
    assert change.rule == "response-field-removed"
    assert change.level is Level.BREAKS
    assert change.operation == "GET /orders/{order_id}"
    assert change.pointer_old == "/components/schemas/Order"
    assert "`total_cents`" in change.summary
    assert "(also POST /orders, GET /orders)" in change.summary
    assert change.example.keys() == {"id", "items"}


BREAKS: dict[str, tuple[str, Callable[[Json, Json, Json], object]]] = {
    "operation gone": (
        "operation-removed",
        lambda d, p, post: p["/orders"].pop("post"),
    ),
    "path gone": ("path-removed", lambda d, p, post: p.pop("/orders/{order_id}")),
    "new required parameter": (
        "request-parameter-required",
        lambda d, p, post: post.update(
            parameters=[{"in": "query", "name": "q", "required": True, "schema": {}}]
        ),
    ),
    "parameter now required": (
        "request-parameter-became-required",
        lambda d, p, post: post.update(
            parameters=[{**p["/orders"]["parameters"][0], "required": True}]
        ),
    ),
    "parameter moved": (
        "request-parameter-moved",
        lambda d, p, post: p["/orders"]["get"]["parameters"][0].update(
            {"in": "header"}
        ),
    ),
    "parameter written differently": (
        "request-parameter-serialisation-changed",
        lambda d, p, post: p["/orders"]["get"]["parameters"][0].update(explode=False),
    ),
    "body now required": (
        "request-body-became-required",
        lambda d, p, post: post["requestBody"].update(required=True),
    ),
    "new required body": (
        "request-body-required",
        lambda d, p, post: p["/orders"]["get"].update(
            requestBody={"required": True, "content": body({})}
        ),
    ),
    "request format gone": (
        "request-media-type-removed",
        lambda d, p, post: post["requestBody"].update(content={"text/csv": {}}),
    ),
    "answer format gone": (
        "response-media-type-removed",
        lambda d, p, post: post["responses"]["201"].update(content={"text/csv": {}}),
    ),
    "answer without a body": (
        "response-body-removed",
        lambda d, p, post: post["responses"]["201"].pop("content"),
    ),
    "success status gone": (
        "response-success-status-removed",
        lambda d, p, post: post.update(responses={"400": {}}),
    ),
    "header gone": (
        "response-header-removed",
        lambda d, p, post: post["responses"]["201"].pop("headers"),
    ),
    "header now optional": (
        "response-header-became-optional",
        lambda d, p, post: post["responses"]["201"]["headers"]["Loc"].pop("required"),
    ),
    "credentials required": (
        "request-security-added",
        lambda d, p, post: post.update(security=[{"key": []}]),
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_break_is_one_finding(name: str) -> None:
    """Each of these edits breaks old consumers, and is reported once as such."""
    rule, edit = BREAKS[name]
    found = [change for change in edited(edit) if change.level is Level.BREAKS]
    assert [change.rule for change in found] == [rule]


def _rename(document: Json, paths: Json, post: Json) -> None:
    path = paths["/orders/{id}"] = paths.pop("/orders/{order_id}")
    path["get"]["parameters"][0]["name"] = "id"


def _inline(document: Json, paths: Json, post: Json) -> None:
    order = copy.deepcopy(document["components"]["schemas"]["Order"])
    post["responses"]["201"]["content"] = body(order)


def _share(document: Json, paths: Json, post: Json) -> None:
    document["components"]["requestBodies"] = {"New": post["requestBody"]}
    post["requestBody"] = {"$ref": "#/components/requestBodies/New"}
    document["components"]["parameters"] = {"L": paths["/orders"]["parameters"][0]}
    paths["/orders"]["parameters"] = [{"$ref": "#/components/parameters/L"}]


SAFE: dict[str, Callable[[Json, Json, Json], object]] = {
    "nothing": lambda d, p, post: None,
    "other words": lambda d, p, post: post.update(
        operationId="x", summary="y", description="z", tags=["t"], deprecated=True
    ),
    "new operation": lambda d, p, post: p["/orders"].update(put={"responses": {}}),
    "new path": lambda d, p, post: p.update({"/more": {"get": {"responses": {}}}}),
    "new optional parameter": lambda d, p, post: post.update(
        parameters=[{"in": "header", "name": "X", "schema": {"type": "string"}}]
    ),
    "new answer header": lambda d, p, post: post["responses"]["201"]["headers"].update(
        New={"schema": {"type": "string"}}
    ),
    "new error status": lambda d, p, post: post["responses"].update({"409": {}}),
    "error status gone": lambda d, p, post: p["/orders/{order_id}"]["get"][
        "responses"
    ].pop("404"),
    "new formats": lambda d, p, post: post["requestBody"]["content"].update(
        {"text/csv": {}}
    ),
    "format with a parameter": lambda d, p, post: post["requestBody"].update(
        content={"application/json; charset=utf-8": {"schema": {"type": "object"}}}
    ),
    "integer parameter becomes text": lambda d, p, post: p["/orders"]["parameters"][
        0
    ].update(schema={"type": "string"}),
    "path parameter renamed": _rename,
    "schema moved inline": _inline,
    "parts moved to components": _share,
    "scheme added but unused": lambda d, p, post: d["components"][
        "securitySchemes"
    ].update(other={"type": "http", "scheme": "basic"}),
}


@pytest.mark.parametrize("name", SAFE)
def test_compatible_edits_are_silent(name: str) -> None:
    """No consumer can be broken by these edits, so nothing is said."""
    assert edited(SAFE[name]) == ()


def test_security_alternatives() -> None:
    """An alternative less may break some; a scope more breaks all who lack it."""

    def with_security(*listed: Json) -> Document:
        found = shop()
        found["security"] = list(listed)
        return parse(json.dumps(found))

    one: Json = {"key": ["read"]}
    other: Json = {"other": []}
    (first, *_) = compare(with_security(one, other), with_security(one))
    assert first.level is Level.MAY_BREAK
    (first, *_) = compare(with_security(one), with_security({"key": ["read", "write"]}))
    assert first.level is Level.BREAKS
    assert compare(with_security(one), with_security(one, other)) == ()
    assert compare(with_security(one), with_security({})) == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [("callbacks", {"done": {}}), ("requestBody", {"$ref": "#/nowhere"})],
)
def test_what_is_not_compared_is_said(key: str, value: Json) -> None:
    """Callbacks, and references that lead nowhere, are reported as undecided."""
    old, new = shop(), shop()
    old["paths"]["/orders"]["post"]["callbacks"] = {"done": {"x": {}}}
    new["paths"]["/orders"]["post"][key] = value
    found = compare(parse(json.dumps(old)), parse(json.dumps(new)))
    assert "undecided" in {change.rule for change in found}
    assert Level.BREAKS not in {change.level for change in found}


@pytest.mark.parametrize(
    "paths",
    [
        {"/a": None},
        {"/a": {"get": None, "post": 7}},
        {"/a": {"get": {"parameters": 7, "responses": [], "requestBody": "x"}}},
        {
            "/a": {
                "get": {"parameters": [None, {}, {"in": []}], "responses": {"200": 1}}
            }
        },
        {"/a": {"get": {"security": [1, None], "responses": {"2XX": {"content": 7}}}}},
        {"/a": {"get": {"responses": {"200": {"content": {"a/b": 7}, "headers": 1}}}}},
        {"/a": {"$ref": "#/paths/~1a"}},
        {"x-note": 1, "/{a}/{a}": {"get": {"responses": {}}}},
    ],
)
def test_malformed_documents_do_not_crash(paths: Json) -> None:
    """A document whose parts have the wrong shape is compared as far as it goes."""
    odd = parse(json.dumps({"openapi": "3.1.0", "paths": paths, "components": []}))
    plain = parse(json.dumps(shop()))
    for old, new in ((odd, odd), (odd, plain), (plain, odd)):
        assert isinstance(compare(old, new), tuple)
