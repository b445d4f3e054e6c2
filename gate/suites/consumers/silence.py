"""Whether a document speaks of one place in an answer at all."""

from collections.abc import Iterator
from typing import Any

from gate.openapi.documents.document import Document, Unresolvable
from gate.openapi.documents.operations import locate
from gate.openapi.documents.pointers import unescaped

MOST_STEPS = 5_000
_UNIONS = ("allOf", "anyOf", "oneOf")
# Whatever an object holds beside its named members, and what its keys are, is data.
_OPEN = ("additionalProperties", "patternProperties", "unevaluatedProperties")


def speaks_of(
    document: Document, operation: str, status: int, media: str, place: str
) -> bool:
    """Whether *document* says what stands at *place* of such an answer, or leaves it open.

    *place* is a pointer of `gate.suites.consumers.shapes`. Open are the members of a
    map, of an object without named members, and all that is below a place of which
    nothing is said: there stands data, and no shape is promised. Where the document
    cannot be followed it is taken to speak, so that nobody is accused in the dark.
    """
    try:
        here = list(_schemas(document, operation, status, media))
        steps = place.split("/")[1:]
        for number, name in enumerate(steps):
            below = [each for schema in here for each in _below(document, schema, name)]
            if not below:
                named = any("properties" in _keys(schema) for schema in here)
                open_ = any(_is_open(schema) for schema in here)
                return not named or open_ or number + 1 < len(steps)
            here = below
        return bool(here)
    except (Unresolvable, RecursionError):
        return True


def _is_open(schema: Any) -> bool:
    return any(_keys(schema) and schema.get(each, False) for each in _OPEN)


def _keys(schema: Any) -> Any:
    return schema if isinstance(schema, dict) else {}


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
                same = offered.partition(";")[0].strip().lower() == kind
                if same and "schema" in _keys(described):
                    yield from _plain(document, described["schema"])
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
    inner = schema.get("items")
    if name != "*":
        inner = (
            properties.get(unescaped(name)) if isinstance(properties, dict) else None
        )
    if inner is not None:
        yield from _plain(document, inner)
