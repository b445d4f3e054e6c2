"""A request as it goes over the wire: styles, percent-encoding, body bytes.

The styles are those of OpenAPI 3.1.1, section 4.8.12.3 (after RFC 6570).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gate.openapi.changes import Request
from gate.openapi.documents.document import Document
from gate.openapi.documents.media import (
    FORMS,
    bare,
    is_json,
    match,
    media_of,
    normal,
    schema_of,
)
from gate.openapi.documents.operations import (
    Key,
    Operation,
    Part,
    locate,
    parameters_of,
    quietly,
)
from gate.openapi.schemas.texts import compact, text_of
from gate.openapi.traffic.forms import multipart, urlencoded
from gate.openapi.traffic.styles import Style, Unwritable, spelled, style_of

_COOKIE = re.compile(r"[!#-:<-\[\]-~]*")  # RFC 6265, 4.1.1, and the commas of arrays
_NAMES = re.compile(r"\{([^/{}]*)\}")


class Wire(NamedTuple):
    """What is sent; *path* has the query, and no base path of a server."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class _Writer:
    operation: Operation
    declared: Mapping[Key, Part]

    def style(self, place: str, name: str) -> tuple[Style, bool]:
        """How a parameter is written, and whether it is a JSON text."""
        key = (place, name.lower() if place == "header" else name)
        part = self.declared.get(key)
        if part is None:
            return style_of({}, place), False
        return style_of(part.value, place), is_json(schema_of(part).media)

    def text(self, place: str, name: str, value: Any, shown: str = "") -> str:
        """A parameter with its name where its place demands one."""
        style, as_json = self.style(place, name)
        if as_json:
            value = compact(value)
        return spelled(style, shown or name, value)


def written(document: Document, operation: str, request: Request) -> Wire:
    """`request` in the form that `document` describes for the operation.

    Raises `Unwritable` for an operation that is not there, for an empty path
    parameter, for text that a header cannot hold, and for media types that are not
    known here.
    """
    found = locate(document, operation)
    if found is None:
        raise Unwritable(f"{operation} is not in the document")
    writer = _Writer(found, parameters_of(found, quietly))
    path = _path(writer, request)
    query = "&".join(
        writer.text("query", name, value) for name, value in request.query.items()
    )
    headers = {
        name: _header(name, writer.text("header", name, value))
        for name, value in request.headers.items()
    }
    cookies = [_cookie(writer, name, v) for name, v in request.cookies.items()]
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    content_type, body = _body(found, request)
    if content_type:
        headers["Content-Type"] = content_type
    return Wire(request.method, path + ("?" + query if query else ""), headers, body)


def _path(writer: _Writer, request: Request) -> str:
    names = _NAMES.findall(request.path)
    places = {name: str(index) for index, name in enumerate(names)}

    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name not in request.in_path:
            raise Unwritable(f"path parameter `{name}` has no value")
        value = request.in_path[name]
        if text_of(value) == "" if not isinstance(value, dict | list) else not value:
            raise Unwritable(
                f"path parameter `{name}` is empty, which no path can hold"
            )
        return writer.text("path", places[name], value, name)

    path = _NAMES.sub(one, request.path)
    if any(segment in (".", "..") for segment in path.split("/")):
        raise Unwritable(f"{path} would be shortened on its way, for its dots")
    return path


def _header(name: str, text: str) -> str:
    if text != text.strip() or not text.isprintable() or not text.isascii():
        raise Unwritable(f"header `{name}` cannot hold the text {text!r:.60}")
    return text


def _cookie(writer: _Writer, name: str, value: Any) -> str:
    text = writer.text("cookie", name, value)
    if not all(_COOKIE.fullmatch(pair.partition("=")[2]) for pair in text.split("&")):
        raise Unwritable(f"cookie `{name}` cannot hold the text {text!r:.60}")
    return text.replace("&", "; ")


def _body(operation: Operation, request: Request) -> tuple[str, bytes | None]:
    if not request.media:
        return "", None
    media, plain = request.media, bare(request.media)
    entry = _entry(operation, media)
    if plain == FORMS[0]:
        return media, urlencoded(request.body, entry).encode()
    if plain == FORMS[1]:
        return multipart(request.body, entry)
    if plain.endswith("/*"):
        return "application/json", compact(request.body).encode()
    if is_json(media):
        return media, compact(request.body).encode()
    if plain.startswith("text/") and "xml" not in plain:
        return media, _plain(request.body, media)
    if plain == "application/octet-stream":
        return media, _plain(request.body, media)
    raise Unwritable(f"bodies of type {media} cannot be written")


def _plain(value: Any, media: str) -> bytes:
    if isinstance(value, dict | list):
        raise Unwritable(f"a {media} body cannot hold an object or array")
    try:
        return text_of(value).encode()
    except UnicodeEncodeError as error:
        raise Unwritable("the body is no text that can be sent") from error


def _entry(operation: Operation, media: str) -> dict[str, Any]:
    raw = operation.own.get("requestBody")
    at = operation.own.at("requestBody")
    body = quietly(operation.document, raw, at)
    carried = None if body is None else match(normal(media), media_of(body))
    return {} if carried is None else carried.entry
