"""References between schemas, and what cannot be read behind them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

from gate.openapi.documents.pointers import escaped, unescaped
from gate.openapi.schemas.keywords import DATA, MEMBERS, NAMED, UNUSABLE

COMPONENTS = "#/components/schemas/"


def references(schema: Any) -> Iterator[str]:
    """The names in `$defs` that `schema` mentions, at any depth."""
    for here in objects(schema):
        if isinstance(here.get("$ref"), str):
            yield referenced(here)


def mentions(schema: Any) -> Iterator[tuple[str, int]]:
    """The names in `$defs` that `schema` mentions, and how deep in a value each is met."""
    for here, depth in _levels(schema):
        if isinstance(here.get("$ref"), str):
            yield referenced(here), depth


def depth_of(value: Any) -> int:
    """How many arrays and objects of a value are within one another."""
    depth, inside = 0, [value]
    while inside := [each for each in inside if isinstance(each, dict | list)]:
        depth += 1
        members = (e.values() if isinstance(e, dict) else e for e in inside)
        inside = [member for held in members for member in held]
    return depth


def opaque(schema: Any) -> bool:
    """Whether a part of it is elsewhere and unread: equal words may mean other things."""
    return any("$ref" in here.get(UNUSABLE, ()) for here in objects(schema))


def outside(flats: list[Any]) -> dict[str, Any]:
    """What of these schemas is elsewhere and unread, as a schema of its own."""
    unread = (flat.get(UNUSABLE, {}).get("$ref") for flat in flats)
    found = sorted({str(reference) for reference in unread if reference is not None})
    return {"anyOf": [{UNUSABLE: {"$ref": each}} for each in found]} if found else {}


def readable(schema: Any) -> bool:
    """Whether all of its keywords could be read."""
    return not any(UNUSABLE in here for here in objects(schema))


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """All schemas in `schema`; what `enum` holds is data and left out."""
    for here, _ in _levels(schema):
        yield here


def _levels(schema: Any) -> Iterator[tuple[dict[str, Any], int]]:
    """All schemas in `schema`, and how deep in a value each is met."""
    waiting = [(schema, 0)]
    while waiting:
        here, depth = waiting.pop()
        if isinstance(here, list):
            waiting.extend((each, depth) for each in here)
        elif isinstance(here, dict):
            yield here, depth
            for keyword, value in here.items():
                inner = depth + (keyword in MEMBERS)
                if keyword in NAMED and isinstance(value, dict):
                    # their keys are no keywords
                    waiting.extend((each, inner) for each in value.values())
                elif keyword not in DATA:
                    waiting.append((value, inner))


def referenced(schema: dict[str, Any]) -> str:
    """The name in `$defs` that a schema with a `$ref` points to, else ""."""
    target = schema.get("$ref")
    if not isinstance(target, str):
        return ""
    return unescaped(unquote(target.removeprefix("#/$defs/")))


def component(reference: str) -> str:
    """The component schema that a reference names, or else the reference itself."""
    name = unquote(reference.removeprefix(COMPONENTS))
    return name if reference == COMPONENTS + quote(name) else reference


def token(name: str) -> str:
    """A component's name as it stands in a `$ref` to its definition."""
    return quote(escaped(name))
