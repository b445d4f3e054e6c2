"""Reading a document: what is not one is refused in a sentence that names the place."""

import json
import re
from typing import Any

import pytest

from gate.openapi import Document, NotOpenApi, parse
from gate.openapi.documents.document import MAX_BYTES, Unresolvable

Json = Any
EMPTY = '{"openapi": "3.1.0", "paths": {}}'


def with_member(text: str) -> str:
    return '{"openapi": "3.1.0", "paths": {},\n "x": ' + text + "}"


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "empty", id="empty file"),
        pytest.param(" \n\t", "empty", id="blank file"),
        pytest.param("# only a comment", "null", id="comments alone"),
        pytest.param("<!DOCTYPE html><p>not found", "web page or XML", id="HTML"),
        pytest.param("Not found", "a string", id="prose"),
        pytest.param("a: b: c", "line 1, column 5: .*neither JSON nor", id="no YAML"),
        pytest.param('{"a" 1}', "line 1, column 6: .*neither JSON", id="no JSON"),
        pytest.param('{"openapi": "3.1.0",', "line 1, column 21", id="half of a JSON"),
        pytest.param(EMPTY + EMPTY, "line 1, column 34", id="two in one text"),
        pytest.param(b"\xff\xfea\x00", "UTF-16.* save it as UTF-8", id="UTF-16, BOM"),
        pytest.param("{}".encode("utf-16-be"), "UTF-16", id="UTF-16"),
        pytest.param(b"openapi: 3.1.0\nx: \xe9", "line 2: .*UTF-8", id="Latin-1"),
        pytest.param(b"\x00\x01\x02", "binary", id="binary"),
        pytest.param(b"\x1f\x8b\x08\x00", "line 1: .*UTF-8", id="compressed"),
        pytest.param("[]", "an array", id="array"),
        pytest.param("null", "null", id="null"),
        pytest.param('"3.1.0"', "a string", id="string"),
        pytest.param("{}", "no `openapi` member", id="another JSON"),
        pytest.param('{"swagger": "2.0", "paths": {}}', "convert it", id="Swagger"),
        pytest.param('{"openapi": 3, "paths": {}}', "/openapi: .*quotes", id="3"),
        pytest.param(
            '{"openapi": "3.1.0", "paths": []}', "/paths: found an array", id="a list"
        ),
        pytest.param('{"openapi": "4.0.0", "paths": {}}', "'4.0.0'", id="version 4"),
        pytest.param(
            with_member('{"a": [{"b": 1, "b": 2}]}'),
            "/x/a/0: found the name 'b' twice",
            id="name twice",
        ),
        pytest.param(with_member("[NaN]"), "/x/0: found NaN", id="NaN"),
        pytest.param(with_member("-Infinity"), "/x: found -Infinity", id="infinity"),
        pytest.param(with_member("1e999"), "/x: found 1e999", id="number too large"),
        pytest.param(with_member("9" * 5000), "/x: .*5,000 digits", id="many digits"),
        pytest.param(
            with_member('{"a": "\\ud83d"}'), "/x/a: .*surrogate", id="half a character"
        ),
        pytest.param(
            with_member('{"\\udc00": 1}'), "/x: .*surrogate", id="half in a name"
        ),
        pytest.param(with_member(deep(200)), "128 levels deep", id="nested deeply"),
        pytest.param("[" * 1_000_000, "levels deep", id="nested endlessly"),
        pytest.param(
            with_member("[" + "0," * 2_000_000 + "0]"), "2,000,000", id="many"
        ),
        pytest.param(" " * (MAX_BYTES + 1), "50,000,001 bytes", id="too long"),
    ],
)
def test_what_is_not_a_document_is_refused(text: str | bytes, said: str) -> None:
    """A text that is no document is refused, saying what was found, and where."""
    with pytest.raises(NotOpenApi, match=said):
        parse(text)


@pytest.mark.parametrize(
    ("path_item", "said"),
    [
        ("get", "/paths/~1a: found a string; expected an object"),
        ({"get": []}, "/paths/~1a/get: found an array; expected an object"),
        ({"parameters": {}}, "/paths/~1a/parameters: found an object"),
        ({"parameters": [0]}, "/paths/~1a/parameters/0: found a number"),
        ({"get": {"responses": []}}, "/get/responses: found an array"),
        ({"get": {"responses": {"200": ""}}}, "/responses/200: found a string"),
        ({"get": {"security": {}}}, "/get/security: found an object"),
        ({"get": {"requestBody": {"required": "yes"}}}, "expected a boolean"),
        ({"get": {"parameters": [{"name": []}]}}, "/0/name: found an array"),
        ({"get": {"parameters": [{"schema": "x"}]}}, "an object or a boolean"),
        ({"get": {"$ref": "a.json"}}, "/paths/~1a/get: .* cannot be references"),
    ],
)
def test_parts_of_the_wrong_type_are_left_out(path_item: Any, said: str) -> None:
    """Where operations are described, such a part is as good as empty, and named."""
    text = json.dumps({"openapi": "3.1.0", "paths": {"/a": path_item}})
    document = parse(text)
    ((pointer, odd),) = document.odd.items()
    assert re.search(said, odd.said)
    assert document.at("#" + pointer) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"name": 5}, {"name": "5"}),
        (
            {"required": "true", "explode": "False"},
            {"required": True, "explode": False},
        ),
    ],
)
def test_what_was_meant_is_read(written: Json, meant: Json) -> None:
    """Flags in quotes and names without them leave no doubt."""
    found = [
        parse(json.dumps({"openapi": "3.1.0", "paths": {"/a": {"parameters": [each]}}}))
        for each in (written, meant)
    ]
    assert found[0] == found[1]
    assert not found[0].odd


@pytest.mark.parametrize(
    "member",
    [
        {"paths": {"/a": {"get": {"parameters": None, "responses": {"200": None}}}}},
        {"paths": {"x-note": "text", "/a": {"get": {"responses": {"x-note": 1}}}}},
        {"paths": {"/a": {"get": {"parameters": [{"$ref": "#/a", "name": 1}]}}}},
        {"paths": {"/a": {"get": {"callbacks": {"c": {"$ref": "#/c"}}}}}},
        {"paths": None, "webhooks": {"w": {"post": {}}}},
        {"components": {"schemas": {"A": True}}},
    ],
)
def test_what_is_harmless_is_read(member: Any) -> None:
    """Empty members, extensions, what stands beside a reference, webhooks alone."""
    document = parse(json.dumps({"openapi": "3.1.0", **member}))
    assert isinstance(document.root["paths"], dict)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.1", "3.2.0"])
def test_versions(version: str) -> None:
    """OpenAPI 3.0, 3.1 and 3.2 are read, from text and from bytes, marked or not."""
    text = json.dumps({"openapi": version, "paths": {}})
    assert parse(text) == parse(text.encode()) == parse(b"\xef\xbb\xbf" + text.encode())
    assert parse(text).is_3_0 == (version == "3.0.3")


@pytest.mark.parametrize("written", ["3.0", "'3.0.x'", '" 3.0.3 "'])
def test_versions_as_people_write_them(written: str) -> None:
    """Without quotes a version is a number in YAML; it is read all the same."""
    assert parse(f"openapi: {written}\npaths: {{}}").is_3_0


@pytest.mark.parametrize(
    ("reference", "found"),
    [("#", "root"), ("#/a~1b", 1), ("#/c%20d/1", 3), ("#/e~0f", 4)],
)
def test_references(reference: str, found: Any) -> None:
    """References are JSON pointers: escapes and list positions are understood."""
    root = {"a/b": 1, "c d": [2, 3], "e~f": 4}
    document = Document("3.1.0", root)
    assert document.at(reference) == (root if found == "root" else found)


@pytest.mark.parametrize(
    "reference",
    [
        *("#/nowhere", "#/a/9", "other.json#/a", "#/a/b", "#anchor", ""),
        *("#/a/01", "#/a/-1", "#/a/²", "#/a/" + "9" * 5000),
    ],
)
def test_references_that_lead_nowhere(reference: str) -> None:
    """A reference out of the document, or to nothing in it, is told apart."""
    with pytest.raises(Unresolvable):
        Document("3.1.0", {"a": [1]}).at(reference)


def test_circular_references_end() -> None:
    """Objects that stand for each other in a circle are refused, not followed."""
    root = {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}
    with pytest.raises(Unresolvable, match="itself"):
        Document("3.1.0", root).follow(root["a"], "/a")


@pytest.mark.parametrize("text", ["openapi: 3.0.1\npaths:\n", '{"openapi": "3.1.0"}'])
def test_a_document_without_paths_has_no_operations(text: str) -> None:
    """An API that has not begun, or left everything, can be compared all the same."""
    assert parse(text).root["paths"] == {}
