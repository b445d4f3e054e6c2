"""Payloads: the smallest valid one is found beside whatever else is asked."""

import json
from typing import Any

import pytest

from gate.openapi import Change, Document, Level, compare, parse
from tests_unit.gate.fakes.api import INT, STR, answered, fields, sent
from tests_unit.gate.fakes.oracle import valid

Json = Any
K = {"enum": ["a", "b"]}
IS_A = {"properties": {"k": {"const": "a"}}}
BESIDE: dict[str, Json] = {
    "above zero": fields("p", p={"type": "number", "exclusiveMinimum": 0}),
    "a narrow gap": fields(
        "p", p={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-9}
    ),
    "a multiple": fields(
        "p", p={"type": "number", "multipleOf": 0.07, "exclusiveMinimum": 0.07}
    ),
    "listed and bounded": fields("p", p={**INT, "enum": [1, 2, 3], "minimum": 3}),
    "a long address": fields("p", p={**STR, "format": "email", "minLength": 40}),
    "condition met": {**fields("k", k=K), "if": IS_A, "then": {"required": ["z"]}},
    "one of two conditions": {
        **fields("k", k=K),
        "allOf": [
            {"if": {"properties": {"k": {"const": k}}}, "then": {"required": [k]}}
            for k in "ab"
        ],
    },
    "names by pattern": {
        **fields(),
        "propertyNames": {"pattern": "^(n|x-.*)$"},
        "minProperties": 4,
    },
    "fields by pattern": {
        **fields(),
        "patternProperties": {"^x-": {**INT, "exclusiveMinimum": 3}},
        "additionalProperties": False,
        "minProperties": 4,
    },
    "what comes with it": {
        **fields(),
        "dependentSchemas": {"n": fields("m", m={**INT, "minimum": 10})},
    },
    "not that": {**fields("p", p=STR), "not": {"properties": {"p": {"enum": ["a"]}}}},
    "an unread optional field": fields(p={"type": "any"}),
}


def only(old: Document, new: Document) -> Change:
    (change,) = compare(old, new)
    return change


def separates(old: Document, new: Document, change: Change) -> bool:
    """Whether a request's payload is valid before and refused now, by JSON Schema."""
    shown = change.counterexample
    assert shown is not None
    before = valid(old.root, shown.schema_old, shown.value)
    return before and not valid(new.root, shown.schema_new, shown.value)


def with_parts(document: Document, parts: dict[str, Json]) -> Document:
    return parse(json.dumps({**document.root, "components": {"schemas": parts}}))


@pytest.mark.parametrize("beside", BESIDE)
def test_a_break_is_shown_whatever_else_the_object_asks(beside: str) -> None:
    """The rest of the payload meets the rest of the schema."""
    wide, narrow = (
        {
            **BESIDE[beside],
            "properties": {**BESIDE[beside]["properties"], "n": {**INT, **most}},
        }
        for most in ({}, {"maximum": 5})
    )
    old, new = sent(wide), sent(narrow)
    change = only(old, new)
    assert change.level is Level.BREAKS
    assert change.counterexample is not None
    assert change.counterexample.exchange is not None
    assert "unread" in beside or separates(old, new, change)


def test_what_is_neither_shown_nor_refuted_is_not_asserted() -> None:
    """A required field that nobody can read: no payload, and no claim of one."""
    old, new = (
        sent(fields("p", p={"type": "any"}, n={**INT, **most}))
        for most in ({}, {"maximum": 5})
    )
    change = only(old, new)
    assert change.level is Level.UNDECIDED
    assert "it may be that `n` has a narrower range: neither" in change.summary


def test_nothing_passes_because_declared_fields_alone_are_too_few() -> None:
    """Undeclared fields are written where the document asks for more than it names."""
    old, new = (
        sent({**fields(n=schema), "minProperties": 2})
        for schema in (INT, {**INT, "maximum": 5})
    )
    change = only(old, new)
    assert change.level is Level.BREAKS
    assert separates(old, new, change)


def told(by: str, *names: str) -> Json:
    branches = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return {"oneOf": branches, "discriminator": {"propertyName": by}}


def test_a_discriminated_payload_also_separates_by_json_schema_where_it_can() -> None:
    """A field that only one alternative takes is preferred to the bare announcement."""
    parts = {"P": fields("t", t=STR, n=STR), "E": fields("t", t=STR, n=INT)}
    old = with_parts(sent(told("t", "P", "E")), parts)
    new = with_parts(sent(told("t", "P")), parts)
    change = only(old, new)
    assert change.counterexample is not None
    assert not change.counterexample.by_discriminator
    assert separates(old, new, change)


def test_a_payload_that_needs_the_discriminator_says_so() -> None:
    """Every `E` is a `P` to JSON Schema, so the discriminator alone decides."""
    parts = {"P": fields("t", t=STR), "E": fields("t e", t=STR, e=INT)}
    old = with_parts(sent(told("t", "P", "E")), parts)
    change = only(old, with_parts(sent(told("t", "P")), parts))
    assert change.counterexample is not None
    assert change.counterexample.by_discriminator
    assert change.summary.endswith("as the discriminator `t` decides.")


@pytest.mark.parametrize("side", [sent, answered])
def test_another_discriminating_field_breaks(side: Any) -> None:
    """What announced an alternative before is not looked at any more."""
    parts = {name: fields("t u", t=STR, u=STR) for name in "PE"}
    old, new = (with_parts(side(told(by, "P", "E")), parts) for by in "tu")
    found = compare(old, new)
    assert {change.level for change in found} == {Level.BREAKS}


@pytest.mark.parametrize("side", [sent, answered])
def test_another_discriminating_field_may_break_where_both_announce(side: Any) -> None:
    """The same payloads are fine, but readers may go by the former field."""
    parts = {n: fields("t u", t={"enum": [n]}, u={"enum": [n]}) for n in "PE"}
    old, new = (with_parts(side(told(by, "P", "E")), parts) for by in "tu")
    change = only(old, new)
    assert change.level is Level.MAY_BREAK
    assert "`u` now, and not by `t`" in change.summary
