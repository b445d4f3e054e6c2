"""Files beside a document become a part of it, and nothing else does."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.openapi import Document, NotOpenApi, parse
from gate.openapi.documents.document import Unresolvable, step

Json = Any
Read = Callable[[str], bytes]


def beside(files: dict[str, str]) -> Read:
    def read(name: str) -> bytes:
        if name not in files:
            raise Unresolvable("there is no such file")
        return files[name].encode()

    return read


def bundle(
    schemas: Json, files: dict[str, str] | None = None, version: str = "3.1.0"
) -> Document:
    """A document called api.yaml with these component schemas and files beside it."""
    root = {"openapi": version, "paths": {}, "components": {"schemas": schemas}}
    return parse(json.dumps(root), beside(files or {}), "api.yaml")


def at(document: Document, name: str) -> tuple[Json, str]:
    """What a component schema stands for, and where that is in the files."""
    pointer = f"/components/schemas/{name}"
    found, pointer = document.follow(document.at(f"#{pointer}"), pointer)
    return found, document.place(pointer)


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("order.yaml", "order.yaml#"),
        ("./order.yaml#", "order.yaml#"),
        ("order.yaml#/definitions/a~1b", "order.yaml#/definitions/a~1b"),
        ("order.yaml#/definitions/c%20d", "order.yaml#/definitions/c d"),
        ("order%2Eyaml#/definitions/a~1b", "order.yaml#/definitions/a~1b"),
        ("deep/er/item.json", "deep/er/item.json#"),
        ("deep/../order.yaml", "order.yaml#"),
        ("with space.json", "with space.json#"),
        ("with%20space.json", "with space.json#"),
        ("api.yaml#/components/schemas/Own", "#/components/schemas/Own"),
        ("deep/back.json", "#/components/schemas/Own"),
        ("deep/chain.json", "order.yaml#/definitions/a~1b"),
        ("deep/list.json#/anyOf/1", "deep/er/item.json#"),
    ],
)
def test_references_lead_to_files_beside(reference: str, place: str) -> None:
    """Each is relative to the file that holds it; a pointer maps back to its file."""
    files = {
        "order.yaml": "definitions: {a/b: {title: it}, c d: {title: it}}\ntitle: it",
        "deep/er/item.json": '{"title": "it"}',
        "with space.json": '{"title": "it"}',
        "deep/back.json": '{"$ref": "../api.yaml#/components/schemas/Own"}',
        "deep/chain.json": '{"$ref": "./../order.yaml#/definitions/a~1b"}',
        "deep/list.json": '{"anyOf": [true, {"$ref": "er/item.json"}]}',
    }
    document = bundle({"A": {"$ref": reference}, "Own": {"title": "it"}}, files)
    found, where = at(document, "A")
    assert (found["title"], where) == ("it", place)
    assert document.unfollowed == {}


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("missing.yaml", "missing.yaml was not read: there is no such file"),
        ("deep/missing.yaml#/a", "deep/missing.yaml was not read"),
        ("../above.yaml", "'../above.yaml' is above the document's folder"),
        ("deep/../../above.yaml", "above the document's folder"),
        ("%2e%2e/above.yaml", "above the document's folder"),
        ("..%2fabove.yaml", "above the document's folder"),
        ("/etc/passwd", "'/etc/passwd' is not in the document's folder"),
        ("%2Fetc/passwd", "not in the document's folder"),
        ("file:///etc/passwd", "not read"),
        ("http://example.org/a.json#/b", "nothing is, over the network"),
        ("//example.org/a.json", "nothing is, over the network"),
        ("C:\\orders.yaml", "not read"),
        ("order.yaml?version=2", "not the name of a file"),
        ("http://[", "is no reference"),
        ("order.yaml#/nowhere", "order.yaml#/nowhere names nothing"),
        ("order.yaml#nowhere", "no anchor"),
        ("#nowhere", "no anchor"),
        ("#/nowhere", "names nothing"),
        ("twice.yaml", "twice.yaml was not read: line 2, column 1: found the name 'a'"),
        ("page.html", "web page"),
        ("deep/out.yaml#/one", "'../../above.yaml' is above"),
        ("deep/out.yaml#/two", "deep/missing.yaml was not read"),
        ("deep/out.yaml#/three", "deep/out.yaml#/nowhere names nothing"),
        ("deep/out.yaml#/four", "no anchor"),
        ("circle.yaml#/a", "itself"),
    ],
)
def test_what_is_not_followed_says_why(reference: str, why: str) -> None:
    """Nothing above the folder, on the network, or missing is ever taken for read."""
    files = {
        "order.yaml": "title: it",
        "twice.yaml": "a: 1\na: 2",
        "page.html": "<html>",
        "above.yaml": "title: not to be read",
        "circle.yaml": "a: {$ref: '#/b'}\nb: {$ref: 'circle.yaml#/a'}",
        "deep/out.yaml": (
            "one: {$ref: ../../above.yaml}\ntwo: {$ref: missing.yaml#/x}\n"
            "three: {$ref: '#/nowhere'}\nfour: {$ref: '#nowhere'}"
        ),
    }
    document = bundle({"A": {"$ref": reference}}, files)
    with pytest.raises(Unresolvable) as caught:
        at(document, "A")
    assert why in str(caught.value)


def test_every_kind_of_part_can_stand_in_a_file() -> None:
    """Path items, parameters, bodies, answers, headers and schemas, through each other."""
    root = {
        "openapi": "3.0.3",
        "paths": {"/orders": {"$ref": "paths/orders.yaml"}},
    }
    files = {
        "paths/orders.yaml": """
post:
  parameters:
  - $ref: ../parts.yaml#/parameters/limit
  requestBody:
    $ref: ../parts.yaml#/bodies/order
  responses:
    default: {$ref: '../parts.yaml#/default'}
""",
        "parts.yaml": """
parameters: {limit: {name: limit, in: query, schema: {$ref: '#/schemas/limit'}}}
bodies: {order: {content: {application/json: {schema: {$ref: 'order.json'}}}}}
default:
  description: refused
  headers: {X-Limit: {schema: {$ref: '#/schemas/limit'}}}
  content: {application/json: {examples: {one: {$ref: '#/examples/one'}}}}
schemas: {limit: {type: integer}}
examples: {one: {value: {$ref: 'not a reference'}}}
""",
        "order.json": '{"properties": {"parts": {"items": {"$ref": "#"}}}}',
    }
    document = parse(json.dumps(root), beside(files), "api.yaml")

    def seen(value: Json, pointer: str, *names: str | int) -> tuple[Json, str]:
        for name in names:
            if isinstance(value, dict):
                value, pointer = document.follow(value, pointer)
            value, pointer = value[name], step(pointer, name)
        return document.follow(value, pointer)

    path = document.root["paths"]["/orders"]
    post = path, "/paths/~1orders", "post"
    limit, place = seen(*post, "parameters", 0)
    assert (limit["name"], document.place(place)) == (
        "limit",
        "parts.yaml#/parameters/limit",
    )
    assert seen(limit, place, "schema")[0] == {"type": "integer"}
    answer = *post, "responses", "default"
    assert seen(*answer, "headers", "X-Limit", "schema")[0] == {"type": "integer"}
    example, _ = seen(*answer, "content", "application/json", "examples", "one")
    assert example == {"value": {"$ref": "not a reference"}}
    order = *post, "requestBody", "content", "application/json", "schema"
    itself, place = seen(*order, "properties", "parts", "items")
    assert (itself, document.place(place)) == (seen(*order)[0], "order.json#")
    assert document.unfollowed == {}


def test_data_is_no_reference() -> None:
    """What an enum, const, default or example holds is data, whatever it looks like."""
    data = {"$ref": "missing.json", "$id": "https://example.org/"}
    schema = {
        "enum": [data],
        "const": data,
        "default": data,
        "example": data,
        "examples": [data],
        "properties": {"enum": {"$ref": "a.json"}, "$ref": {"$ref": "a.json"}},
    }
    document = bundle({"A": schema}, {"a.json": '{"title": "it"}'})
    found, _ = at(document, "A")
    assert {name: found[name] for name in schema if name != "properties"} == {
        name: schema[name] for name in schema if name != "properties"
    }
    for each in found["properties"].values():
        assert document.follow(each, "")[0] == {"title": "it"}
    assert document.unfollowed == {}


def test_discriminators_lead_to_files() -> None:
    """The values of a mapping are references or names of components."""
    union = {
        "propertyName": "kind",
        "mapping": {"cat": "#/Cat", "dog": "dog.json", "fish": "Fish"},
    }
    files = {
        "pets.json": json.dumps({"discriminator": union, "Cat": {}}),
        "dog.json": "{}",
    }
    found, _ = at(bundle({"Pet": {"$ref": "pets.json"}}, files), "Pet")
    assert found["discriminator"]["mapping"] == {
        "cat": "#/x-gate-files/pets.json/Cat",
        "dog": "#/x-gate-files/dog.json",
        "fish": "Fish",
    }


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("#order", "#/components/schemas/Order"),
        ("#item", "#/components/schemas/Order/properties/item"),
        ("api.yaml#order", "#/components/schemas/Order"),
        ("part.yaml#inner", "part.yaml#/inner"),
        ("https://example.org/user", "#/components/schemas/User"),
        ("https://example.org/user#name", "#/components/schemas/User/properties/name"),
        ("https://example.org/part", "named.yaml#"),
        ("named.yaml#/properties/back", "#/components/schemas/User"),
        ("named.yaml#/properties/file", "part.yaml#"),
        ("named.yaml#/properties/own", "named.yaml#/properties"),
    ],
)
def test_anchors_and_ids(reference: str, place: str) -> None:
    """Since 3.1 a schema can be named by `$anchor` and `$id`, in any of the files."""
    schemas = {
        "A": {"$ref": reference},
        "Read": {"$ref": "named.yaml"},
        "Order": {
            "$anchor": "order",
            "properties": {"item": {"$dynamicAnchor": "item"}},
        },
        "User": {
            "$id": "https://example.org/user",
            "properties": {"name": {"$anchor": "name"}},
        },
    }
    files = {
        "part.yaml": "inner: {$anchor: inner}",
        "named.yaml": (
            "$id: https://example.org/part\nproperties:\n  back: {$ref: user}\n"
            "  file: {$ref: part.yaml}\n  own: {$ref: '#/properties'}"
        ),
    }
    assert at(bundle(schemas, files), "A")[1] == place


def test_a_schema_with_an_id_is_the_root_of_its_own_references() -> None:
    """Within it `#/…` starts at it; where nothing stands there, at the document."""
    schemas = {
        "Other": {"title": "other"},
        "A": {
            "$id": "https://example.org/a",
            "$defs": {"b": {"title": "b"}},
            "properties": {
                "b": {"$ref": "#/$defs/b"},
                "other": {"$ref": "#/components/schemas/Other"},
            },
        },
    }
    document = bundle(schemas)
    properties = document.at("#/components/schemas/A/properties")
    titles = [document.follow(each, "")[0]["title"] for each in properties.values()]
    assert titles == ["b", "other"]


def test_anchors_mean_nothing_before_3_1() -> None:
    """In 3.0 `$id` and `$anchor` are no keywords."""
    schemas = {"A": {"$ref": "#a"}, "B": {"$anchor": "a", "$id": "https://a.example/"}}
    with pytest.raises(Unresolvable, match="anchor"):
        at(bundle(schemas, version="3.0.3"), "A")


def test_without_a_folder_no_file_is_read() -> None:
    """A document that came alone stays alone, and says so where it matters."""
    schemas = {"A": {"$ref": "a.json"}}
    root = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": schemas}}
    with pytest.raises(Unresolvable, match=r"a.json was not read: .*without a folder"):
        at(parse(json.dumps(root)), "A")


def test_a_bundle_is_a_document_of_its_own() -> None:
    """Written down and read again it says the same, wherever it is."""
    files = {"a.json": '{"items": {"$ref": "b.json"}}', "b.json": "{}"}
    document = bundle({"A": {"$ref": "a.json"}}, files)
    again = parse(json.dumps(document.root))
    assert again == document
    assert at(again, "A") == at(document, "A")


def test_the_name_for_files_is_reserved() -> None:
    """A member that stands where files are put is named, not overwritten."""
    root = {"openapi": "3.1.0", "paths": {"/a": {"$ref": "a.json"}}, "x-gate-files": {}}
    with pytest.raises(NotOpenApi, match=r"/x-gate-files: .*reserved"):
        parse(json.dumps(root), beside({"a.json": "{}"}), "api.json")


def test_files_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files refer to each other, only so many are read."""
    asked = []

    def endless(name: str) -> bytes:
        asked.append(name)
        return json.dumps({"$ref": f"{len(asked)}.json"}).encode()

    monkeypatch.setattr("gate.openapi.documents.limits.MAX_FILES", 20)
    root = {"openapi": "3.1.0", "paths": {"/a": {"$ref": "0.json"}}}
    document = parse(json.dumps(root), endless, "api.json")
    with pytest.raises(Unresolvable, match=r"20.json was not read: .*more than 20"):
        document.follow(document.root["paths"]["/a"], "")
    assert len(asked) == 20


@pytest.mark.parametrize("limit", ["MAX_BYTES", "MAX_VALUES"])
def test_files_are_bounded_together(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Small files add up: together they may not be more than one document."""
    monkeypatch.setattr(f"gate.openapi.documents.limits.{limit}", 1000)
    files = {f"{n}.json": json.dumps({"enum": [1] * 250}) for n in range(4)}
    document = bundle({name: {"$ref": name} for name in files}, files)
    read = document.root["x-gate-files"].keys()
    assert 0 < len(read) < 4
    for name in files.keys() - read:
        assert "1,000" in document.unfollowed[name]


segments = st.sampled_from(
    ["..", ".", "a", "b", "", "%2e%2e", "..%2f..", "c.json", "/"]
)


@settings(deadline=None, max_examples=200, database=None)
@given(st.lists(segments, min_size=1, max_size=6), st.lists(segments, max_size=6))
def test_no_name_leaves_the_folder(first: list[str], second: list[str]) -> None:
    """Whatever is written, in the document or a file, only plain names are asked for."""
    asked = []

    def read(name: str) -> bytes:
        asked.append(name)
        return json.dumps({"$ref": "/".join(second)} if len(asked) < 5 else {}).encode()

    root = {"openapi": "3.1.0", "paths": {"/x": {"$ref": "/".join(first)}}}
    parse(json.dumps(root), read, "api.json")
    for name in asked:
        assert not {"..", ".", ""} & set(name.split("/"))
