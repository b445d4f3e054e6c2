"""Values of different types that are the same text, and so are read all the same.

`?a=1` may be a number or a text, and also the array of that one item: in parameters,
headers and fields of forms (OpenAPI 3.1, section 4.8.12.4; RFC 6570, section 3.2).
"""

from dataclasses import replace

from gate.openapi.schemas.flats import as_text, only
from gate.openapi.schemas.folding import TooWide, alternatives
from gate.openapi.schemas.objects import Walk
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.spot import Outcome, Spot
from gate.openapi.schemas.texts import spellings

_PLAIN = frozenset(("type", "items", "minItems", "maxItems", "uniqueItems"))


def read_as_text(walk: Walk, flat: Schema, kind: str, rights: list[Schema]) -> bool:
    """Whether the text of every such value is certainly read; null is no text."""
    if kind == "null":
        return True
    if "enum" in flat or kind == "boolean":
        return all(
            any(walk.right.accepts(r, s) for r in rights for s in spellings(value))
            for value in flat.get("enum", (True, False))
        )
    spelt = as_text(flat, kind)
    read = filter(None, (only(r, "string") for r in rights if spelt))
    return any(_related(walk, spelt, right, text=False) for right in read)


def read_as_item(walk: Walk, flat: Schema, rights: list[Schema]) -> bool:
    """Whether these are arrays of at most one item, and each such item is read."""
    items = lone_items(walk.left, [flat]) if flat.get("maxItems", 2) <= 1 else []
    return bool(items) and all(
        any(_related(walk, item, right, text=True) for right in rights)
        for item in items
    )


def lone_items(reading: Reading, flats: list[Schema]) -> list[Schema]:
    """The flat items of those arrays among `flats` that may have one item."""
    found: list[Schema] = []
    for flat in flats:
        array = only(flat, "array") if "type" in flat else None
        if array is None or not array.keys() <= _PLAIN:
            continue
        if array.get("minItems", 0) <= 1 <= array.get("maxItems", 1):
            try:
                found += alternatives(reading, array.get("items", Schema({}, "")))
            except TooWide:
                continue
    return found


def longer(flat: Schema) -> Schema:
    """A flat array of two items or more, which no scalar is written as."""
    least = max(2, flat.get("minItems", 0))
    return Schema({**flat, "minItems": least}, flat.pointer)


def _related(walk: Walk, left: Schema, right: Schema, *, text: bool) -> bool:
    trial = Outcome()
    walk.relate(trial, replace(Spot.root(left, right, text), sketch=True))
    return not (trial.findings or trial.pairs)
