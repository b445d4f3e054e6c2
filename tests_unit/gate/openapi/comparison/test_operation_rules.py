"""Operations, parameters, bodies, answers, headers and security of two documents."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from gate.openapi import Change, Document, Level, compare, parse
from gate.openapi.documents.document import Unresolvable
from tests_unit.gate.fakes.api import INT, asked, document, operation, parameter

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
    assert change.pointer_old == "/components/schemas/Order/properties/total_cents"
    assert "`total_cents`" in change.summary
    assert "(also POST /orders, GET /orders)" in change.summary
    assert change.counterexample.value.keys() == {"id", "items"}


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
            {"in": "header", "required": True}
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
        operationId="x", summary="y", description="z", tags=["t"]
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


def test_one_change_of_a_shared_part_is_told_once() -> None:
    """A parameter in components that ten paths use gives one change with all of them."""

    def ten(parameter: Json) -> Document:
        use = {"parameters": [{"$ref": "#/components/parameters/Q"}]}
        paths = {f"/a{n}": {"get": {**use, "responses": {}}} for n in range(10)}
        return document(paths=paths, components={"parameters": {"Q": parameter}})

    for new in (parameter(schema=INT), parameter(required=True)):
        (change,) = compare(ten(parameter()), ten(new))
        assert change.operations == tuple(f"GET /a{n}" for n in range(10))
        assert change.operation == "GET /a0"
        assert change.pointer_old.startswith("/components/parameters/Q")
        assert change.summary.endswith("GET /a5 and 4 more).")


def test_what_cannot_be_read_is_undecided() -> None:
    """A reference that leads nowhere is never passed over in silence."""
    lost = {"$ref": "#/components/nowhere"}
    for one in (
        operation(requestBody=lost),
        operation(responses={"200": lost}),
        operation(callbacks={"done": lost}),
        asked(lost),
        document(
            paths={"/a": {"get": {"security": [{"key": []}]}}},
            components={"securitySchemes": {"key": lost}},
        ),
        document(paths={"/a": lost}),
        document(webhooks={"paid": lost}),
    ):
        (change,) = compare(one, one)
        assert (change.rule, change.level) == ("undecided", Level.UNDECIDED)
        assert "names nothing" in change.summary


def test_an_unread_file_is_told_once_and_accuses_nobody() -> None:
    """It is one undecided change with all operations that need it, and no break."""

    def kept(_name: str) -> bytes:
        return b'{"type": "object", "properties": {"a": {"type": "string"}}}'

    def lost(_name: str) -> bytes:
        raise Unresolvable("there is no such file")

    found = shop()
    found["components"]["schemas"]["Order"] = {"$ref": "order.json"}
    text = json.dumps(found)
    for one, other in ((kept, lost), (lost, kept), (lost, lost)):
        (change,) = compare(parse(text, one, "api"), parse(text, other, "api"))
        assert change.level is Level.UNDECIDED
        assert "order.json was not read: there is no such file" in change.summary
        assert {"GET /orders", "POST /orders"} < set(change.operations)


def test_an_unread_path_item_is_not_a_removed_operation() -> None:
    """Whether its operations are still there is unknown."""
    old = parse(json.dumps(shop()))
    paths = {**shop()["paths"], "/orders": {"$ref": "orders.json"}}
    (change,) = compare(old, parse(json.dumps({**shop(), "paths": paths})))
    assert (change.level, change.rule) == (Level.UNDECIDED, "undecided")
    assert change.operations == ("GET /orders", "POST /orders")


RING = """
import json, resource
from gate.openapi import compare, parse

def ring(kind):
    at = "#/components/schemas/C{}".format
    found = {
        f"C{i}": {"type": "object", "required": ["id"], "properties": {
            "id": {"type": kind}, "next": {"$ref": at((i + 1) % 150)}}}
        for i in range(150)
    }
    paths = {}
    for i in range(150):
        content = {"application/json": {"schema": {"$ref": at(i)}}}
        paths[f"/{i}"] = {"get": {"responses": {"200": {"content": content}}}}
    whole = {"openapi": "3.1.0", "paths": paths, "components": {"schemas": found}}
    return parse(json.dumps(whole))

pair = ring("string"), ring("integer")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(compare(*pair)) == 150
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_components_in_a_ring_need_little_memory() -> None:
    """A value is judged by the schemas that it comes to, not by all behind them."""
    ran = subprocess.run(
        [sys.executable, "-c", RING], capture_output=True, check=True, timeout=60
    )
    assert int(ran.stdout) < 60_000  # KiB
