"""Parameters of a request: old consumers' values must still be understood."""

from collections.abc import Mapping
from typing import Any

from gate.openapi.changes import Direction, Level
from gate.openapi.comparison.exchange import Exchange, Shows, Use
from gate.openapi.comparison.lifecycle import compare_sunsets, removal
from gate.openapi.documents.media import schema_of
from gate.openapi.documents.operations import Key, Part
from gate.openapi.schemas.texts import compact
from gate.openapi.traffic.writing import valid_values, way_of, written_differently


def compare_parameters(
    exchange: Exchange, old: Mapping[Key, Part], new: Mapping[Key, Part]
) -> None:
    """Parameters gone, added, moved, required, written differently, or narrower."""
    moved = set()
    for key, before in old.items():
        after = new.get(key)
        if after is not None:
            _compare(exchange, key, before, after)
            continue
        if key[0] == "path":
            continue  # still in the template, and any text does now
        other = next((k for k in new if _same_name(k, key) and k not in old), None)
        name = named(before)
        if other is None:
            said = f"{name} is no longer declared; what consumers send may be ignored"
            at = before.pointer, ""
            removal(exchange, "request-parameter-removed", before, at, said)
        else:
            moved.add(other)
            needed = new[other].get("required") is True
            level = Level.BREAKS if needed else Level.MAY_BREAK
            lost = "old requests lack it" if needed else "where it is sent is ignored"
            said = f"{name} is now read from the {other[0]}; {lost}"
            at = before.pointer, new[other].pointer
            shows = _shown(exchange, key, before)
            exchange.add("request-parameter-moved", *at, said, level, shows)
    for key, after in new.items():
        if key in old or key in moved:
            continue
        if key[0] == "path":
            _described(exchange, after)
        elif after.get("required") is True:
            said = (
                f"{named(after)} is new and required; requests without it are refused"
            )
            exchange.add("request-parameter-required", "", after.pointer, said)


def named(part: Part) -> str:
    """A parameter as sentences call it."""
    return f"{part.get('in')} parameter `{part.get('name')}`"


def _same_name(one: Key, other: Key) -> bool:
    if "path" in (one[0], other[0]):
        return False
    return one[1].lower() == other[1].lower() and one[0] != other[0]


def _described(exchange: Exchange, new: Part) -> None:
    """A path parameter that the old document used without saying what it is."""
    carried = schema_of(new)
    reading = exchange.comparison.sides[Direction.REQUEST].right
    schema = reading.schema(carried.schema, carried.pointer)
    if schema and schema != {"type": "string"}:
        said = f"{named(new)} is described for the first time, and limits what is taken"
        exchange.add("request-parameter-described", "", new.pointer, said)


def _compare(exchange: Exchange, key: Key, old: Part, new: Part) -> None:
    name, at = named(old), (old.pointer, new.pointer)
    optional = old.get("required") is not True and key[0] != "path"
    if optional and new.get("required") is True:
        said = f"{name} is now required; requests that leave it out are refused"
        exchange.add("request-parameter-became-required", *at, said)
    if optional:
        _compare_defaults(exchange, name, old, new)
    if new.get("deprecated") is True and old.get("deprecated") is not True:
        exchange.add("request-parameter-deprecated", *at, f"{name} is now deprecated")
    compare_sunsets(exchange, name, old, new)
    if old.get("allowEmptyValue") is True and new.get("allowEmptyValue") is not True:
        said = f"{name} may no longer be sent with an empty value"
        exchange.add("request-parameter-empty-refused", *at, said)
    if _compare_writing(exchange, key, old, new):
        part = f"{old.get('in')} {old.get('name')}"
        pair = schema_of(old), schema_of(new)
        use = Use(exchange, part)
        exchange.schemas(Direction.REQUEST, *pair, use, subject=name)


def _compare_defaults(exchange: Exchange, name: str, old: Part, new: Part) -> None:
    was, now = _default(old), _default(new)
    if was == now or not was:
        return
    before, after = compact(was[0]), compact(now[0]) if now else "nothing"
    said = f"the default of {name} was {before} and is now {after}"
    at = old.pointer, new.pointer
    exchange.add("request-parameter-default-changed", *at, said)


def _default(part: Part) -> tuple[Any, ...]:
    schema = schema_of(part).schema
    try:
        found, _ = part.document.follow(schema, "")
    except LookupError:
        return ()
    return (found["default"],) if "default" in found else ()


def _compare_writing(exchange: Exchange, key: Key, old: Part, new: Part) -> bool:
    """Whether values are still written in the same way, so that schemas matter."""
    before, after = way_of(old, key[0]), way_of(new, key[0])
    at = old.pointer, new.pointer
    reading = exchange.comparison.sides[Direction.REQUEST].left
    found = written_differently(reading, schema_of(old), before, after)
    if found is None:
        if before.style.reserved and not after.style.reserved:
            said = f"{named(old)} no longer takes reserved characters as they are"
            exchange.add("request-parameter-reserved-refused", *at, said)
        return True
    said = f"{named(old)} is written differently: {before} became {after}"
    shows = Shows(key, *found) if found else None
    exchange.add("request-parameter-serialisation-changed", *at, said, shows=shows)
    return False


def _shown(exchange: Exchange, key: Key, part: Part) -> Shows | None:
    reading = exchange.comparison.sides[Direction.REQUEST].left
    value = next(valid_values(reading, schema_of(part)), None)
    return None if value is None else Shows(key, value)
