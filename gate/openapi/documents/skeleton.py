"""The types of a document's own parts, from its root down to each schema.

What is there should be of the type that OpenAPI gives it (3.1, section 4.8). People's
documents are not always so: a flag or name in the wrong type is read as it was meant,
any other part becomes null, as an empty YAML member is, which means that nothing is
there. Schemas are judged where they are compared, and so are parts that a reference
leads to.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gate.openapi.documents.pointers import step
from gate.openapi.documents.source_text import kind

METHODS = (
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


_FLAGS = {"true": True, "false": False}
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
        **{method: _Is("operation") for method in METHODS},
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
    "media type": {
        "schema": _Is("schema"),
        "itemSchema": _Is("schema"),
        "encoding": _Is("encoding", dict),
    },
    "encoding": {"headers": _Is("header", dict), "contentType": _Is("text")},
}
_WRITTEN_OUT = frozenset(("operation", "media type", "encoding", "components"))
_EXTENSIBLE = frozenset(("path item", "response"))  # maps that may hold `x-` members


@dataclass(frozen=True, slots=True)
class Odd:
    """A part of the wrong type: what is wrong with it, and its JSON text."""

    said: str
    text: str

    @property
    def refers(self) -> bool:
        """Whether it refers to something else, so that its text does not say all."""
        return '"$ref"' in self.text


def settle(root: dict[str, Any]) -> dict[str, Odd]:
    """Read what was meant, and take out what cannot be read: by pointer, what it was."""
    return dict(_part({"": root}, "", "document", ""))


def _part(
    holder: Any, name: str | int, part: str, pointer: str
) -> Iterator[tuple[str, Odd]]:
    """Go through one part, which its holder calls `name`."""
    value = holder[name]
    if value is None:
        return
    expected = _TYPES.get(part, (dict,))
    value = holder[name] = _meant(value, part)
    fits: bool = isinstance(value, expected)
    if not fits:
        yield _taken_out(holder, name, part, pointer, expected)
    elif part == "callback" and "$ref" not in value:
        yield from _members(value, _Is("path item", dict), pointer)
    elif part in _WRITTEN_OUT and "$ref" in value:
        said = f"found a $ref, but {part}s cannot be references; write it out"
        yield _out(holder, name, pointer, said)
    elif part in _PARTS and (part == "path item" or "$ref" not in value):
        for member, kind_of in _PARTS[part].items():
            if member in value:
                yield from _each(value, member, kind_of, step(pointer, member))


def _each(
    holder: Any, name: str, member: _Is, pointer: str
) -> Iterator[tuple[str, Odd]]:
    value = holder[name]
    if member.of is None or value is None:
        yield from _part(holder, name, member.part, pointer)
    elif isinstance(value, member.of):
        yield from _members(value, member, pointer)
    else:
        yield _taken_out(holder, name, f"{member.part}s", pointer, (member.of,))


def _members(value: Any, member: _Is, pointer: str) -> Iterator[tuple[str, Odd]]:
    for name in list(value) if isinstance(value, dict) else range(len(value)):
        own = isinstance(name, str) and name.startswith("x-")
        if not (own and member.part in _EXTENSIBLE):
            yield from _part(value, name, member.part, step(pointer, name))


def _meant(value: Any, part: str) -> Any:
    """A flag or text of the right type where there is no doubt, else the value."""
    if part == "flag" and isinstance(value, str):
        return _FLAGS.get(value.lower(), value)
    if (
        part == "text"
        and isinstance(value, int | float)
        and not isinstance(value, bool)
    ):
        return str(value)
    return value


def _taken_out(
    holder: Any, name: str | int, part: str, pointer: str, expected: tuple[type, ...]
) -> tuple[str, Odd]:
    wanted = " or ".join(kind(each()) for each in expected)
    said = f"found {kind(holder[name])}; expected {wanted} ({part})"
    return _out(holder, name, pointer, said)


def _out(holder: Any, name: str | int, pointer: str, said: str) -> tuple[str, Odd]:
    odd = Odd(f"{pointer}: {said}", json.dumps(holder[name], sort_keys=True))
    holder[name] = None
    return pointer, odd
