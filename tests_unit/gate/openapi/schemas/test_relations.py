"""Pairs of schemas and how they relate; each is read in both directions, both ways.

Of every pair it is written down whether all values of the first are values of the
second, and the other way round: yes, no, or it depends on the consumer.
"""

import json
from typing import Any

import pytest

from gate.openapi import Document, Level, compare, parse
from tests_unit.gate.fakes.api import INT, STR, fields
from tests_unit.gate.fakes.oracle import valid

Json = Any
NUM, BOOL, NUL = {"type": "number"}, {"type": "boolean"}, {"type": "null"}
YES, NO, MAY = "yes", "no", "may"


def text(**members: Json) -> Json:
    return {**STR, **members}


def whole(**members: Json) -> Json:
    return {**INT, **members}


def number(**members: Json) -> Json:
    return {**NUM, **members}


def items(schema: Json, **members: Json) -> Json:
    return {"type": "array", "items": schema, **members}


def mapping(schema: Json, **members: Json) -> Json:
    return {"type": "object", "additionalProperties": schema, **members}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def tagged(*names: str, **mapped: str) -> Json:
    told = {
        "propertyName": "k",
        "mapping": {t: ref(n)["$ref"] for t, n in mapped.items()},
    }
    return {"oneOf": [ref(name) for name in names], "discriminator": told}


def node(value: Json, name: str = "Node") -> Json:
    return fields("v", v=value, next=ref(name))


CLOSED = {"additionalProperties": False}
IF = {
    "if": {"properties": {"k": {"const": "a"}}, "required": ["k"]},
    "then": {"required": ["v"]},
}
PETS = {"Cat": fields("k m", k=STR, m=STR), "Dog": fields("k b", k=STR, b=STR)}
X = {"X": fields("a", a=STR)}
Row = tuple[Json, Json, str, str]

VALUES: list[Row] = [
    (STR, INT, NO, NO),
    (INT, NUM, YES, NO),
    (INT, number(multipleOf=1), YES, YES),
    (STR, {}, YES, NO),
    ({"enum": ["a", "b"]}, text(maxLength=1), YES, NO),
    ({"enum": ["ab", "b"]}, text(maxLength=1), NO, NO),
    ({"enum": ["a", "b"]}, text(pattern="^[a-c]$"), YES, NO),
    ({"const": 5}, whole(maximum=5), YES, NO),
    ({"enum": [1, 2.5]}, INT, NO, NO),
    ({"enum": [1, "a"]}, {"enum": [1.0, "a"]}, YES, YES),
    ({"enum": [0]}, {"enum": [False]}, NO, NO),
    (whole(exclusiveMinimum=0), whole(minimum=1), YES, YES),
    (number(exclusiveMinimum=0), number(minimum=1), NO, YES),
    (number(maximum=0.3), number(maximum=0.2), NO, YES),
    (number(maximum=1e308), NUM, YES, NO),
    (whole(minimum=2**53 + 1), whole(minimum=2**53 + 2), NO, YES),
    (number(multipleOf=0.01), number(multipleOf=0.1), NO, YES),
    (whole(multipleOf=6), whole(multipleOf=4), NO, NO),
    (number(multipleOf=2), INT, YES, NO),
    (whole(multipleOf=1.5), whole(multipleOf=3), YES, YES),
    (number(**{"not": INT}), INT, NO, NO),
    (whole(format="int32"), whole(format="int64"), YES, NO),
    (whole(format="int64"), whole(format="int64", maximum=2**63 - 1), YES, YES),
    (whole(format="int64"), whole(minimum=-(2**63)), YES, YES),
    (whole(format="int64"), whole(format="int64", maximum=2**63 - 2), NO, YES),
    ({"not": NUM}, {"not": INT}, YES, NO),
    ({"not": {"type": ["object", "array"]}}, {"not": {"type": "object"}}, YES, NO),
    (whole(format="int32"), number(format="double"), YES, NO),
    (number(format="float"), number(format="double"), YES, MAY),
    (text(minLength=0), STR, YES, YES),
    (text(pattern=".*"), STR, YES, YES),
    (text(maxLength=255), text(maxLength=254), NO, YES),
    (text(pattern="^[a-z]+$"), text(pattern="^[a-z0-9]+$"), YES, NO),
    (text(pattern=r"^\d{3}$"), text(pattern="^[0-9]{3}$"), YES, YES),
    (text(pattern="^(foo|bar)$"), {"enum": ["foo", "bar"]}, YES, YES),
    (text(pattern="^[a-z]{1,1024}$"), text(pattern="^[a-z]{1,2048}$"), YES, NO),
    (text(pattern="[a-z]{1,2500}"), text(pattern="[a-z]{1,1500}"), YES, YES),
    (text(pattern="^[A-Z]{3}$"), text(minLength=3, maxLength=3), YES, NO),
    (text(pattern="^[A-Z]{3}$", maxLength=3), text(pattern="^[A-Z]+$"), YES, NO),
    (text(pattern="^(?=.*[0-9])[a-z0-9]{4}$"), text(pattern="^[a-z0-9]{4}$"), YES, NO),
    (STR, text(pattern="^(?!x).*$"), NO, YES),
    (STR, text(format="uuid"), NO, YES),
    (text(format="date-time"), text(format="date"), NO, NO),
    (text(format="uri"), text(format="uri-reference"), YES, NO),
    (text(format="uuid"), text(minLength=36, maxLength=36), YES, NO),
    (text(format="date"), text(pattern=r"^\d{4}-\d{2}-\d{2}$"), YES, NO),
    (text(format="frob"), text(format="other"), MAY, MAY),
    (text(format="byte"), STR, YES, MAY),
    (STR, text(**{"not": {"const": "x"}}), NO, YES),
    ({"enum": ["a"]}, text(**{"not": {"const": "x"}}), YES, NO),
]
PARTS: list[Row] = [
    (items(STR), items(INT), NO, NO),
    ({"type": "array"}, items({}), YES, YES),
    ({"type": "array"}, items(STR), NO, YES),
    (items(STR, maxItems=1), items(STR, uniqueItems=True), YES, NO),
    (items(BOOL, minItems=2), items(BOOL, uniqueItems=True), NO, NO),
    (items(INT), items(INT, contains={"const": 1}), NO, YES),
    (items(INT, contains={"const": 1}), items(INT, minItems=1), YES, NO),
    (
        items(STR, contains={"const": "x"}),
        items(STR, contains={"const": "x"}, maxContains=3),
        NO,
        YES,
    ),
    (items(STR), items(STR, maxItems=1000), NO, YES),
    (
        {"type": "array", "prefixItems": [INT, STR], "items": False},
        items({"type": ["integer", "string"]}),
        YES,
        NO,
    ),
    (
        items({"type": ["string", "integer"]}),
        {"anyOf": [items(STR), items(INT)]},
        NO,
        YES,
    ),
    (fields(a=STR, b=STR), {**fields(a=STR, b=STR), "maxProperties": 1}, NO, YES),
    (fields("a", a=STR), {**fields("a", a=STR), "minProperties": 1}, YES, YES),
    (mapping(STR), mapping(INT), NO, NO),
    (mapping(STR), {"type": "object", **CLOSED}, NO, YES),
    (mapping(True), {"type": "object"}, YES, YES),
    (
        {**fields(a=STR), "additionalProperties": STR},
        {**fields(a=STR), **CLOSED},
        NO,
        YES,
    ),
    (mapping(STR), mapping(STR, propertyNames={"maxLength": 3}), NO, YES),
    (mapping(STR), mapping(STR, propertyNames={"pattern": "^[a-z]+$"}), NO, YES),
    (
        {"type": "object", "patternProperties": {"^x-": STR}, **CLOSED},
        {"type": "object", "patternProperties": {"^x-": INT}, **CLOSED},
        NO,
        NO,
    ),
    (
        {"type": "object", "patternProperties": {"^x-": STR}, **CLOSED},
        mapping(STR),
        YES,
        NO,
    ),
    (
        fields("x-a", **{"x-a": STR}),
        {"type": "object", "patternProperties": {"^x-": STR}, **CLOSED},
        YES,
        NO,
    ),
    (fields("k", k=STR, v=STR), {**fields("k", k=STR, v=STR), **IF}, NO, YES),
    (fields("k v", k=STR, v=STR), {**fields("k", k=STR, v=STR), **IF}, YES, NO),
    (
        fields("k", k={"const": "b"}, v=STR),
        {**fields("k", k=STR, v=STR), **IF},
        YES,
        NO,
    ),
    (
        fields(a=STR, b=STR),
        {**fields(a=STR, b=STR), "dependentRequired": {"a": ["b"]}},
        NO,
        YES,
    ),
    (
        fields("b", a=STR, b=STR),
        {**fields(a=STR, b=STR), "dependentSchemas": {"a": {"required": ["b"]}}},
        YES,
        NO,
    ),
    (fields(a=STR), {**fields(a=STR), "not": {"required": ["a"]}}, NO, YES),
]
COMPOSED: list[Row] = [
    ({"anyOf": [STR, NUL]}, {"type": ["string", "null"]}, YES, YES),
    ({"oneOf": [STR, INT]}, {"anyOf": [STR, INT]}, YES, YES),
    ({"anyOf": [whole(maximum=5), whole(minimum=6)]}, INT, YES, YES),
    ({"anyOf": [whole(maximum=5), whole(minimum=7)]}, INT, YES, NO),
    ({"oneOf": [{"const": str(n)} for n in range(100)]}, STR, YES, NO),
    (
        {"oneOf": [{"const": str(n), "title": "t"} for n in range(100)]},
        {"enum": [str(n) for n in range(100)]},
        YES,
        YES,
    ),
    ({"allOf": [STR, text(maxLength=3)]}, text(maxLength=3), YES, YES),
    ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, {"const": "b"}, YES, YES),
    (
        {"allOf": [whole(multipleOf=2), whole(multipleOf=3)]},
        whole(multipleOf=6),
        YES,
        YES,
    ),
    (STR, {"allOf": [text(pattern="^a"), text(pattern="b$")]}, NO, YES),
    (
        {"allOf": [{**fields(a=STR), **CLOSED}, fields(b=STR)]},
        fields(a=STR, b=STR),
        YES,
        NO,
    ),
    ({"allOf": [ref("X")]}, ref("X"), YES, YES),
    (ref("X"), fields("a", a=STR), YES, YES),
    ({"allOf": [ref("X"), fields("b", b=STR)]}, ref("X"), YES, NO),
    (tagged("Cat", cat="Cat"), tagged("Cat", "Dog", cat="Cat", dog="Dog"), YES, NO),
    (tagged("Cat", "Dog"), tagged("Cat", "Dog", Cat="Cat", Dog="Dog"), YES, YES),
    (ref("J"), {"anyOf": [ref("J"), NUL]}, YES, NO),
]


def told(schema: Json, side: str, version: str, schemas: Json) -> Json:
    content = {"content": {"application/json": {"schema": schema}}}
    own: Json = {"responses": {"204": {"description": ""}}}
    if side == "request":
        own["requestBody"] = {**content, "required": True}
    else:
        own["responses"] = {"200": {"description": "", **content}}
    about = {"title": "", "version": "1"}
    root = {"openapi": version, "info": about, "paths": {"/a": {"post": own}}}
    return {**root, "components": {"schemas": schemas}}


SHARED = {**PETS, **X, "J": {"anyOf": [STR, items(ref("J")), mapping(ref("J"))]}}


def judged(
    writer: Json, reader: Json, side: str, versions: tuple[str, str], *schemas: Json
) -> str:
    """The verdict; each break shows a value, and the independent judge agrees with it."""
    sides = [
        told(schema, side, version, shared)
        for schema, version, shared in zip(
            (writer, reader), versions, schemas, strict=True
        )
    ]
    old, new = sides if side == "request" else sides[::-1]
    found = compare(parse(json.dumps(old)), parse(json.dumps(new)))
    for change in found:
        if change.level is Level.BREAKS:
            shown = change.counterexample
            assert shown is not None
            json.dumps(shown.value, allow_nan=False)
            at = ((old, shown.schema_old), (new, shown.schema_new))
            written, read = at if side == "request" else at[::-1]
            assert valid(*written, shown.value)
            checkable = "format-" not in change.rule
            assert not (checkable and valid(*read, shown.value))
    worst = min((change.level for change in found), default=Level.NOTICE)
    return {Level.BREAKS: NO, Level.UNDECIDED: "undecided", Level.MAY_BREAK: MAY}.get(
        worst, YES
    )


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize(
    ("first", "second", "there", "back"), VALUES + PARTS + COMPOSED
)
def test_each_pair_is_decided_with_a_payload(
    side: str, first: Json, second: Json, there: str, back: str
) -> None:
    """What is not a value of the reader's schema is found, and nothing else."""
    how = side, ("3.1.0", "3.1.0"), SHARED, SHARED
    assert _rounded(judged(first, second, *how), there) == there
    assert _rounded(judged(second, first, *how), back) == back


def _rounded(verdict: str, expected: str) -> str:
    """What may break nobody's consumer but a careless one counts as compatible."""
    return YES if verdict == MAY and expected == YES else verdict


RECURSIVE: list[tuple[Json, Json, str, str]] = [
    ({"Node": node(INT)}, {"Node": node(NUM)}, YES, NO),
    ({"Node": node(INT)}, {"Node": {"allOf": [node(INT)]}}, YES, YES),
    (
        {"Node": fields("v", v=INT, next={"oneOf": [ref("Node"), NUL]})},
        {"Node": fields("v", v=NUM, next={"anyOf": [NUL, ref("Node")]})},
        YES,
        NO,
    ),
    (
        {"Node": node(INT)},
        {"Node": fields("v", v=INT, next=ref("Tail")), "Tail": node(INT, "Tail")},
        YES,
        YES,
    ),
    (
        {"Node": node(INT)},
        {
            "Node": {
                **node(INT),
                "properties": {"v": INT, "next": {"allOf": [node(INT)]}},
            }
        },
        YES,
        YES,
    ),
]


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize(("first", "second", "there", "back"), RECURSIVE)
def test_schemas_that_contain_themselves_are_decided(
    side: str, first: Json, second: Json, there: str, back: str
) -> None:
    """Recursion ends, and a change inside is found however deep it is used."""
    how = ref("Node"), ref("Node"), side, ("3.1.0", "3.1.0")
    assert judged(*how, first, second) == there
    assert judged(*how, second, first) == back


UPGRADES: list[tuple[Json, Json]] = [
    (text(nullable=True), {"type": ["string", "null"]}),
    (text(nullable=True, enum=["a", None]), {"enum": ["a", None]}),
    (whole(minimum=0, exclusiveMinimum=True), whole(exclusiveMinimum=0)),
    (whole(minimum=0, exclusiveMinimum=False), whole(minimum=0)),
    ({**ref("X"), "nullable": True}, ref("X")),
    (fields("a", a={**ref("X"), "description": "old"}), fields("a", a=ref("X"))),
    (text(example="a"), text(examples=["a"])),
]


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize(("old", "new"), UPGRADES)
def test_a_new_dialect_alone_breaks_nobody(side: str, old: Json, new: Json) -> None:
    """OpenAPI 3.0 and 3.1 spell the same thing differently."""
    how = side, ("3.0.3", "3.1.0"), X, X
    assert judged(old, new, *how) == YES
    assert judged(new, old, side, ("3.1.0", "3.0.3"), X, X) == YES


def test_a_nullable_that_is_read_in_two_ways_is_undecided() -> None:
    """OpenAPI 3.0 does not say plainly what `nullable` means beside `allOf`."""
    schema, plain = {"nullable": True, "allOf": [ref("X")]}, ref("X")
    how = "request", ("3.0.3", "3.0.3"), X, X
    assert judged(schema, plain, *how) == "undecided"
    assert judged(plain, schema, *how) == YES
    sides = [told(fields(x=s), "request", "3.0.3", X) for s in (schema, plain)]
    (change,) = compare(*(parse(json.dumps(side)) for side in sides))
    assert "3.0 reads `nullable` without `type` in two ways" in change.summary
    assert '{"x": null}' in change.summary


@pytest.mark.parametrize("kind", [{}, STR])
def test_a_nullable_that_an_enum_contradicts_may_mean_null(kind: Json) -> None:
    """The `enum` lists no null, so by the letter `nullable` changes nothing."""
    schema, plain = {**kind, "enum": ["a"], "nullable": True}, {**kind, "enum": ["a"]}
    for side in ("request", "response"):
        how = side, ("3.0.3", "3.0.3"), X, X
        assert judged(schema, plain, *how) == MAY
        assert judged(plain, schema, *how) == YES


def test_a_discriminators_value_counts() -> None:
    """A value that no longer announces its alternative breaks who sends it."""
    old, new = (
        tagged("Cat", "Dog", cat="Cat", dog="Dog"),
        tagged("Cat", "Dog", cat="Cat"),
    )
    sides = [parse(json.dumps(told(s, "request", "3.1.0", PETS))) for s in (old, new)]
    (change,) = compare(*sides)
    assert (change.rule, change.level) == ("request-enum-value-removed", Level.BREAKS)
    assert change.counterexample.value["k"] == "dog"


def both(schema: Json, **schemas: Json) -> Document:
    """A document that asks for the schema, and answers with it."""
    asked, answered = (
        told(schema, s, "3.1.0", schemas) for s in ("request", "response")
    )
    asked["paths"]["/b"] = answered["paths"]["/a"]
    return parse(json.dumps(asked))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "not": ref("X")},
        {"type": "object", "if": ref("X"), "then": {"required": ["z"]}},
        {"type": "array", "contains": ref("X")},
        mapping(INT, propertyNames=ref("X")),
        {"type": "object", "allOf": [{"not": ref("X")}, {"minProperties": 1}]},
    ],
)
def test_a_reference_under_the_same_words_may_have_changed(schema: Json) -> None:
    """Equal conditions prove nothing where the component that they name changed."""
    parts = [fields("a", a=INT), fields("a", a=STR)]
    if "propertyNames" in schema:
        parts = [text(maxLength=3), text(maxLength=2)]
    old, new = (both(schema, X=part) for part in parts)
    for pair in ((old, new), (new, old)):
        assert any(c.level <= Level.UNDECIDED for c in compare(*pair))
    assert compare(old, old) == ()


def test_a_break_beside_an_unread_part_is_shown() -> None:
    """The unread part is undecided, and does not hide the break of its neighbour."""
    lost = {"$ref": "elsewhere.json"}
    old, new = (
        both(schema) for schema in (fields(a=lost, b=INT), fields(a=lost, b=STR))
    )
    found = compare(old, new)
    assert {change.level for change in found} == {Level.BREAKS, Level.UNDECIDED}
    for change in found:
        if change.level is Level.BREAKS:
            assert list(change.counterexample.value) == ["b"]
        else:
            assert "elsewhere.json" in change.summary


@pytest.mark.parametrize("keyword", ["not", "then", "contains", "items"])
def test_what_was_not_read_is_named(keyword: str) -> None:
    """Wherever it stands, the reason is that of the reference."""
    schema = {"if": {}, keyword: {"$ref": "elsewhere.json"}}
    old = both(schema)
    found = compare(old, old)
    assert found
    assert all("elsewhere.json was not read" in change.summary for change in found)
