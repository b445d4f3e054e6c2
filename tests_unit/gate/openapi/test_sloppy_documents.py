"""Documents that are slightly wrong somewhere, as people write them."""

import copy
import json
from typing import Any

import pytest

from gate.openapi import Change, Level, compare, parse

Json = Any
Q9: Json = {"type": "integer", "maximum": 9}
DOCUMENT: Json = {
    "openapi": "3.0.3",
    "info": {"title": "shop", "version": "1"},
    "paths": {
        "/a": {
            "get": {
                "parameters": [{"name": "q", "in": "query", "schema": Q9}],
                "responses": {
                    "200": {
                        "description": "",
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/S"}
                            }
                        },
                    },
                    "204": {"description": ""},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "S": {
                "type": "object",
                "required": ["x"],
                "properties": {"x": {"type": "string"}, "z": {"type": "integer"}},
            },
            "Unused": {"type": "string"},
        }
    },
}
Path = tuple[str | int, ...]
GET: Path = ("paths", "/a", "get")
EMPTY: Path = (*GET, "responses", "204")
S: Path = ("components", "schemas", "S")
X: Path = (*S, "properties", "x")
Z: Path = (*S, "properties", "z")
Q: Path = (*GET, "parameters", 0)
ODDITIES: list[tuple[Path, Json]] = [
    *(
        (path, None)
        for path in [("info",), ("servers",), EMPTY, Z, (*S, "description")]
    ),
    *(
        ((*GET, name), None)
        for name in ("security", "callbacks", "requestBody", "tags")
    ),
    *(((*EMPTY, name), None) for name in ("content", "headers", "links")),
    *(((*S, name), None) for name in ("additionalProperties", "allOf", "minLength")),
    *(((*Q, name), None) for name in ("required", "style", "explode")),
    (("info",), "a title"),
    (("servers",), ["https://shop.example"]),
    (("paths", "b"), {"get": {}}),
    (("paths", "/b"), "a path"),
    ((*GET, "deprecated"), "yes"),
    ((*GET, "security"), {}),
    ((*GET, "parameters", 1), {"name": "r", "in": "query"}),
    ((*GET, "parameters", 1), {"name": "r", "schema": {}}),
    ((*GET, "parameters", 1), {"in": "body", "name": "r"}),
    ((*GET, "responses", "5xx"), {"description": ""}),
    ((*GET, "responses", "x-note"), 1),
    ((*GET, "responses", "201"), "created"),
    ((*EMPTY, "content"), []),
    ((*EMPTY, "content"), {"application/json": {"schema": ""}}),
    ((*X, "required"), True),
    ((*X, "nullable"), "false"),
    ((*X, "maxLength"), "9"),
    ((*X, "readOnly"), None),
    ((*S, "required"), ["x", "x"]),
    ((*S, "additionalProperties"), "true"),
    *((Z, schema) for schema in ("integer", {"type": "any"}, {"type": "file"})),
    *(
        (Z, schema)
        for schema in ({"type": "String"}, {"type": "string", "pattern": "["})
    ),
    *((Z, schema) for schema in ({"enum": ["a", "a"]}, {"enum": []}, {"enum": "a"})),
    *((Z, schema) for schema in ({"allOf": [None]}, {"items": [{}]}, {"format": "x"})),
    *((Z, schema) for schema in ({"type": "array"}, {"example": [], "type": "string"})),
    (("components", "schemas", "Unused"), "broken"),
    (("components", "schemas", "Unused"), {"$ref": "#/components/schemas/None"}),
    (("components", "parameters"), []),
]
names = ["/".join(map(str, path[-2:])) + f" {json.dumps(v)}" for path, v in ODDITIES]
odd = pytest.mark.parametrize(("path", "value"), ODDITIES, ids=names)


def changed(document: Json, path: Path, value: Json) -> Json:
    """A copy with `value` at `path`."""
    found = here = copy.deepcopy(document)
    for name in path[:-1]:
        here = here[name]
    if isinstance(here, list) and path[-1] == len(here):
        here.append(value)
    else:
        here[path[-1]] = value
    return found


def said(old: Json, new: Json) -> list[Change]:
    found = compare(*(parse(json.dumps(each)) for each in (old, new)))
    return [change for change in found if change.level < Level.NOTICE]


@odd
def test_what_is_odd_on_both_sides_changes_nothing(path: Path, value: Json) -> None:
    """The same oddity in both documents is no finding, wherever it stands."""
    document = changed(DOCUMENT, path, value)
    assert said(document, changed(document, (*GET, "summary"), "new")) == []


@odd
def test_what_is_odd_hides_no_break(path: Path, value: Json) -> None:
    """A break beside an oddity is found, as if it were not there."""
    document = changed(DOCUMENT, path, value)
    for place, schema in (
        (X, {"type": "integer"}),
        ((*Q, "schema"), {**Q9, "maximum": 5}),
    ):
        (change,) = said(document, changed(document, place, schema))
        assert change.level is Level.BREAKS


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ((*GET, "responses", "204"), "none", {"description": ""}),
        (Z, {"type": "any"}, {"type": "file"}),
        (Z, {"type": "string", "pattern": "["}, {"type": "string", "pattern": "("}),
        (Z, {"type": "any"}, {"type": "object"}),
        ((*GET, "security"), {"key": []}, {"other": []}),
    ],
)
def test_an_oddity_that_changed_is_undecided(path: Path, old: Json, new: Json) -> None:
    """Nobody can tell what a part meant that could not be read."""
    before, after = (changed(DOCUMENT, path, each) for each in (old, new))
    for pair in ((before, after), (after, before)):
        assert any(change.level is Level.UNDECIDED for change in said(*pair))


def test_numbers_and_flags_in_quotes_are_read() -> None:
    """A bound in quotes is a bound, and `nullable` in quotes means null."""
    nine, five = (changed(DOCUMENT, (*X, "maxLength"), each) for each in ("9", "5"))
    assert said(nine, changed(DOCUMENT, (*X, "maxLength"), 9)) == []
    (wider,) = said(five, nine)
    assert wider.rule == "response-length-widened"
    (null,) = said(DOCUMENT, changed(DOCUMENT, (*X, "nullable"), "true"))
    assert null.rule == "response-became-nullable"


def test_status_ranges_in_lower_case_are_ranges() -> None:
    """`2xx` speaks of the same answers as `2XX`."""
    small, large = (
        changed(
            DOCUMENT,
            (*GET, "responses"),
            {name: DOCUMENT["paths"]["/a"]["get"]["responses"]["200"]},
        )
        for name in ("2xx", "2XX")
    )
    assert said(small, large) == said(large, small) == []
    (change,) = said(small, changed(large, X, {"type": "integer"}))
    assert change.counterexample.exchange.status == 200
