"""Whether a document speaks of one place in an answer at all."""

from collections.abc import Iterator
from typing import Any

from gate.openapi.documents.document import Document, Unresolvable
from gate.openapi.documents.operations import locate

MOST_STEPS = 5_000
_UNIONS = ("allOf", "anyOf", "oneOf")
_SAYS = frozenset(
    {"type", "enum", "const", "properties", "items", "format", "pattern", "nullable"}
)


def speaks_of(
    document: Document, operation: str, status: int, media: str, place: str
) -> bool:
    """Whether *document* says what stands at *place* of such an answer.

    *place* is a pointer of `gate.suites.consumers.shapes`. Where the document cannot
    be followed it is taken to speak, so that nobody is accused in the dark.
    """
    try:
        here = list(_schemas(document, operation, status, media))
        for name in place.split("/")[1:]:
            here = [
                below for schema in here for below in _below(document, schema, name)
            ]
        return any(schema is False or _SAYS & set(_keys(schema)) for schema in here)
    except (Unresolvable, RecursionError):
        return True


def _keys(schema: Any) -> Any:
    return schema if isinstance(schema, dict) else ()


def _schemas(
    document: Document, operation: str, status: int, media: str
) -> Iterator[Any]:
    found = locate(document, operation)
    answers = found.own.members("responses") if found else {}
    for name in (str(status), f"{status // 100}XX", "default"):
        if name in answers:
            answer, _ = document.follow(answers[name], "")
            kinds = answer.get("content")
            kind = media.partition(";")[0].strip().lower()
            for offered, described in kinds.items() if isinstance(kinds, dict) else ():
                if offered.partition(";")[0].strip().lower() == kind:
                    yield from _plain(
                        document, _keys(described) and described.get("schema")
                    )
            return


def _plain(document: Document, schema: Any) -> Iterator[Any]:
    """The schema itself and every branch of it, references followed."""
    pending, seen = [schema], 0
    while pending and seen < MOST_STEPS:
        here, seen = pending.pop(), seen + 1
        if isinstance(here, dict) and isinstance(here.get("$ref"), str):
            here, _ = document.follow(here, "")
        yield here
        if isinstance(here, dict):
            for union in _UNIONS:
                branches = here.get(union)
                pending += branches if isinstance(branches, list) else []


def _below(document: Document, schema: Any, name: str) -> Iterator[Any]:
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    inner = [schema.get("items"), schema.get("additionalProperties")]
    if name != "*":
        inner = [properties.get(_raw(name)) if isinstance(properties, dict) else None]
    for each in inner:
        if each is not None and each is not True:
            yield from _plain(document, each)


def _raw(name: str) -> str:
    return name.replace("~1", "/").replace("~0", "~")
