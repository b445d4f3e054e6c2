"""The smallest whole requests of the old document, and answers of the new one."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gate.openapi.changes import Answer, Request
from gate.openapi.comparison.exchange import Status
from gate.openapi.documents.media import (
    Carried,
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
    parameters_of,
    quietly,
)
from gate.openapi.schemas.reading import Reading
from gate.openapi.schemas.samples import samples
from gate.openapi.schemas.texts import text_of

_CONCRETE = {
    "*/*": "application/json",
    "application/*": "application/json",
    "text/*": "text/plain",
    "image/*": "image/png",
}
_NOTHING = object()


def request_of(
    reading: Reading,
    operation: Operation,
    given: Mapping[Key, Any],
    media: str = "",
    body: Any = _NOTHING,
) -> Request | None:
    """The smallest request that holds the *given* parameters and this body.

    None where a required part of it has no value that could be made and validated.
    """
    names = re.findall(r"\{([^/{}]*)\}", operation.path)
    places: dict[str, dict[str, Any]] = {
        "path": dict.fromkeys(names, "a"),
        **{place: {} for place in ("query", "header", "cookie")},
    }
    for key, part in parameters_of(operation, quietly).items():
        needed = key[0] == "path" or part.get("required") is True
        if key[0] not in places or not (needed or key in given):
            continue
        value = given[key] if key in given else _value(reading, key, schema_of(part))
        if value is _NOTHING:
            return None
        name = names[int(key[1])] if key[0] == "path" else str(part.get("name"))
        places[key[0]][name] = value
    if body is _NOTHING:
        found = _body(reading, operation, media)
        if found is None:
            return None
        media, body = found
    return Request(
        operation.method,
        operation.path,
        places["path"],
        places["query"],
        places["header"],
        places["cookie"],
        _concrete(media),
        body,
    )


def answer_of(
    reading: Reading,
    operation: Operation,
    status: Status,
    given: Mapping[str, Any],
    media: str = "",
    body: Any = _NOTHING,
) -> Answer | None:
    """The smallest answer that holds the *given* headers and this body."""
    responses = operation.own.members("responses")
    at = operation.own.at("responses", status[0])
    part = quietly(operation.document, responses.get(status[0]), at)
    if part is None:
        return None
    headers: dict[str, Any] = {}
    for name, raw in part.members("headers").items():
        header = quietly(part.document, raw, part.at("headers", name))
        if header is None or name.lower() == "content-type":
            continue
        if name.lower() in given:
            headers[name] = given[name.lower()]
        elif header.get("required") is True:
            value = _first(reading, schema_of(header))
            if value is _NOTHING:
                return None
            headers[name] = value
    if body is _NOTHING:
        found = _content(reading, part, "", needed=True)
        if found is None:
            return None
        media, body = found
    return Answer(status[1], headers, _concrete(media), body)


def _body(reading: Reading, operation: Operation, media: str) -> tuple[str, Any] | None:
    raw = operation.own.get("requestBody")
    if raw is None:
        return "", None
    body = quietly(operation.document, raw, operation.own.at("requestBody"))
    if body is None:
        return None
    needed = bool(media) or body.get("required") is True
    return _content(reading, body, media, needed=needed)


def _content(
    reading: Reading, part: Part, media: str, *, needed: bool
) -> tuple[str, Any] | None:
    """A media type and a body for it; ("", None) for none, None if none was found."""
    offered = media_of(part)
    if not needed or not offered:
        return "", None
    chosen = match(normal(media), offered) if media else None
    wanted = [chosen] if chosen else list(offered.values())
    for carried in sorted(wanted, key=lambda c: not is_json(c.media)):
        value = _first(reading, carried)
        if value is not _NOTHING:
            return media or carried.media, value
    return None


def _first(reading: Reading, carried: Carried) -> Any:
    return next(_valid(reading, carried), _NOTHING)


def _value(reading: Reading, key: Key, carried: Carried) -> Any:
    """A value for a parameter, none that would leave a path segment empty."""
    for value in _valid(reading, carried):
        if isinstance(value, dict | list):
            good = bool(value)
        else:
            good = value is not None and text_of(value) not in ("", ".", "..", "/")
        if good or key[0] not in ("path", "query"):
            return value
    return _NOTHING


def _valid(reading: Reading, carried: Carried) -> Iterator[Any]:
    schema = reading.schema(carried.schema, carried.pointer)
    for value in samples(reading, schema):
        if reading.accepts(schema, value) is True:
            yield value


def _concrete(media: str) -> str:
    return _CONCRETE.get(bare(media), media)
