"""Reading a document: what is not one is refused in a sentence."""

import json
from typing import Any

import pytest

from gate.openapi import NotOpenApi, parse
from gate.openapi.documents import Document, Unresolvable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("<html>not found</html>", "not JSON"),
        ("openapi: 3.1.0", "not JSON"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("[]", "array"),
        ("null", "null"),
        ('"3.1.0"', "string"),
        ("{}", "no `openapi` member"),
        ('{"swagger": "2.0", "paths": {}}', "Swagger 2.0"),
        ('{"openapi": 3.1, "paths": {}}', "expected a version"),
        ('{"openapi": "4.0.0", "paths": {}}', "4.0.0"),
        ('{"openapi": "3.1.0"}', "`paths`"),
        ('{"openapi": "3.1.0", "paths": []}', "array"),
        ('{"openapi": "3.1.0", "openapi": "3.1.0", "paths": {}}', "twice"),
        ('{"openapi": "3.1.0", "paths": {}, "x": NaN}', "NaN"),
        (
            '{"openapi": "3.1.0", "paths": {}, "x": ' + "[" * 200 + "]" * 200 + "}",
            "deep",
        ),
        ("[" * 100_000, "deep"),
    ],
)
def test_what_is_not_a_document_is_refused(text: str | bytes, said: str) -> None:
    """A document that is not one is refused, and the message says what was found."""
    with pytest.raises(NotOpenApi, match=said):
        parse(text)


def test_size_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document larger than the cap is refused before it is parsed."""
    monkeypatch.setattr("gate.openapi.documents.MAX_BYTES", 10)
    with pytest.raises(NotOpenApi, match="at most 10"):
        parse('{"openapi": "3.1.0", "paths": {}}')


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.1", "3.2.0"])
def test_versions(version: str) -> None:
    """OpenAPI 3.0, 3.1 and 3.2 are read, from text and from bytes."""
    text = json.dumps({"openapi": version, "paths": {}})
    assert parse(text) == parse(text.encode())
    assert parse(text).is_3_0 == (version == "3.0.3")


@pytest.mark.parametrize(
    ("reference", "found"),
    [("#", "root"), ("#/a~1b", 1), ("#/c%20d/1", 3), ("#/e~0f", 4)],
)
def test_references(reference: str, found: Any) -> None:
    """References are JSON pointers: escapes and list positions are understood."""
    root = {"a/b": 1, "c d": [2, 3], "e~f": 4}
    document = Document("3.1.0", root)
    assert document.at(reference) == (root if found == "root" else found)


@pytest.mark.parametrize("reference", ["#/nowhere", "#/a/9", "other.json#/a", "#/a/b"])
def test_references_that_lead_nowhere(reference: str) -> None:
    """A reference out of the document, or to nothing in it, is told apart."""
    with pytest.raises(Unresolvable):
        Document("3.1.0", {"a": [1]}).at(reference)


def test_circular_references_end() -> None:
    """Objects that stand for each other in a circle are refused, not followed."""
    root = {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}
    with pytest.raises(Unresolvable, match="itself"):
        Document("3.1.0", root).follow(root["a"], "/a")
