"""Breaks that hide: behind a union in a union, an odd part, a flag of one part only."""

import json
from typing import Any

import pytest

from gate.openapi import Change, Level, compare, parse
from tests_unit.gate.fakes.api import INT, STR, fields

Json = Any
BOOL = {"type": "boolean"}
ODD = {"$ref": "#/components/schemas/Odd"}


def compared(
    old: Json, new: Json, side: str = "request", odd: tuple[Json, Json] = ({}, {})
) -> tuple[Change, ...]:
    """The changes between two schemas on one side, with a component `Odd` beside them."""
    sides = []
    for schema, component in zip((old, new), odd, strict=True):
        content = {"content": {"application/json": {"schema": schema}}}
        operation: Json = {"requestBody": content, "responses": {}}
        if side == "response":
            operation = {"responses": {"200": {"description": "", **content}}}
        told = {
            "openapi": "3.0.3",
            "info": {"title": "t", "version": "1"},
            "paths": {"/a": {"post": operation}},
            "components": {"schemas": {"Odd": component}},
        }
        sides.append(parse(json.dumps(told)))
    old_document, new_document = sides
    return compare(old_document, new_document)


def broken(*how: Any) -> Any:
    """The payload of the only break."""
    (change,) = (c for c in compared(*how) if c.level is Level.BREAKS)
    assert change.counterexample is not None
    return change.counterexample.value


@pytest.mark.parametrize("union", ["oneOf", "anyOf"])
@pytest.mark.parametrize("second", [{"enum": ["b"]}, {**STR, "pattern": "^b$"}])
def test_an_alternative_that_became_ambiguous_is_found(
    union: str, second: Json
) -> None:
    """A `oneOf` inside an alternative refuses what two of its own take."""
    inner = {"oneOf": [STR, second]}
    assert broken({union: [STR, BOOL]}, {union: [inner, BOOL]}) == "b"
    old, new = fields(a={union: [STR, BOOL]}), fields(a={union: [inner, BOOL]})
    assert broken(old, new) == {"a": "b"}
    assert broken(STR, inner) == "b"
    assert compared(inner, inner) == ()


def test_a_length_that_no_text_has_refuses_all() -> None:
    """More than the most is no way to write a length; it leaves nothing."""
    old = {**STR, "minLength": 1, "maxLength": 1}
    assert broken(old, {**old, "maxLength": 0}) == "a"


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize("odd", ["a text", {}, None])
def test_an_empty_or_odd_component_hides_no_neighbour(side: str, odd: Json) -> None:
    """What stands beside it in an `allOf` is compared, under its own name."""
    old, new = ({"allOf": [ODD, fields("b", b=kind)]} for kind in (STR, INT))
    shown = "a" if side == "request" else 0
    assert broken(old, new, side, (odd, odd)) == {"b": shown}
    assert all(c.level is Level.NOTICE for c in compared(old, old, side, (odd, odd)))


def test_an_empty_reference_is_none() -> None:
    """YAML reads `$ref:` with nothing behind it as null."""
    assert compared({**STR, "$ref": None}, STR) == ()
    assert broken({**STR, "$ref": None}, INT) == "a"


@pytest.mark.parametrize(
    ("side", "flag"), [("request", "readOnly"), ("response", "writeOnly")]
)
def test_a_field_that_is_one_way_in_one_part_only_proves_nothing(
    side: str, flag: str
) -> None:
    """Whether the other part still asks for it is read in two ways."""
    schema = {"allOf": [ODD, fields("a", a={})]}
    flagged, plain = fields("a", a={**BOOL, flag: True}), fields("a", a=BOOL)
    sides = (flagged, plain) if side == "request" else (plain, flagged)
    (change,) = compared(schema, schema, side, sides)
    assert change.level is Level.UNDECIDED
    alone = {"allOf": [ODD, {"required": ["a"]}]}
    assert broken(alone, alone, side, sides) == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"enum": [{"a": 1}]}, {"enum": [{"a": True}]}),
        ({"enum": [[1]]}, {"enum": [[True]]}),
        (
            {"type": "integer", "enum": [1]},
            {"allOf": [{"enum": [1]}, {"enum": [True]}]},
        ),
    ],
)
def test_one_is_not_true_however_deep_it_stands(old: Json, new: Json) -> None:
    """JSON tells them apart, and 1 from 1.0 it does not."""
    assert broken(old, new) == old["enum"][0]
    assert compared({"enum": [[1]]}, {"enum": [[1.0]]}) == ()


@pytest.mark.parametrize(
    "old",
    [
        {"type": "object", "patternProperties": {"^x-": STR}},
        {"type": "object", "properties": {"c": STR}, "required": ["x-a"]},
    ],
)
def test_a_field_that_is_only_patterned_or_only_required_is_sent(old: Json) -> None:
    """What its presence asks of the others concerns old consumers too."""
    new = {**old, "dependentRequired": {"x-a": ["x-b"]}}
    assert broken(old, new).keys() == {"x-a"}


def test_a_payload_that_only_one_reading_allows_proves_nothing() -> None:
    """Whatever was compared before at the same place."""
    flagged = fields("", a={**STR, "readOnly": True}, b=STR)
    old = {"allOf": [flagged, fields("a", a=STR)]}
    levels = {c.level for c in compared(old, {**old, "minProperties": 1})}
    assert levels == {Level.UNDECIDED}
