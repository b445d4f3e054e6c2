"""Parameters of a request: old consumers' values must still be understood."""

import re
from collections.abc import Mapping
from typing import Any

from gate.openapi.changes import Level
from gate.openapi.documents import Document, step
from gate.openapi.exchange import Exchange, Part
from gate.openapi.media import schema_of
from gate.openapi.schemas import Direction

Key = tuple[str, str]
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_NOT_PARAMETERS = frozenset(("accept", "content-type", "authorization"))


def compare_parameters(
    exchange: Exchange, old: Mapping[Key, Part], new: Mapping[Key, Part]
) -> None:
    """Parameters gone, added, moved, required, written differently, or narrower."""
    moved = set()
    for key, before in old.items():
        after = new.get(key)
        if after is not None:
            _compare(exchange, before, after)
            continue
        name = f"{before.get('in')} parameter `{before.get('name')}`"
        other = next((k for k in new if k[1] == key[1] and k not in old), None)
        if other is None:
            said = f"{name} is no longer declared; what consumers send may be ignored"
            exchange.add(
                "request-parameter-removed", Level.MAY_BREAK, before.pointer, "", said
            )
        else:
            moved.add(other)
            said = f"{name} is now read from the {other[0]}; old requests miss it"
            at = before.pointer, new[other].pointer
            exchange.add("request-parameter-moved", Level.BREAKS, *at, said)
    for key, after in new.items():
        if key not in old and key not in moved and after.get("required") is True:
            name = f"{after.get('in')} parameter `{after.get('name')}`"
            said = f"{name} is new and required; requests without it are refused"
            exchange.add(
                "request-parameter-required", Level.BREAKS, "", after.pointer, said
            )


def parameters_of(
    exchange: Exchange, document: Document, places: list[tuple[Any, str]], path: str
) -> dict[Key, Part]:
    """Parameters by (place, name), those of the operation over those of the path.

    The name of a path parameter is its position in the template, since consumers
    never see it.
    """
    found: dict[Key, Part] = {}
    template = re.findall(r"\{([^/{}]*)\}", path)
    for owner, pointer in places:
        listed = owner.get("parameters")
        for index, raw in enumerate(listed if isinstance(listed, list) else ()):
            at = step(pointer, "parameters", index)
            part = exchange.resolve(document, raw, at)
            if part is None:
                continue
            where, name = str(part.get("in")), str(part.get("name"))
            if where == "header":
                name = name.lower()
                if name in _NOT_PARAMETERS:
                    continue
            elif where == "path" and name in template:
                name = str(template.index(name))
            found[where, name] = part
    return found


def _compare(exchange: Exchange, old: Part, new: Part) -> None:
    name = f"{old.get('in')} parameter `{old.get('name')}`"
    at = old.pointer, new.pointer
    if new.get("required") is True and old.get("required") is not True:
        said = f"{name} is now required; requests that leave it out are refused"
        exchange.add("request-parameter-became-required", Level.BREAKS, *at, said)
    mine, theirs = schema_of(old), schema_of(new)
    if mine.media != theirs.media:
        said = f"{name} is written differently: {mine.media} became {theirs.media}"
        exchange.add("request-parameter-serialisation-changed", Level.BREAKS, *at, said)
        return
    if _compound(mine.schema) and _written(old) != _written(new):
        said = f"{name} is written differently: {_written(old)} became {_written(new)}"
        exchange.add("request-parameter-serialisation-changed", Level.BREAKS, *at, said)
    exchange.schemas(
        Direction.REQUEST,
        (mine.schema, mine.pointer),
        (theirs.schema, theirs.pointer),
        text=not mine.media,
        subject=name,
    )


def _written(part: Part) -> str:
    style = part.get("style") or _STYLES.get(str(part.get("in")), "form")
    explode = part.get("explode")
    spread = explode if isinstance(explode, bool) else style == "form"
    return f"style {style}, explode {str(spread).lower()}"


def _compound(schema: Any) -> bool:
    """Whether the schema may describe an array or an object."""
    if not isinstance(schema, dict):
        return True
    kinds = schema.get("type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return "array" in listed or "object" in listed or kinds is None
