"""The shape of an answer: which types stand at which places, whatever the values.

Places are JSON pointers (RFC 6901) in which ``*`` stands for every item of an array,
and for every key that looks like data rather than like a name.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from gate.openapi.documents.pointers import escaped

MISSING = "nothing"
MOST_PLACES = 2_000
_DATA_KEY = re.compile(r"\d[\d.:T-]*Z?|[0-9a-fA-F]{8}[0-9a-fA-F-]*")

Shape = Mapping[str, frozenset[str]]


def shape(value: Any) -> Shape:
    """Return the types at each place of a JSON value.

    A key that some of the objects at a place have and others have not is also
    ``nothing``.
    """
    found: dict[str, set[str]] = defaultdict(set)
    _look("", [value], found)
    return {place: frozenset(types) for place, types in found.items()}


def joined(shapes: Iterable[Shape]) -> Shape:
    """Return all that these shapes show at each place."""
    found: dict[str, set[str]] = defaultdict(set)
    every = list(shapes)
    for place in {place for each in every for place in each}:
        for each in every:
            types = each.get(place)
            if types is not None:
                found[place] |= types
            elif "object" in each.get(parent(place), ()) and not _is_item(place):
                found[place].add(MISSING)
    return {place: frozenset(types) for place, types in found.items()}


def contradictions(old: Shape, new: Shape) -> dict[str, tuple[str, str]]:
    """Return the places where *new* never shows what *old* always showed.

    Each with what stood there and what stands there now. A key that is new, and
    whatever stands below a place that is told already, is not among them.
    """
    told: dict[str, tuple[str, str]] = {}
    for place in sorted(old, key=len):
        above = parent(place)
        if any(within(place, each) for each in told) or (place and above not in new):
            continue
        if place in new:
            now = new[place]
        elif _is_item(place) or "object" not in new[above]:
            continue
        else:
            now = frozenset({MISSING})
        if not old[place] & now and old[place] != {MISSING}:
            told[place] = _words(old[place]), _words(now)
    return told


def parent(place: str) -> str:
    """Return the place that holds this one."""
    return place.rpartition("/")[0]


def within(place: str, other: str) -> bool:
    """Whether *place* is *other* or lies below it."""
    return place == other or place.startswith(other + "/")


def _is_item(place: str) -> bool:
    return place.endswith("/*")


def _look(place: str, values: list[Any], found: dict[str, set[str]]) -> None:
    if len(found) >= MOST_PLACES:
        return
    found[place] |= {_type(value) for value in values}
    objects = [value for value in values if isinstance(value, dict)]
    items = [item for value in values if isinstance(value, list) for item in value]
    below: dict[str, list[Any]] = defaultdict(list)
    for each in objects:
        for name, item in each.items():
            below[_name(name)].append(item)
    for name, inner in below.items():
        _look(f"{place}/{name}", inner, found)
        if len(inner) < len(objects) and name != "*":
            found[f"{place}/{name}"].add(MISSING)
    if items:
        _look(f"{place}/*", items, found)


def _name(key: str) -> str:
    if _DATA_KEY.fullmatch(key):
        return "*"
    return escaped(key)


def _type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _words(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))
