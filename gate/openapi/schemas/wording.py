"""Rule ids and sentences for what goes wrong between a writer and a reader."""

import json
from typing import Any

from gate.openapi.changes import Direction

_SHOWN = 60

_REQUEST = {
    "field-removed": (
        "field-required",
        "{name} is new and required; requests without it, as before, are refused",
    ),
    "field-optional": (
        "field-became-required",
        "{name} was optional and is now required; requests that leave it out are refused",
    ),
    "field-refused": (
        "field-refused",
        "{name} is no longer accepted; requests that send it are refused",
    ),
    "field-ignored": (
        "field-removed",
        "{name} is no longer declared; what consumers send there may be ignored",
    ),
    "annotation": (
        "format-changed",
        "{where} has another format, which only the service knows how to check",
    ),
    "discriminator": (
        "discriminator-added",
        "{where} has a discriminator now; requests that lack it may be refused",
    ),
    "discriminator-told": (
        "discriminator-changed",
        "{where} is told apart by {detail}; the service may take old requests for others",
    ),
    "deprecated": ("field-deprecated", "{where} is now deprecated"),
    "default": ("default-changed", "{where} has another default now: {detail}"),
    "content": ("content-changed", "{where} has another {detail}"),
    "extensible": ("extensible-enum-changed", "{where} lists other possible values"),
    "fields-closed": (
        "fields-closed",
        "{where} no longer takes the undeclared fields that it took before",
    ),
    "type-changed": (
        "type-changed",
        "{where} no longer accepts {detail}; requests that send it are refused",
    ),
    "alternative": (
        "alternative-removed",
        "{where} no longer accepts {detail}; requests that send it are refused",
    ),
    "null": (
        "null-refused",
        "{where} no longer accepts null; requests that send it are refused",
    ),
    "null-unlisted": (
        "null-refused",
        "{where} has lost `nullable`; null, which its `enum` did not list, may be refused",
    ),
    "enum": (
        "enum-value-removed",
        "{where} no longer accepts {detail}; requests that send it are refused",
    ),
    "enum-limits": (
        "enum-added",
        "{where} now accepts listed values only, and refuses for instance {detail}",
    ),
    "one-of": (
        "one-of-ambiguous",
        "{where} must match exactly one alternative, and {detail} now does not",
    ),
}
_RESPONSE = {
    "field-removed": (
        "field-removed",
        "{name} is gone from the answer; consumers that read it find nothing",
    ),
    "field-optional": (
        "field-became-optional",
        "{name} was always there and may now be missing; consumers that rely on it fail",
    ),
    "field-refused": (
        "field-added-to-closed",
        "{name} is new in an answer that was closed; strict consumers refuse it",
    ),
    "field-removed-optional": (
        "optional-field-removed",
        "{name}, which was optional, is gone; consumers that read it never find it",
    ),
    "annotation": (
        "format-changed",
        "{where} has another format, which only the consumer knows how to check",
    ),
    "discriminator": (
        "discriminator-removed",
        "{where} has lost its discriminator; consumers that rely on it may fail",
    ),
    "discriminator-told": (
        "discriminator-changed",
        "{where} is told apart by {detail}; consumers that go by the former may fail",
    ),
    "deprecated": ("field-deprecated", "{where} is now deprecated"),
    "content": ("content-changed", "{where} has another {detail}"),
    "extensible": ("extensible-enum-changed", "{where} lists other possible values"),
    "fields-closed": (
        "fields-opened",
        "{where} may hold undeclared fields, which the old document did not allow",
    ),
    "type-changed": (
        "type-changed",
        "{where} may now be {detail}, which consumers were never told to expect",
    ),
    "alternative": (
        "alternative-added",
        "{where} may now be {detail}, which consumers were never told to expect",
    ),
    "null": (
        "became-nullable",
        "{where} may now be null; consumers that expect a value fail",
    ),
    "null-unlisted": (
        "became-nullable",
        "{where} has become `nullable`; it may be null, which its `enum` does not list",
    ),
    "enum": (
        "enum-value-added",
        "{where} may now be {detail}; consumers that handle the listed values only fail",
    ),
    "enum-limits": (
        "enum-removed",
        "{where} is no longer limited to the listed values and may be {detail}",
    ),
    "one-of": (
        "one-of-ambiguous",
        "{where} matched exactly one alternative, and {detail} does not",
    ),
}
_GROUPS = {
    "range": "range",
    "multiple": "multiple",
    "length": "length",
    "pattern": "pattern",
    "format": "format",
    "enum": "list of values",
    "items-count": "number of items",
    "properties-count": "number of fields",
    "contains": "set of required items",
    "property-names": "set of field names",
    "conditions": "set of conditions",
    "unreadable": "schema",
}


def noun(group: str) -> str:
    """What a group of keywords is about."""
    return _GROUPS.get(group, group)


def say(
    direction: Direction, what: str, path: str, of: str, detail: str
) -> tuple[str, str]:
    """The rule id and the sentence for one kind of trouble at `path` of component `of`."""
    rule, pattern = _worded(direction, what)
    return rule, _filled(pattern, path, of, detail)


def doubted(direction: Direction, what: str, path: str, of: str, detail: str) -> str:
    """The sentence for what may be trouble, and is neither shown nor refuted."""
    _, pattern = _worded(direction, what)
    plain = pattern.partition(";")[0].partition(", which")[0]  # without its effect
    sentence = _filled(plain, path, of, detail)
    return f"it may be that {sentence}: neither an example nor a proof was found"


def _worded(direction: Direction, what: str) -> tuple[str, str]:
    """The rule id and the pattern of the sentence."""
    request = direction is Direction.REQUEST
    if what == "undecided":
        side = "requests" if request else "answers"
        pattern = f"whether {{where}} in {side} is still compatible is unknown: "
        return what, pattern + "{detail}"
    table = _REQUEST if request else _RESPONSE
    if what in table:
        rule, pattern = table[what]
        return f"{direction}-{rule}", pattern
    group = _GROUPS[what]
    if request:
        pattern = "{where} has a narrower GROUP; for instance {detail} is refused"
        return f"request-{what}-narrowed", pattern.replace("GROUP", group)
    pattern = "{where} has a wider GROUP; consumers now meet for instance {detail}"
    return f"response-{what}-widened", pattern.replace("GROUP", group)


def _filled(pattern: str, path: str, of: str, detail: str) -> str:
    part = f" of {of}" if of else ""
    where = f"`{path}`{part}" if path else (of or "the body")
    return pattern.format(name=where, where=where, detail=detail)


def perhaps_null(direction: Direction, payloads: list[Any]) -> str:
    """What is said of `nullable` without `type`, with the first payload if there is one."""
    example = f" on {shown(payloads[0])}" if payloads else ""
    if direction is Direction.REQUEST:
        fails = f"if it meant null, requests that send null now fail{example}"
    else:
        fails = f"if it means null, consumers that expect a value fail{example}"
    return f"3.0 reads `nullable` without `type` in two ways; {fails}"


def shown(value: Any) -> str:
    """A value as sentences show it: JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
