"""Properties that travel in one direction only: `readOnly` and `writeOnly`."""

from typing import Any

from gate.openapi.changes import Direction
from gate.openapi.documents.document import Document, Unresolvable
from gate.openapi.schemas.dialect import meant


def one_way(
    document: Document, direction: Direction, raw: dict[str, Any]
) -> frozenset[str]:
    """The properties of `raw` that `direction` does not carry.

    Those of its `allOf` and of what it refers to as well, since `required` may stand
    apart from them.
    """
    flag = "readOnly" if direction is Direction.REQUEST else "writeOnly"
    found: set[str] = set()
    seen: set[int] = set()
    waiting: list[Any] = [raw]
    while waiting:
        here = waiting.pop()
        if not isinstance(here, dict) or id(here) in seen:
            continue
        seen.add(id(here))
        if "$ref" in here:
            waiting.append(_followed(document, here))
        properties, branches = here.get("properties"), here.get("allOf")
        listed = properties.items() if isinstance(properties, dict) else ()
        found.update(name for name, value in listed if _flagged(document, value, flag))
        waiting.extend(branches if isinstance(branches, list) else ())
    return frozenset(found)


def _flagged(document: Document, raw: Any, flag: str) -> bool:
    if not isinstance(raw, dict):
        return False
    if _is(raw, flag) and not (document.is_3_0 and "$ref" in raw):
        return True
    return "$ref" in raw and _is(_followed(document, raw), flag)


def _is(raw: dict[str, Any], flag: str) -> bool:
    return meant(flag, raw.get(flag)) is True


def _followed(document: Document, raw: Any) -> dict[str, Any]:
    """What a schema stands for; {} where that cannot be read."""
    try:
        return document.follow(raw, "")[0]
    except Unresolvable:
        return {}
