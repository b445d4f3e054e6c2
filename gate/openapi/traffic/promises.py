"""What an operation promises to answer, as JSON Schemas complete in themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gate.openapi.changes import Direction
from gate.openapi.documents.document import Document
from gate.openapi.documents.media import is_json, media_of
from gate.openapi.documents.operations import Part, locate, quietly
from gate.openapi.schemas.reading import Reading


@dataclass(frozen=True, slots=True)
class Promise:
    """One answer: the names of the headers that it always has, and its formats.

    *content* maps media types to JSON Schemas (2020-12) with the definitions that they
    need; `True` for what is no JSON and for what cannot be read.
    """

    headers: tuple[str, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)


def promises(document: Document, operation: str) -> dict[str, Promise]:
    """The answers of an operation by status: `200`, `2XX`, `default`.

    Empty when there is no such operation. An answer that cannot be read promises
    nothing.
    """
    found = locate(document, operation)
    if found is None:
        return {}
    reading = Reading(document, Direction.RESPONSE)
    told: dict[str, Promise] = {}
    for status, raw in found.own.members("responses").items():
        answer = quietly(document, raw, found.own.at("responses", status))
        told[status] = Promise() if answer is None else _promise(reading, answer)
    return told


def _promise(reading: Reading, answer: Part) -> Promise:
    headers = {
        name: quietly(answer.document, raw, answer.at("headers", name))
        for name, raw in answer.members("headers").items()
    }
    return Promise(
        tuple(n for n, header in headers.items() if header and header.get("required")),
        {
            media: _complete(reading, each.schema, each.pointer, media)
            for media, each in media_of(answer).items()
        },
    )


def _complete(reading: Reading, raw: Any, pointer: str, media: str) -> Any:
    if not is_json(media):
        return True
    whole = reading.whole(reading.schema(raw, pointer))
    return True if whole is None else whole
