"""The types of a document's own parts, from its root down to each schema.

What is there must be of the type that OpenAPI gives it (3.1, section 4.8); what is
missing, or null as an empty YAML member is, is not this module's affair. Schemas are
judged where they are compared, and so are parts that a reference leads to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gate.openapi.documents.pointers import step
from gate.openapi.documents.source_text import kind

_METHODS = (
    "get",
    "head",
    "options",
    "trace",
    "post",
    "put",
    "patch",
    "delete",
    "query",
)


@dataclass(frozen=True, slots=True)
class _Is:
    """What a member must be: one `part`, or an object or array of them."""

    part: str
    of: type | None = None


_TYPES: dict[str, tuple[type, ...]] = {"text": (str,), "flag": (bool,)}
_TYPES["schema"] = (dict, bool)
_CONTENT = {
    "content": _Is("media type", dict),
    "required": _Is("flag"),
}
_VALUE = {**_CONTENT, "schema": _Is("schema")}
_PARTS: dict[str, dict[str, _Is]] = {
    "document": {
        "paths": _Is("path item", dict),
        "webhooks": _Is("path item", dict),
        "components": _Is("components"),
        "security": _Is("requirement", list),
        "servers": _Is("server", list),
    },
    "components": {
        "schemas": _Is("schema", dict),
        "responses": _Is("response", dict),
        "parameters": _Is("parameter", dict),
        "requestBodies": _Is("request body", dict),
        "headers": _Is("header", dict),
        "securitySchemes": _Is("security scheme", dict),
        "links": _Is("link", dict),
        "callbacks": _Is("callback", dict),
        "pathItems": _Is("path item", dict),
    },
    "path item": {
        **{method: _Is("operation") for method in _METHODS},
        "$ref": _Is("text"),
        "parameters": _Is("parameter", list),
        "servers": _Is("server", list),
    },
    "operation": {
        "parameters": _Is("parameter", list),
        "requestBody": _Is("request body"),
        "responses": _Is("response", dict),
        "callbacks": _Is("callback", dict),
        "security": _Is("requirement", list),
        "servers": _Is("server", list),
        "deprecated": _Is("flag"),
    },
    "parameter": {
        **_VALUE,
        "name": _Is("text"),
        "in": _Is("text"),
        "style": _Is("text"),
        "explode": _Is("flag"),
    },
    "header": _VALUE,
    "request body": _CONTENT,
    "response": {
        "content": _Is("media type", dict),
        "headers": _Is("header", dict),
        "links": _Is("link", dict),
    },
    "media type": {"schema": _Is("schema"), "encoding": _Is("encoding", dict)},
    "encoding": {"headers": _Is("header", dict), "contentType": _Is("text")},
}
_WRITTEN_OUT = frozenset(("operation", "media type", "encoding", "components"))
_EXTENSIBLE = frozenset(("path item", "response"))  # maps that may hold `x-` members


def mistakes(root: dict[str, Any]) -> Iterator[str]:
    """Each part of the wrong type: where it is, what was found, what was expected."""
    yield from _part(root, "document", "")


def _part(value: Any, part: str, pointer: str) -> Iterator[str]:
    if value is None:
        return
    expected = _TYPES.get(part, (dict,))
    fits: bool = isinstance(value, expected)
    if not fits:
        yield _said(value, part, pointer, expected)
    elif part == "callback" and "$ref" not in value:
        yield from _each(value, _Is("path item", dict), pointer)
    elif part in _WRITTEN_OUT and "$ref" in value:
        yield f"{pointer}: found a $ref, but {part}s cannot be references; write it out"
    elif part in _PARTS and (part == "path item" or "$ref" not in value):
        for name, member in _PARTS[part].items():
            if name in value:
                yield from _each(value[name], member, step(pointer, name))


def _each(value: Any, member: _Is, pointer: str) -> Iterator[str]:
    if member.of is None or value is None:
        yield from _part(value, member.part, pointer)
    elif isinstance(value, list) and member.of is list:
        for index, each in enumerate(value):
            yield from _part(each, member.part, step(pointer, index))
    elif isinstance(value, dict) and member.of is dict:
        for name, each in value.items():
            if not (name.startswith("x-") and member.part in _EXTENSIBLE):
                yield from _part(each, member.part, step(pointer, name))
    else:
        yield _said(value, f"{member.part}s", pointer, (member.of,))


def _said(value: Any, part: str, pointer: str, expected: tuple[type, ...]) -> str:
    wanted = " or ".join(kind(each()) for each in expected)
    return f"{pointer}: found {kind(value)}; expected {wanted} ({part})"
