"""Pairs of schemas, in both directions: which break old consumers, and what is said."""

import json
from typing import Any

import pytest

from gate.openapi import Change, Document, Level, compare, parse

Json = Any
STR, INT, NUL = {"type": "string"}, {"type": "integer"}, {"type": "null"}


def document(schema: Json, side: str, version: str, **schemas: Json) -> Document:
    """A document whose one operation takes or answers `schema`."""
    content = {"content": {"application/json": {"schema": schema}}}
    operation: Json = {"responses": {"204": {"description": ""}}}
    if side == "request":
        operation["requestBody"] = {**content, "required": True}
    else:
        operation["responses"] = {"200": {"description": "", **content}}
    root = {"openapi": version, "paths": {"/a": {"post": operation}}}
    return parse(json.dumps({**root, "components": {"schemas": schemas}}))


def changes(
    old: Json, new: Json, side: str, version: str = "3.1.0"
) -> tuple[Change, ...]:
    return compare(document(old, side, version), document(new, side, version))


def obj(required: str = "", closed: bool = False, **properties: Json) -> Json:
    found: Json = {"type": "object", "properties": properties}
    if required:
        found["required"] = required.split()
    if closed:
        found["additionalProperties"] = False
    return found


def nullable(schema: Json) -> Json:
    return {"anyOf": [schema, NUL]}


NAMED: list[tuple[str, Json, Json, str]] = [
    # a rule, two schemas, the direction; read the other way round, all is well unless
    # the rule is in BOTH_WAYS
    ("request-field-required", obj(a=STR), obj("b", a=STR, b=INT), "request"),
    ("request-field-became-required", obj(a=STR), obj("a", a=STR), "request"),
    ("request-field-refused", obj(a=STR, b=INT), obj(closed=True, a=STR), "request"),
    (
        "request-field-refused",
        obj(a=STR, b=STR),
        {"allOf": [obj(closed=True, a=STR), obj(b=STR)]},
        "request",
    ),
    ("request-type-changed", obj(a=STR), obj(a=INT), "request"),
    ("request-type-changed", {"type": "number"}, INT, "request"),
    ("request-type-changed", {"type": ["string", "integer"]}, STR, "request"),
    ("request-type-changed", {"anyOf": [STR, INT]}, INT, "request"),
    ("request-null-refused", nullable(STR), STR, "request"),
    ("request-enum-value-removed", {"enum": ["a", "b"]}, {"enum": ["a"]}, "request"),
    ("request-enum-value-removed", {"enum": ["a", "b"]}, {"const": "a"}, "request"),
    ("request-enum-added", STR, {**STR, "enum": ["a"]}, "request"),
    ("request-range-narrowed", INT, {**INT, "maximum": 9}, "request"),
    (
        "request-range-narrowed",
        {**INT, "minimum": 0},
        {**INT, "exclusiveMinimum": 0},
        "request",
    ),
    ("request-range-narrowed", INT, {**INT, "format": "int32"}, "request"),
    ("request-multiple-narrowed", INT, {**INT, "multipleOf": 5}, "request"),
    ("request-length-narrowed", STR, {**STR, "maxLength": 3}, "request"),
    ("request-length-narrowed", STR, {**STR, "minLength": 1}, "request"),
    ("request-pattern-narrowed", STR, {**STR, "pattern": "^[a-z]+$"}, "request"),
    ("request-format-narrowed", STR, {**STR, "format": "uuid"}, "request"),
    (
        "request-items-count-narrowed",
        {"type": "array", "items": INT},
        {"type": "array", "items": INT, "maxItems": 3},
        "request",
    ),
    (
        "request-items-count-narrowed",
        {"type": "array", "items": INT},
        {"type": "array", "items": INT, "uniqueItems": True},
        "request",
    ),
    (
        "request-properties-count-narrowed",
        obj(a=STR, b=STR),
        {**obj(a=STR, b=STR), "minProperties": 1},
        "request",
    ),
    (
        "request-type-changed",
        {"type": "array", "prefixItems": [INT, STR]},
        {"type": "array", "prefixItems": [INT, INT]},
        "request",
    ),
    (
        "request-type-changed",
        {"type": "object", "additionalProperties": STR},
        {"type": "object", "additionalProperties": INT},
        "request",
    ),
    (
        "request-fields-closed",
        {"type": "object", "additionalProperties": STR},
        {"type": "object", "additionalProperties": False},
        "request",
    ),
    ("response-field-removed", obj("a b", a=STR, b=INT), obj("a", a=STR), "response"),
    ("response-field-became-optional", obj("a", a=STR), obj(a=STR), "response"),
    (
        "response-field-added-to-closed",
        obj(closed=True, a=STR),
        obj(closed=True, a=STR, b=STR),
        "response",
    ),
    ("response-type-changed", obj("a", a=STR), obj("a", a=INT), "response"),
    ("response-type-changed", INT, {"type": "number"}, "response"),
    ("response-type-changed", INT, {"anyOf": [INT, STR]}, "response"),
    ("response-became-nullable", STR, nullable(STR), "response"),
    ("response-became-nullable", STR, {"type": ["string", "null"]}, "response"),
    ("response-enum-value-added", {"enum": ["a"]}, {"enum": ["a", "b"]}, "response"),
    ("response-enum-removed", {"enum": ["a"]}, STR, "response"),
    ("response-range-widened", {**INT, "minimum": 0}, INT, "response"),
    ("response-length-widened", {**STR, "maxLength": 3}, STR, "response"),
    ("response-format-widened", {**STR, "format": "date-time"}, STR, "response"),
]
BOTH_WAYS = {"request-type-changed", "response-type-changed"}


@pytest.mark.parametrize(("rule", "old", "new", "side"), NAMED)
def test_a_break_is_one_finding_with_its_rule(
    rule: str, old: Json, new: Json, side: str
) -> None:
    """Each kind of break gives exactly one finding, with the rule that names it."""
    found = [c for c in changes(old, new, side) if c.level is Level.BREAKS]
    assert [change.rule for change in found] == [rule]
    assert found[0].operation == "POST /a"
    assert found[0].summary.startswith("POST /a: ")


@pytest.mark.parametrize(("rule", "old", "new", "side"), NAMED)
def test_what_breaks_one_way_is_safe_the_other_way(
    rule: str, old: Json, new: Json, side: str
) -> None:
    """Requests may be widened and answers narrowed: the opposite of each break."""
    found = changes(new, old, side)
    if rule not in BOTH_WAYS:
        assert not [change for change in found if change.level is Level.BREAKS]


SAFE: list[tuple[str, Json, Json]] = [
    ("request", obj("a", a=STR), obj("a", a=STR, b=INT)),
    ("response", obj("a", a=STR), obj("a b", a=STR, b=INT)),
    ("both", nullable(INT), {"type": ["integer", "null"]}),
    ("both", nullable(INT), {"oneOf": [NUL, INT]}),
    ("both", {"const": "a"}, {"enum": ["a"]}),
    (
        "both",
        {"anyOf": [obj("a", a=STR), obj("b", b=INT)]},
        {"anyOf": [obj("b", b=INT), obj("a", a=STR)]},
    ),
    ("both", {"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    ("both", obj("a", a=STR, b=INT), obj("a", b=INT, a=STR)),
    ("both", obj("a b", a=STR, b=INT), {"allOf": [obj("a", a=STR), obj("b", b=INT)]}),
    (
        "both",
        obj("a b", closed=True, a=STR, b=INT),
        {
            "allOf": [obj("a", a=STR), obj("b", b=INT)],
            "unevaluatedProperties": False,
        },
    ),
    ("both", STR, {**STR, "title": "A", "description": "b", "examples": ["c"]}),
    ("both", STR, {**STR, "externalDocs": {"url": "/"}, "xml": {}, "x-mine": 1}),
    ("both", {"type": "array", "items": STR}, {"items": STR, "type": ["array"]}),
    ("both", True, {}),
    ("both", {**INT, "format": "int64"}, INT),
]


@pytest.mark.parametrize(("side", "old", "new"), SAFE)
def test_compatible_changes_are_silent(side: str, old: Json, new: Json) -> None:
    """What no consumer can notice is not mentioned at all."""
    for each in ("request", "response") if side == "both" else (side,):
        assert changes(old, new, each) == ()


@pytest.mark.parametrize(
    ("side", "level", "rule", "old", "new"),
    [
        (
            "response",
            Level.MAY_BREAK,
            "response-optional-field-removed",
            obj(a=STR, b=STR),
            obj(a=STR),
        ),
        (
            "request",
            Level.MAY_BREAK,
            "request-format-changed",
            {**STR, "format": "frob"},
            {**STR, "format": "other"},
        ),
        (
            "request",
            Level.NOTICE,
            "request-field-deprecated",
            STR,
            {**STR, "deprecated": True},
        ),
        (
            "request",
            Level.NOTICE,
            "request-default-changed",
            STR,
            {**STR, "default": "a"},
        ),
        (
            "response",
            Level.NOTICE,
            "response-content-changed",
            STR,
            {**STR, "contentEncoding": "base64"},
        ),
        (
            "request",
            Level.MAY_BREAK,
            "request-field-removed",
            obj(a=STR, b=STR),
            obj(a=STR),
        ),
        (
            "request",
            Level.MAY_BREAK,
            "request-fields-closed",
            obj(a=STR),
            obj(a=STR, closed=True),
        ),
        (
            "response",
            Level.NOTICE,
            "response-enum-value-added",
            {"enum": ["a"], "x-extensible-enum": True},
            {"enum": ["a", "b"], "x-extensible-enum": True},
        ),
    ],
)
def test_what_depends_on_the_consumer_is_not_called_a_break(
    side: str, level: Level, rule: str, old: Json, new: Json
) -> None:
    """Ignored data, missing optional data and announced enums are weaker findings."""
    found = changes(old, new, side)
    assert [(change.rule, change.level) for change in found] == [(rule, level)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            {**STR, "pattern": r"^(ab|c)x\1{9}$"},
            {**STR, "pattern": r"^(ab|d)x\1{9}$"},
        ),
        (STR, {**STR, "pattern": "("}),
        ({"allOf": [STR, INT]}, STR),
        ({**INT, "minimum": 2, "maximum": 1}, INT),
        (False, STR),
        (STR, {"$ref": "elsewhere.json#/A"}),
        (STR, {"$ref": "#/components/schemas/Missing"}),
        (STR, {"type": "strnig"}),
        (STR, {"not": {"$ref": "#/components/schemas/Missing"}}),
    ],
)
def test_what_cannot_be_decided_is_said(old: Json, new: Json) -> None:
    """A schema that cannot be compared is never passed in silence."""
    found = changes(old, new, "request")
    assert found
    assert all(change.level is Level.UNDECIDED for change in found)
    assert {change.rule for change in found} == {"undecided"}


def test_a_finding_names_the_place() -> None:
    """The finding points at the property, and its sentence spells the path out."""
    old = obj("a", a={"type": "array", "items": obj("n", n=INT)})
    new = obj("a", a={"type": "array", "items": obj("n", n=nullable(INT))})
    (change,) = changes(old, new, "response")
    at = "/paths/~1a/post/responses/200/content/application~1json/schema"
    assert change.pointer_old == at + "/properties/a/items/properties/n"
    assert "`a[].n`" in change.summary
    assert change.counterexample.value == {"a": [{"n": None}]}


def test_the_3_0_dialect_means_what_3_1_says() -> None:
    """`nullable` and boolean `exclusiveMinimum` of OpenAPI 3.0 are understood."""
    for old, new, rule in (
        ({**STR, "nullable": True}, STR, "request-null-refused"),
        (
            {**INT, "minimum": 0},
            {**INT, "minimum": 0, "exclusiveMinimum": True},
            "request-range-narrowed",
        ),
    ):
        assert [c.rule for c in changes(old, new, "request", "3.0.3")] == [rule]
    old_document = document({**STR, "nullable": True}, "request", "3.0.3")
    new_document = document(nullable(STR), "request", "3.1.0")
    assert compare(old_document, new_document) == ()


def test_one_way_properties_count_in_their_direction_only() -> None:
    """`readOnly` fields are no part of requests, `writeOnly` ones of answers."""
    old = obj("id", id=STR)
    for flag, side in (("readOnly", "request"), ("writeOnly", "response")):
        new = obj("id a", id=STR, a={**STR, flag: True})
        assert changes(old, new, side) == ()
        assert changes(new, old, side) == ()
    becomes_required = changes(
        obj("a", a={**STR, "readOnly": True}), obj("a", a=STR), "request"
    )
    assert [change.rule for change in becomes_required] == ["request-field-required"]


def test_alternatives_of_a_union_are_named() -> None:
    """An alternative added to an answer is one finding, not one for each field."""
    cat, dog = obj("meow", meow=STR), obj("bark", bark=STR)
    schemas = {"Cat": cat, "Dog": dog}
    both = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in schemas]}
    one = {"oneOf": both["oneOf"][:1]}
    pairs = (("response", one, both), ("request", both, one))
    for side, old, new in pairs:
        before = document(old, side, "3.1.0", **schemas)
        after = document(new, side, "3.1.0", **schemas)
        (change,) = compare(before, after)
        assert change.level is Level.BREAKS
        assert change.rule.endswith(("alternative-added", "alternative-removed"))
        assert "Dog" in change.summary
        assert compare(after, before) == ()


def test_an_overlap_in_a_new_one_of_is_a_break() -> None:
    """A request that now matches two branches of a `oneOf` is refused."""
    old, new = STR, {"oneOf": [STR, {**STR, "maxLength": 3}]}
    (change,) = changes(old, new, "request")
    assert (change.rule, change.level) == ("request-one-of-ambiguous", Level.BREAKS)


def test_recursive_schemas_end() -> None:
    """Schemas that contain themselves are compared once and found changed once."""
    ref = {"$ref": "#/components/schemas/Node"}
    node = obj("value", value=INT, next=ref, both={"anyOf": [ref, NUL]})
    changed = obj("value", value=STR, next=ref, both={"anyOf": [ref, NUL]})
    old, new = (document(ref, "response", "3.1.0", Node=n) for n in (node, changed))
    assert compare(old, old) == ()
    (change,) = compare(old, new)
    assert change.pointer_old == "/components/schemas/Node/properties/value"
    assert change.counterexample.value == {"value": "a"}


@pytest.mark.parametrize(
    "loop",
    [
        {"$ref": "#/components/schemas/Loop"},
        {"allOf": [{"$ref": "#/components/schemas/Loop"}, STR]},
        {"anyOf": [{"$ref": "#/components/schemas/Loop"}, STR]},
        {"not": {"$ref": "#/components/schemas/Loop"}},
        obj("a", a={"$ref": "#/components/schemas/Loop"}),
    ],
)
def test_schemas_that_define_nothing_end(loop: Json) -> None:
    """A schema defined by itself neither hangs nor crashes the comparison."""
    ref = {"$ref": "#/components/schemas/Loop"}
    for side in ("request", "response"):
        looped = document(ref, side, "3.1.0", Loop=loop)
        plain = document(INT, side, "3.1.0")
        assert compare(looped, looped) == ()
        compare(looped, plain)
        compare(plain, looped)
