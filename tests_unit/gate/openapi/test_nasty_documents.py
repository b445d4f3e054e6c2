"""Documents that are nasty but readable: the comparison says something, and ends."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.openapi import Document, Level, NotOpenApi, compare, parse

Json = Any


def shop(version: str = "3.1.0") -> Json:
    """A document in which every part that the comparison looks at stands once."""
    money = {"type": "number", "minimum": 0, "multipleOf": 0.01, "format": "double"}
    order = {
        "type": "object",
        "required": ["id", "lines"],
        "properties": {
            "id": {"type": "string", "format": "uuid", "readOnly": True},
            "secret": {"type": "string", "writeOnly": True, "pattern": "^[a-z]+$"},
            "state": {"enum": ["open", "paid"], "x-extensible-enum": True},
            "kind": {"const": "order"},
            "count": {"type": "integer", "format": "int32", "default": 1},
            "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
            "parent": {"$ref": "#/components/schemas/Order"},
            "note": {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]},
            "extra": {"oneOf": [{"type": "object"}, {"type": "array", "minItems": 1}]},
        },
        "patternProperties": {"^x-": {"type": "string"}},
        "additionalProperties": False,
        "dependentRequired": {"note": ["state"]},
        "if": {"properties": {"kind": {"const": "order"}}},
        "then": {"required": ["lines"]},
        "not": {"required": ["forbidden"]},
    }
    line = {
        "allOf": [
            {"type": "object", "properties": {"price": money}},
            {"discriminator": {"propertyName": "type", "mapping": {"a": "Order"}}},
            {"prefixItems": [{"type": "string"}], "contains": {"type": "integer"}},
        ],
    }
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    tags = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    content = {"schema": {"$ref": "#/components/schemas/Order"}}
    answer = {
        "description": "an order",
        "headers": {"X-Limit": {"required": True, "schema": {"type": "integer"}}},
        "content": {"application/json": content, "text/plain": {"schema": money}},
        "links": {"self": {"operationId": "order", "parameters": {"id": "$url"}}},
    }
    form = {"type": "object", "properties": {"file": {"type": "string"}, "tags": tags}}
    post = {
        "operationId": "order",
        "deprecated": False,
        "parameters": [
            {"$ref": "#/components/parameters/limit"},
            {"name": "tags", "in": "query", "style": "form", "schema": tags},
            {"name": "at", "in": "query", "content": {"application/json": content}},
            {"name": "X-A", "in": "header", "required": True, "schema": {}},
            {"name": "c", "in": "cookie", "schema": {"type": "boolean"}},
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": content,
                "multipart/form-data": {
                    "schema": form,
                    "encoding": {"file": {"contentType": "image/png"}},
                },
            },
        },
        "responses": {"201": answer, "4XX": {"description": "no"}, "default": answer},
        "security": [{"key": []}, {"login": ["read"]}],
        "callbacks": {"paid": {"{$request.body#/url}": {"post": {"responses": {}}}}},
        "servers": [
            {"url": "https://{a}.example", "variables": {"a": {"default": "b"}}}
        ],
    }
    where = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "openapi": version,
        "info": {"title": "shop", "version": "1"},
        "servers": [{"url": "https://shop.example"}],
        "security": [{"key": []}],
        "paths": {
            "/orders/{id}": {
                "parameters": [where],
                "post": post,
                "get": {"responses": {"200": {"$ref": "#/components/responses/one"}}},
            },
        },
        "webhooks": {"paid": {"post": {"requestBody": {"content": {"a/b": content}}}}},
        "components": {
            "schemas": {"Order": order, "Line": line},
            "parameters": {"limit": limit},
            "responses": {"one": answer},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "login": {"type": "oauth2", "flows": {"implicit": {"scopes": {}}}},
            },
        },
    }


def everything(value: Json, path: tuple[str | int, ...] = ()) -> list[Any]:
    """The path of every member, at any depth."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[Any] = []
    for name, child in members:
        found.append((*path, name))
        if isinstance(child, dict | list):
            found.extend(everything(child, (*path, name)))
    return found


PLACES = [place for place in everything(shop()) if place != ("openapi",)]
nasty: st.SearchStrategy[Json] = st.sampled_from(
    [
        *(None, [], "", 0, {}, True, False, -1, 1.5, [None], [[]], [{}], "x", "("),
        *({"": {}}, {"$ref": ""}, {"$ref": "#"}, {"$ref": "#/"}, {"$ref": "a.json"}),
        *({"$ref": "#/components/schemas/Order"}, {"$ref": "#/nowhere"}, {"$ref": 1}),
        *({"type": 1}, {"type": []}, {"enum": []}, {"allOf": []}, {"properties": []}),
        *({"pattern": "("}, {"items": [{}]}, {"required": "id"}, {"not": {}}),
        *({"minimum": 10**300}, {"maximum": -1e300}, {"multipleOf": 0}, [10**300]),
        *({"minLength": 10**9}, {"minItems": 10**9}, {"minProperties": 10**9}),
    ]
)
edits = st.lists(st.tuples(st.sampled_from(PLACES), nasty), min_size=1, max_size=3)


def edited(document: Json, changes: list[tuple[tuple[str | int, ...], Json]]) -> Json:
    """The document with members replaced, where they are still there."""
    for path, value in changes:
        here = document
        try:
            for name in path[:-1]:
                here = here[name]
            _ = here[path[-1]]
        except (KeyError, IndexError, TypeError):
            continue
        if isinstance(here, dict | list):
            here[path[-1]] = copy.deepcopy(value)
    return document


@settings(deadline=None, max_examples=75, database=None)
@given(edits, st.sampled_from(["3.0.3", "3.1.0"]))
def test_whatever_stands_anywhere_is_compared(changes: Any, version: str) -> None:
    """A member of any type at any place is refused by pointer, or compared."""
    plain = parse(json.dumps(shop(version)))
    try:
        document = parse(json.dumps(edited(shop(version), changes)))
    except NotOpenApi as error:
        assert str(error).startswith("/")
        return
    for old, new in ((plain, document), (document, plain), (document, document)):
        assert all(change.summary for change in compare(old, new))


def answering(schema: Json, version: str = "3.1.0", **components: Json) -> Document:
    content = {"application/json": {"schema": schema}}
    operation = {
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "", "content": content}},
    }
    root = {"openapi": version, "paths": {"/a": {"post": operation}}}
    return parse(json.dumps({**root, "components": {"schemas": components}}))


def nested(levels: int, around: str) -> Json:
    schema: Json = {"type": "string"}
    for _ in range(levels):
        schema = {
            "properties": {"type": "object", "properties": {"a": schema}},
            "items": {"type": "array", "items": schema},
            "allOf": {"allOf": [schema]},
            "anyOf": {"anyOf": [schema, {"type": "null"}]},
            "not": {"not": schema},
        }[around]
    return schema


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


MANY = [f"value {n}" for n in range(10_000)]
NASTY: dict[str, tuple[Document, bool]] = {
    "10,000 values": (answering({"enum": MANY}), True),
    "many fields": (
        answering(
            {
                "type": "object",
                "required": MANY[:100],
                "properties": {name: {} for name in MANY[:100]},
            }
        ),
        True,
    ),
    **{
        f"nested {around}": (
            answering(nested(40 if around != "anyOf" else 25, around)),
            True,
        )
        for around in ("properties", "items", "allOf", "anyOf", "not")
    },
    **{
        f"{keyword} in a circle": (
            answering(ref("A"), A={keyword: [ref("B")]}, B={keyword: [ref("A")]}),
            False,
        )
        for keyword in ("allOf", "anyOf", "oneOf")
    },
    "$ref in a circle": (answering(ref("A"), A=ref("B"), B=ref("A")), False),
    "not in a circle": (answering(ref("A"), A={"not": ref("A")}), False),
    "invalid pattern": (answering({"type": "string", "pattern": "("}), False),
    "slow pattern": (answering({"type": "string", "pattern": "^(a+)+$"}), True),
    "contradiction": (
        answering({"type": "integer", "minimum": 2, "maximum": 1}),
        False,
    ),
    "no value at all": (
        answering({"allOf": [{"type": "string"}, {"type": "null"}]}),
        False,
    ),
    "missing reference": (answering(ref("Missing")), False),
    "reference to a file": (answering({"$ref": "missing.json"}), False),
    "reference above": (answering({"$ref": "../missing.json"}), False),
    "reference to the network": (answering({"$ref": "https://a.example/b"}), False),
}


@pytest.mark.parametrize(("document", "certain"), NASTY.values(), ids=NASTY)
def test_nasty_schemas_end(document: Document, certain: bool) -> None:
    """What cannot be understood is said to be undecided, never passed in silence."""
    plain = answering({"type": "object", "properties": {"a": {"type": "string"}}})
    for old, new in ((document, plain), (plain, document)):
        found = compare(old, new)
        assert any(change.level <= Level.UNDECIDED for change in found)
    if certain:
        assert all(c.level > Level.UNDECIDED for c in compare(document, document))


@pytest.mark.parametrize("name", [name for name in NASTY if "reference" in name])
def test_what_was_not_read_is_not_compatible_with_itself(name: str) -> None:
    """Equal references prove nothing when what stands behind them was not read."""
    document, _ = NASTY[name]
    assert len(document.unfollowed) == 1
    found = compare(document, document)
    assert found
    assert {change.level for change in found} == {Level.UNDECIDED}


def conditional(count: int, known: int) -> Json:
    """For each kind, a field that an object of this kind needs."""
    cases = [
        {
            "if": {"properties": {"k": {"const": f"k{n}"}}, "required": ["k"]},
            "then": {"required": [f"v{n}"]},
        }
        for n in range(count)
    ]
    fields = {"k": {"type": "string"}, **{f"v{n}": {} for n in range(count)}}
    return {"type": "object", "properties": fields, "allOf": cases[:known]}


def choosing(levels: int, leaf: Json) -> Json:
    """Alternatives in alternatives, told apart by listed values."""
    schema = leaf
    for level in range(levels):
        kinds = ({"k": {"enum": [f"{level}{n}"]}, "v": schema} for n in range(2))
        schema = {
            "oneOf": [
                {"type": "object", "required": ["k"], "properties": kind}
                for kind in kinds
            ]
        }
    return schema


def diamond(levels: int, leaf: Json) -> dict[str, Json]:
    """Components that each extend the next one twice."""
    twice = {
        f"D{n}": {"allOf": [ref(f"D{n + 1}"), ref(f"D{n + 1}")]} for n in range(levels)
    }
    return {**twice, f"D{levels}": {"type": "object", "properties": {"a": leaf}}}


STR, SHORT = {"type": "string"}, {"type": "string", "maxLength": 9}
WIDE = [
    {"type": "object", "properties": dict.fromkeys(MANY[:1000], each)}
    for each in (STR, SHORT)
]
INTRICATE: dict[str, tuple[Document, Document]] = {  # the first is wider
    "if after if": (
        answering(conditional(30, 29)),
        answering(conditional(30, 30)),
    ),
    "oneOf in oneOf": (answering(choosing(4, STR)), answering(choosing(4, SHORT))),
    "allOf twice": (
        answering(ref("D0"), **diamond(40, STR)),
        answering(ref("D0"), **diamond(40, SHORT)),
    ),
    "all fields": (answering(WIDE[0]), answering(WIDE[1])),
    "half a character": (
        answering({**STR, "pattern": r"^[\u0000-\uffff]{0,500}$"}),
        answering({**STR, "pattern": "^[a-z]{0,500}$"}),
    ),
}


@pytest.mark.parametrize("name", INTRICATE)
def test_intricate_schemas_end(name: str) -> None:
    """What could be multiplied out is not: the break is found, in good time."""
    wide, narrow = INTRICATE[name]
    for old, new in ((wide, narrow), (narrow, wide)):
        assert {c.level for c in compare(old, new)} == {Level.BREAKS}


def test_what_is_too_intricate_is_undecided() -> None:
    """Work is bounded: beyond the bound it is said that nothing was decided."""
    wide, narrow = (answering(choosing(8, leaf)) for leaf in (STR, SHORT))
    assert any(c.level <= Level.UNDECIDED for c in compare(wide, narrow))
