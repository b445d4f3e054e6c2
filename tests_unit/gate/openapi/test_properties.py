"""What must hold for every pair of schemas, whatever they are."""

import json
from typing import Any

import jsonschema
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gate.openapi import Change, Document, Level, compare, parse

Json = Any
calm = settings(deadline=None, max_examples=75, database=None)
names = st.sampled_from(["a", "b", "c"])
bounds = st.integers(0, 3)
words = st.sampled_from(["", "x", "yy", "zzz"])

scalars = st.one_of(
    st.just({"type": "null"}),
    st.just({"type": "boolean"}),
    st.builds(
        lambda kind, low, size: {"type": kind, "minimum": low, "maximum": low + size},
        st.sampled_from(["integer", "number"]),
        bounds,
        bounds,
    ),
    st.builds(lambda low: {"type": "integer", "minimum": low}, bounds),
    st.just({"type": "string"}),
    st.builds(lambda most: {"type": "string", "maxLength": most}, bounds),
    st.lists(words, min_size=1, max_size=3, unique=True).map(lambda v: {"enum": v}),
    st.just({"type": ["string", "null"]}),
)


def objects(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    def build(properties: Json, required: Json, closed: bool) -> Json:
        found: Json = {"type": "object", "properties": properties}
        found["required"] = sorted(required & properties.keys())
        return {**found, "additionalProperties": False} if closed else found

    return st.builds(
        build,
        st.dictionaries(names, inner, max_size=3),
        st.sets(names),
        st.booleans(),
    )


def compounds(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.one_of(
        objects(inner),
        st.builds(lambda item: {"type": "array", "items": item}, inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"anyOf": each}),
        st.lists(objects(inner), min_size=1, max_size=2).map(lambda e: {"allOf": e}),
    )


schemas = st.recursive(scalars, compounds, max_leaves=6)


def document(schema: Json, side: str) -> Document:
    content = {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}
    }
    operation: Json = {"responses": {"204": {}}}
    if side == "request":
        operation["requestBody"] = {**content, "required": True}
    else:
        operation["responses"] = {"200": content}
    root = {"openapi": "3.1.0", "paths": {"/a": {"post": operation}}}
    return parse(json.dumps({**root, "components": {"schemas": {"S": schema}}}))


def changes(old: Json, new: Json, side: str) -> tuple[Change, ...]:
    return compare(document(old, side), document(new, side))


def valid(schema: Json, value: Json) -> bool:
    """What an independent validator says."""
    return jsonschema.Draft202012Validator(schema).is_valid(value)


@st.composite
def written(draw: st.DrawFn, schema: Json) -> Json:
    """A value that a writer of `schema` may send: declared properties only."""
    if "anyOf" in schema:
        return draw(written(draw(st.sampled_from(schema["anyOf"]))))
    if "allOf" in schema:
        value: Json = {}
        for branch in schema["allOf"]:
            value |= draw(written(branch))
        return value
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    match schema["type"]:
        case "array":
            return [draw(written(schema["items"])) for _ in range(draw(bounds))]
        case "object":
            return {
                name: draw(written(value))
                for name, value in schema["properties"].items()
                if name in schema["required"] or draw(st.booleans())
            }
        case _:
            return draw(plain(schema))


def plain(schema: Json) -> st.SearchStrategy[Json]:
    """The values of a schema without parts."""
    low, high = schema.get("minimum", 0), schema.get("maximum")
    match schema["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(low, low + 5 if high is None else high)
        case "number":
            return st.sampled_from([low, high - 0.5])
        case _:
            return words.map(lambda word: word[: schema.get("maxLength", 3)])


@calm
@given(schemas, st.sampled_from(["request", "response"]))
def test_nothing_changed_means_nothing_said(schema: Json, side: str) -> None:
    """A document is compatible with itself."""
    assert changes(schema, schema, side) == ()


@st.composite
def edited(draw: st.DrawFn, schema: Json) -> Json:
    """The schema after a few small edits, as releases make them."""
    match draw(st.integers(0, 6)), schema:
        case 0, _:
            return draw(scalars)
        case 1, _:
            return {"anyOf": [schema, draw(scalars)]}
        case 2, {"anyOf": [only, *_]}:
            return only
        case 3, {"required": required, **rest}:
            return {**rest, "required": required[1:]}
        case 4, {"properties": properties, **rest}:
            return {**rest, "properties": dict(list(properties.items())[1:])}
        case 5, {"required": required, "properties": properties}:
            return {**schema, "required": sorted(properties)}
        case _, {"properties": properties}:
            changed = {name: draw(edited(value)) for name, value in properties.items()}
            return {**schema, "properties": changed}
        case _, {"items": items}:
            return {**schema, "items": draw(edited(items))}
        case _, {"anyOf": branches}:
            return {"anyOf": [draw(edited(branch)) for branch in reversed(branches)]}
    return schema


@calm
@given(st.data(), schemas, st.sampled_from(["request", "response"]))
def test_silence_is_a_promise(data: st.DataObject, schema: Json, side: str) -> None:
    """When no finding is reported, everything that is written can still be read."""
    writer, reader = schema, data.draw(edited(schema))
    old, new = (writer, reader) if side == "request" else (reader, writer)
    if changes(old, new, side) == ():
        for _ in range(5):
            value = data.draw(written(writer))
            assert valid(reader, value) or not valid(writer, value)


@calm
@given(st.data(), schemas, st.sampled_from(["request", "response"]))
def test_a_break_that_is_seen_is_reported(
    data: st.DataObject, schema: Json, side: str
) -> None:
    """When a value can be written that cannot be read, something is reported."""
    writer, reader = data.draw(edited(schema)), schema
    value = data.draw(written(writer))
    if valid(writer, value) and not valid(reader, value):
        old, new = (writer, reader) if side == "request" else (reader, writer)
        found = changes(old, new, side)
        assert any(change.level is not Level.NOTICE for change in found)


@calm
@given(schemas, schemas, st.sampled_from(["request", "response"]))
def test_every_break_is_shown_by_a_payload(old: Json, new: Json, side: str) -> None:
    """Its writer's schema admits it, its reader's refuses it: another validator agrees."""
    writer, reader = (old, new) if side == "request" else (new, old)
    for change in changes(old, new, side):
        if change.level is Level.BREAKS:
            shown = change.counterexample
            assert shown is not None
            assert {shown.schema_old, shown.schema_new} == {"/components/schemas/S"}
            assert valid(writer, shown.value)
            assert not valid(reader, shown.value)


@calm
@given(schemas, st.data(), st.sampled_from(["request", "response"]))
def test_what_is_compatible_twice_is_compatible_at_once(
    first: Json, data: st.DataObject, side: str
) -> None:
    """Two releases that break nobody do not break anybody together."""
    second = data.draw(edited(first))
    third = data.draw(edited(second))
    if not breaks(first, second, side) and not breaks(second, third, side):
        found = changes(first, third, side)
        assert not [c for c in found if c.level is Level.BREAKS and not _closed(c)]


def _closed(change: Change) -> bool:
    """A field that one release drops may come back closed: the writer's two readings."""
    return change.rule.endswith(("field-refused", "field-added-to-closed"))


def breaks(old: Json, new: Json, side: str) -> bool:
    return any(change.level <= Level.UNDECIDED for change in changes(old, new, side))


@st.composite
def respelt(draw: st.DrawFn, schema: Json) -> Json:
    """The same schema in other words: what a refactoring may do."""
    match draw(st.integers(0, 5)), schema:
        case 0, _:
            return {"allOf": [schema]}
        case 1, {"type": ["string", "null"]}:
            return {"oneOf": [{"type": "null"}, {"type": "string"}]}
        case 2, {"enum": [only]}:
            return {"const": only}
        case 3, {"anyOf": branches}:
            return {"anyOf": list(reversed(branches))}
        case _, {"properties": properties}:
            new = {n: draw(respelt(v)) for n, v in reversed(properties.items())}
            return {**schema, "properties": new, "description": "in other words"}
        case _, {"items": inner}:
            return {**schema, "items": draw(respelt(inner)), "minItems": 0}
    return {**schema, "title": "in other words"}


@calm
@given(schemas, st.data(), st.sampled_from(["request", "response"]))
def test_other_words_change_nothing(
    schema: Json, data: st.DataObject, side: str
) -> None:
    """Refactoring a schema without changing its values is no finding."""
    assume(valid(schema, data.draw(written(schema))))
    other = data.draw(respelt(schema))
    for old, new in ((schema, other), (other, schema)):
        assert not [c for c in changes(old, new, side) if c.level < Level.MAY_BREAK]


def shared(name: str, schema: Json, side: str, version: str) -> Document:
    """A document that refers to a component with this name, or has it inline."""
    used = {"$ref": f"#/components/schemas/{name}"} if name else schema
    content = {"content": {"application/json": {"schema": used}}}
    operation: Json = {"responses": {"204": {"description": ""}}}
    if side == "request":
        operation["requestBody"] = {**content, "required": True}
    else:
        operation["responses"] = {"200": {"description": "", **content}}
    parts = {"schemas": {name: schema}} if name else {}
    root = {"openapi": version, "paths": {"/a": {"post": operation}}}
    return parse(json.dumps({**root, "components": parts}))


@calm
@given(schemas, st.data(), st.sampled_from(["request", "response"]))
def test_a_component_renamed_or_inlined_is_the_same(
    schema: Json, data: st.DataObject, side: str
) -> None:
    """Neither the name of a component nor whether there is one can be noticed."""
    assume(valid(schema, data.draw(written(schema))))
    places = [shared(name, schema, side, "3.1.0") for name in ("A", "B", "")]
    for old in places:
        for new in places:
            assert not [c for c in compare(old, new) if c.level < Level.MAY_BREAK]


@calm
@given(schemas, schemas, st.sampled_from(["request", "response"]))
def test_the_result_depends_on_nothing_else(old: Json, new: Json, side: str) -> None:
    """The same two documents give the same changes, sorted, none of them twice."""
    found = changes(old, new, side)
    assert found == changes(old, new, side)
    assert [c.level for c in found] == sorted(c.level for c in found)
    texts = [
        json.dumps([c.rule, c.pointer_old, c.pointer_new, c.summary]) for c in found
    ]
    assert len(set(texts)) == len(texts)


@calm
@given(objects(scalars), scalars)
def test_an_optional_request_field_never_breaks(schema: Json, value: Json) -> None:
    """A new optional field of a request breaks nobody."""
    new = {**schema, "properties": {**schema["properties"], "fresh": value}}
    assert changes(schema, new, "request") == ()


def narrowed(schema: Json, value: Json) -> Json:
    """The schema with `value`, which it admits, taken out of it: surely a break."""
    return {"allOf": [schema, {"not": {"const": value}}]}


@calm
@given(schemas, st.data(), st.sampled_from(["request", "response"]))
def test_every_mutation_that_loses_a_value_is_found(
    schema: Json, data: st.DataObject, side: str
) -> None:
    """When the reader refuses one single value more, that is at least undecided."""
    value = data.draw(written(schema))
    assume(valid(schema, value))
    less = narrowed(schema, value)
    old, new = (schema, less) if side == "request" else (less, schema)
    assert breaks(old, new, side)


@calm
@given(objects(schemas), st.data())
def test_removing_a_required_answer_field_always_breaks(
    schema: Json, data: st.DataObject
) -> None:
    """Whatever its type, a required field that is gone from an answer is found."""
    assume(schema["required"])
    gone = data.draw(st.sampled_from(schema["required"]))
    kept = {n: v for n, v in schema["properties"].items() if n != gone}
    required = [name for name in schema["required"] if name != gone]
    new = {**schema, "properties": kept, "required": required}
    value = data.draw(written(schema))
    assume(valid(schema, value))
    found = [c for c in changes(schema, new, "response") if c.level <= Level.UNDECIDED]
    assert [c.rule for c in found] == ["response-field-removed"]
    assert found[0].level is Level.BREAKS
    assert f"`{gone}`" in found[0].summary
