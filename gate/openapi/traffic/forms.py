"""Form bodies: `application/x-www-form-urlencoded` and `multipart/form-data`."""

import json
from collections.abc import Iterator
from typing import Any

from gate.openapi.schemas.texts import text_of
from gate.openapi.traffic.styles import Unwritable, spelled, style_of

_STYLED = ("style", "explode", "allowReserved")


def urlencoded(value: Any, entry: dict[str, Any]) -> str:
    """An object as form fields; `encoding` of the media type object is followed."""
    pairs: list[str] = []
    for name, item in _fields(value):
        own = encoding_of(entry, name)
        nested = isinstance(item, dict) and not any(key in own for key in _STYLED)
        if item is None or item in ([], {}):
            continue  # a form has no way to say it but to leave it out
        written = json.dumps(item) if nested else item
        pairs.append(spelled(style_of(own, "query"), name, written))
    return "&".join(pairs)


def multipart(value: Any, entry: dict[str, Any]) -> tuple[str, bytes]:
    """The content type with its boundary, and the parts (RFC 7578)."""
    parts = [
        part
        for name, item in _fields(value)
        if item is not None
        for part in _parts(name, item, encoding_of(entry, name))
    ]
    content = b"".join(parts)
    number = 0
    while f"part-of-form-{number}".encode() in content:
        number += 1
    edge = f"part-of-form-{number}"
    body = b"".join(b"--%b\r\n%b" % (edge.encode(), part) for part in parts)
    return f"multipart/form-data; boundary={edge}", body + f"--{edge}--\r\n".encode()


def encoding_of(entry: dict[str, Any], name: str) -> dict[str, Any]:
    """The encoding object of one field, {} where there is none."""
    listed = entry.get("encoding")
    own = listed.get(name) if isinstance(listed, dict) else None
    return own if isinstance(own, dict) else {}


def _fields(value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise Unwritable("a form is an object of fields, and this body is none")
    return list(value.items())


def _parts(name: str, item: Any, own: dict[str, Any]) -> Iterator[bytes]:
    if isinstance(item, list) and not any(isinstance(i, dict | list) for i in item):
        for one in item:
            yield from _parts(name, one, own)
        return
    told = own.get("contentType")
    kind = told.split(",")[0].strip() if isinstance(told, str) else ""
    compound = isinstance(item, dict | list)
    if compound or kind.endswith("json"):
        kind, text = kind or "application/json", json.dumps(item)
    else:
        text = text_of(item)
    head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if kind and not compound and not kind.endswith("json"):
        head += '; filename="file"'
    lines = [head, *([f"Content-Type: {kind}"] if kind else []), "", text, ""]
    try:
        yield "\r\n".join(lines).encode()
    except UnicodeEncodeError as error:
        raise Unwritable(f"field `{name}` is no text that can be sent") from error


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
